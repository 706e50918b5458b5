//! Gives the guest a small stack: a fresh instance pays for every page that it
//! touches. Recursion is bounded by `mlflow_schema::json::MAX_DEPTH`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=20480");
        // Two pages from the start: reading a signature takes more than what
        // one has left, and growing costs more than checking a row.
        println!("cargo::rustc-link-arg-cdylib=--initial-memory=131072");
    }
}
