//! `cargo xtask fuzz` and `cargo xtask hostile`: what chance makes of valid
//! files, for the readers and for the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::places::Places;
use crate::{plugins, process};

/// What `cargo fuzz` gives the compiler as well: counters that libFuzzer
/// reads, and checks for what overflows.
const INSTRUMENTED: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1";

/// Every reader, for as long as asked; `--help` says what `arguments` may be.
pub(crate) fn readers(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    plugins::ensure_with_test_guests(places)?;
    let mut words: Vec<String> = arguments.to_vec();
    if let Some(at) = words.iter().position(|word| word == "--guided") {
        let program = guided(places)?;
        words.insert(at + 1, program.display().to_string());
    }
    start(places, "tollgate-fuzz", &words)
}

/// The binary, with as many hostile inputs as asked.
pub(crate) fn hostile(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    plugins::ensure_with_test_guests(places)?;
    process::build_program(places, "tollgate")?;
    start(places, "tollgate-hostile", arguments)
}

/// Builds the readers for libFuzzer, apart from every other build; gives the
/// program.
fn guided(places: &Places) -> Result<PathBuf> {
    // Naming the target keeps the counters out of build scripts and macros. A
    // folder of its own lets other builds go on meanwhile.
    let target = places.target.join("guided");
    for folder in ["plugins", "guests"] {
        copied(&places.target.join(folder), &target.join(folder))?;
    }
    let machine = process::answer(Command::new("rustc").args(["--print", "host-tuple"]))
        .context("`rustc --print host-tuple` says nothing")?;
    let mut build = process::cargo(places);
    build.env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", INSTRUMENTED).args([
        "build",
        "--release",
        "--package=tollgate-fuzz",
        "--features=guided",
        "--bin=tollgate-fuzz-guided",
        "--target",
        &machine,
    ]);
    process::run("everything once more, with counters", &mut build)?;
    Ok(target.join(machine).join("release/tollgate-fuzz-guided"))
}

/// Copies the files of a folder that differ.
fn copied(from: &Path, to: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let path = entry?.path();
        let copy = to.join(path.file_name().unwrap_or_default());
        if path.is_file() && fs::read(&copy).ok() != Some(read(&path)?) {
            fs::copy(&path, &copy).with_context(|| format!("writing {}", copy.display()))?;
        }
    }
    Ok(())
}

fn start(places: &Places, name: &str, arguments: &[String]) -> Result<ExitCode> {
    let mut program = Command::new(process::build_program(places, name)?);
    program.args(arguments);
    process::announce("what chance makes of valid files", &program);
    let status = program.status().with_context(|| format!("cannot start `{name}`"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
