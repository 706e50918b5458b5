//! Gives the guest a small stack: a fresh instance pays for every page that it
//! touches. Recursion is bounded by `json::MAX_DEPTH`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=20480");
    }
}
