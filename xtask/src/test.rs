//! `cargo xtask test`: every test, and one line that sums them up.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::demo::release;
use crate::places::Places;
use crate::registry::{self, Registry};
use crate::{
    attestation, ci, crosscheck, envoy, haproxy, nginx, parity, plugins, postgres, process,
    prometheus, redis, telemetry,
};

/// How the tests of one or more binaries came out.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// Reads the line that a test binary ends with:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ...`
    fn of_line(line: &str) -> Option<Tally> {
        let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
        let mut tally = Tally::default();
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let field = match what {
                "passed" => &mut tally.passed,
                "failed" => &mut tally.failed,
                "ignored" => &mut tally.ignored,
                _ => continue,
            };
            *field = number.parse().ok()?;
        }
        Some(tally)
    }
}

/// Runs `cargo test` with `arguments`, streams its output through, and prints
/// `N passed, N failed` as the last line. Without arguments it also asks MLflow,
/// and has attestations verified by others.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    plugins::ensure_with_test_guests(places)?;
    let mut cargo = process::cargo(places);
    cargo.args(["test", "--release", "--no-fail-fast"]);
    if !names_packages(arguments) {
        cargo.arg("--workspace");
    }
    cargo.args(arguments).stdout(Stdio::piped());
    // Those that ask a registry ask a real one, where MLflow can be had.
    let registry = registry_for(places, arguments)?;
    if let Some(registry) = &registry {
        cargo.env(registry::ADDRESS, &registry.address);
    }
    if tests(arguments, COMMANDS) {
        match ci::python(places) {
            Ok(python) => {
                cargo.env(ci::NAMED, python);
            }
            Err(error) => println!("\ntests of the CI kit by others' tools: not run: {error:#}"),
        }
    }
    if tests(arguments, COUNTERS) {
        match redis::program() {
            Ok(program) => {
                cargo.env(redis::NAMED, program);
            }
            Err(error) => println!("\ntests of Redis: not run: {error:#}"),
        }
    }
    if tests(arguments, APPROVALS) {
        match postgres::programs() {
            Ok(folder) => {
                cargo.env(postgres::NAMED, folder);
            }
            Err(error) => println!("\ntests of PostgreSQL: not run: {error:#}"),
        }
    }
    if tests(arguments, COMMANDS) {
        match prometheus::programs(places) {
            Ok(folder) => {
                cargo.env(prometheus::NAMED, folder);
            }
            Err(error) => println!("\ntests of Prometheus: not run: {error:#}"),
        }
        match envoy::program(places) {
            Ok(program) => {
                cargo.env(envoy::NAMED, program);
            }
            Err(error) => println!("\ntests of Envoy: not run: {error:#}"),
        }
        match nginx::program(places) {
            Ok(program) => {
                cargo.env(nginx::NAMED, program);
            }
            Err(error) => println!("\ntests of NGINX: not run: {error:#}"),
        }
        match haproxy::program(places) {
            Ok(program) => {
                cargo.env(haproxy::NAMED, program);
            }
            Err(error) => println!("\ntests of HAProxy: not run: {error:#}"),
        }
        match telemetry::python(places) {
            Ok(python) => {
                cargo.env(telemetry::NAMED, python);
            }
            Err(error) => println!("\ntests of traces: not run: {error:#}"),
        }
    }
    process::announce("tests", &cargo);
    let mut child = cargo.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no standard output")?;
    let mut total = stream(BufReader::new(output), std::io::stdout().lock())?;
    let succeeded = child.wait()?.success();
    if !succeeded && total.failed == 0 {
        // A binary that did not build, or crashed, prints no result.
        total.failed = 1;
    }
    if arguments.is_empty() {
        match crosscheck::among_tests(places)? {
            Some(crosscheck) => {
                total.passed += crosscheck.passed;
                total.failed += crosscheck.failed;
            }
            None => total.ignored += 1,
        }
        if let Some(registry) = &registry {
            // The tests of the command line have built it.
            let tollgate = places.target.join("release/tollgate");
            match release::play_in(places, registry, &tollgate, "tumor_grading") {
                Ok(_) => total.passed += 1,
                Err(error) => {
                    println!("from a registry to Production and back: {error:#}");
                    total.failed += 1;
                }
            }
        }
        match attestation::among_tests(places)? {
            Some(true) => total.passed += 1,
            Some(false) => total.failed += 1,
            None => total.ignored += 1,
        }
        let parity = parity::among_tests(places)?;
        total.passed += parity.passed;
        total.failed += parity.failed;
        total.ignored += parity.not_run;
    }
    if total.ignored > 0 {
        println!("{} ignored", total.ignored);
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if !succeeded || total.failed > 0 {
        bail!("the tests failed");
    }
    Ok(())
}

/// The crate whose tests start a PostgreSQL server.
const APPROVALS: &str = "tollgate-approvals";
const COMMANDS: &str = "tollgate-cli";
const COUNTERS: &str = "tollgate-counters";

/// Whether the tests of a package are among them.
fn tests(arguments: &[String], package: &str) -> bool {
    !names_packages(arguments) || arguments.iter().any(|word| word.contains(package))
}

/// A registry for the tests of the command line, and what they judge in it.
fn registry_for(places: &Places, arguments: &[String]) -> Result<Option<Registry>> {
    if !tests(arguments, COMMANDS) || std::env::var_os(registry::ADDRESS).is_some() {
        return Ok(None);
    }
    let python = match crosscheck::mlflow(places) {
        Ok(python) => python,
        Err(error) => {
            println!("\ntests of a registry: not run: {error:#}");
            return Ok(None);
        }
    };
    println!("xtask: an MLflow server with trained models, for the tests of a registry");
    let registry = Registry::start(places, &python, "registry")?;
    registry.register(places, "tumor_screening", &["good", "bare", "worse", "better", "nan"])?;
    Ok(Some(registry))
}

fn names_packages(arguments: &[String]) -> bool {
    arguments.iter().take_while(|word| *word != "--").any(|word| {
        word.starts_with("-p") || word.starts_with("--package") || word == "--workspace"
    })
}

/// Copies each line as it comes, and adds up the results among them. Tests may
/// print what is not UTF-8.
fn stream(mut from: impl BufRead, mut to: impl Write) -> Result<Tally> {
    let mut total = Tally::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        if let Some(tally) = Tally::of_line(String::from_utf8_lossy(&line).trim_end()) {
            total.add(&tally);
        }
        line.clear();
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_binaries_add_up() {
        let output: &[u8] = b"\nrunning 3 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            not utf-8: \xff\n\
            test result: FAILED. 10 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let mut copy = Vec::new();
        let total = stream(output, &mut copy).unwrap();
        assert_eq!(total, Tally { passed: 12, failed: 4, ignored: 1 });
        assert_eq!(copy, output);
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in
            ["", "test result: ", "test result: ok.", "test a ... ok", " test result: ok. 1 passed"]
        {
            assert_eq!(Tally::of_line(line).unwrap_or_default(), Tally::default(), "{line}");
        }
    }

    #[test]
    fn the_whole_workspace_unless_packages_are_named() {
        let words = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
        assert!(names_packages(&words("-p tollgate")));
        assert!(names_packages(&words("--package=tollgate -- --nocapture")));
        assert!(!names_packages(&words("fraud -- -p")));
        assert!(tests(&[], APPROVALS) && tests(&words("-p tollgate-approvals"), APPROVALS));
        assert!(!tests(&words("-p metric-gate"), APPROVALS));
    }
}
