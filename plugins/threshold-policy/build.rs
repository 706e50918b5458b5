//! Gives the guest a small stack and a schema without blanks, so that stack,
//! data and heap fit one page.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=16384");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=settings.schema.json");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let schema = fs::read_to_string("settings.schema.json")?;
    // No string of the schema holds a line break, so a line's indentation and
    // its end are all that is left out.
    let dense: String = schema.lines().map(str::trim).collect();
    fs::write(Path::new(&out).join("settings.schema.json"), dense)
}
