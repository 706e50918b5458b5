//! What fuzzing found before, again, and ten seconds of new inputs for every
//! reader; `cargo xtask fuzz` goes on for longer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use tollgate_fuzz::{hostile, targets, watch};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tollgate-fuzz");

/// For each target, in seconds.
const SECONDS: u64 = 10;

#[test]
fn what_was_found_before_is_mended() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut failures = Vec::new();
    for target in targets() {
        let Ok(entries) = fs::read_dir(cases.join(target.name)) else { continue };
        for entry in entries {
            let file = entry.unwrap().path();
            failures.extend(watch::replay(Path::new(PROGRAM), target, &file).unwrap());
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn no_reader_fails_on_what_chance_makes_of_valid_files() {
    let seed = tollgate_test_support::seed();
    let mut failures = Vec::new();
    for target in targets() {
        let time = Duration::from_secs(SECONDS);
        let outcome = watch::fuzz(Path::new(PROGRAM), target, seed, time).unwrap();
        println!("{:<12} {:>9} inputs", target.name, outcome.rounds);
        assert!(outcome.rounds > 5, "{} was given {} inputs", target.name, outcome.rounds);
        failures.extend(outcome.failures);
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Some of what `cargo xtask hostile` draws by the thousand.
#[test]
fn the_binary_holds_its_own_against_hostile_inputs() {
    const CASES: u64 = 200;
    // Built by the tests of the command line, or by a build of the workspace.
    let binary = Path::new(PROGRAM).with_file_name("tollgate");
    assert!(binary.is_file(), "{}: `cargo build --release` builds it", binary.display());
    let seed = tollgate_test_support::seed();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for at in 0..CASES {
        let files = folder.path().join(at.to_string());
        fs::create_dir(&files).unwrap();
        let run = hostile::draw(seed, at, &files).unwrap();
        let measured = hostile::run(&binary, &run, &files, folder.path()).unwrap();
        fs::remove_dir_all(&files).unwrap();
        if !measured.wrong.is_empty() {
            wrong.push(format!("{at}, {}: {:?} {}", run.kind, measured.wrong, run.line()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
