//! Encodes each world's type, which the export macros put into a section of
//! the plugin. `wit-bindgen` does so for the one world it generates; this
//! crate generates all three at once, so that they share their types.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use wit_component::{StringEncoding, metadata};
use wit_parser::Resolve;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=wit/1.2.0");
    let out = env::var("OUT_DIR")?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit/1.2.0")?;
    for name in ["signature", "gate", "policy"] {
        let world = resolve.select_world(&[package], Some(name))?;
        let encoded = metadata::encode(&resolve, world, StringEncoding::UTF8, None)?;
        fs::write(Path::new(&out).join(name), encoded)?;
    }
    Ok(())
}
