//! Gives the guest a small stack, so that stack, data and heap fit one page.

use std::env;

fn main() {
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=16384");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
