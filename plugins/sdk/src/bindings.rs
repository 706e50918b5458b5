//! Generated from `wit/`: every world at once, so that they share their types.

wit_bindgen::generate!({
    path: "wit/1.2.0",
    inline: "
        package tollgate:sdk;
        world every {
            export tollgate:plugin/types@1.2.0;
            export tollgate:plugin/lifecycle@1.2.0;
            export tollgate:plugin/checker@1.2.0;
            export tollgate:plugin/evaluator@1.2.0;
            export tollgate:plugin/decider@1.2.0;
        }
    ",
    world: "tollgate:sdk/every",
    pub_export_macro: true,
    default_bindings_module: "tollgate_sdk::bindings",
});
