//! Sets the stack of the guest.

fn main() {
    // Settings may nest 128 levels before `serde_json` refuses them, and a
    // level takes some 300 bytes; the rest of the gate stays under 8 KiB.
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=65536");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
