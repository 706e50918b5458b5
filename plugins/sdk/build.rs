//! Encodes each world's type, which the export macros put into a section of
//! the plugin. `wit-bindgen` does so for the one world it generates; this
//! crate generates all three at once, so that they share their types.

use std::path::Path;
use std::{env, fs};

use wit_component::{StringEncoding, metadata};
use wit_parser::Resolve;

fn main() {
    println!("cargo::rerun-if-changed=wit/1.0.0");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit/1.0.0").expect("the contract in wit/ parses");
    for name in ["signature", "gate", "policy"] {
        let world =
            resolve.select_world(&[package], Some(name)).expect("the contract has this world");
        let encoded = metadata::encode(&resolve, world, StringEncoding::UTF8, None)
            .expect("the world encodes");
        fs::write(Path::new(&out).join(name), encoded).expect("OUT_DIR is writable");
    }
}
