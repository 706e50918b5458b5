//! Sets the stack of the guest.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=1048576");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
