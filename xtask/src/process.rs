//! Other programs: announced in one line, and failed loudly.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::places::Places;

/// Cargo on this workspace, for the host.
pub(crate) fn cargo(places: &Places) -> Command {
    // Set by the cargo that runs xtask: the same one continues.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&places.root).env("CARGO_TARGET_DIR", &places.target);
    command
}

/// Builds a program of this workspace; gives its path.
///
/// The whole workspace is named although one program is wanted, because cargo
/// chooses the features of dependencies by what is named: demo, tests and
/// benchmarks would each compile a wasmtime of their own.
pub(crate) fn build_program(places: &Places, name: &str) -> Result<PathBuf> {
    build_programs(places, "release", &[name])?;
    Ok(places.target.join("release").join(name))
}

/// Builds a shared object of this workspace; gives its path.
pub(crate) fn build_library(places: &Places, name: &str) -> Result<PathBuf> {
    build_libraries(places, "release")?;
    Ok(places.target.join("release").join(format!("lib{name}.so")))
}

/// Builds the libraries of this workspace in a profile, shared objects among
/// them.
pub(crate) fn build_libraries(places: &Places, profile: &str) -> Result<()> {
    let mut build = cargo(places);
    build.args(["build", "--profile", profile, "--workspace", "--lib"]);
    run("what Envoy loads", &mut build)
}

/// Builds programs of this workspace in a profile.
pub(crate) fn build_programs(places: &Places, profile: &str, names: &[&str]) -> Result<()> {
    let mut build = cargo(places);
    build.args(["build", "--profile", profile, "--workspace"]);
    build.args(names.iter().flat_map(|name| ["--bin", name]));
    run("wasmtime takes minutes, once", &mut build)
}

/// Says what is run, and why, then runs it.
///
/// Errors: it cannot be started, or it fails.
pub(crate) fn run(why: &str, command: &mut Command) -> Result<()> {
    announce(why, command);
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Says what is run, and why.
pub(crate) fn announce(why: &str, command: &Command) {
    eprintln!("xtask: {why}: {}", line(command));
}

/// What the program prints on standard output, trimmed, or none when it
/// cannot be started or fails. Quiet.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program that may hang on a network, and ends it after `limit`.
///
/// Errors: one sentence with the reason that it wrote to standard error.
pub(crate) fn run_within(limit: Duration, why: &str, command: &mut Command) -> Result<()> {
    announce(why, command);
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    // Read beside the wait, or a full pipe would stop the child.
    let errors = child.stderr.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("`{}` did not end within {} s", line(command), limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if status.success() {
        return Ok(());
    }
    let said = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
    bail!("`{}` failed: {}", line(command), reason(&said));
}

/// The line that calls itself an error, or else the last one.
fn reason(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find_map(|line| line.strip_prefix("error: "));
    error.or_else(|| lines.next_back()).unwrap_or("it gave no reason")
}

/// The program's path when `name` is on `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_ended() {
        let error = run_within(Duration::from_millis(50), "test", Command::new("sleep").arg("60"))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "`sleep 60` did not end within 0 s");
    }

    #[test]
    fn the_reason_is_the_error_or_the_last_words() {
        assert_eq!(reason("info: a\nerror: no route\n   0: frame\n"), "no route");
        assert_eq!(reason("first\nlast\n\n"), "last");
        assert_eq!(reason("\n"), "it gave no reason");
    }

    #[test]
    fn a_failure_repeats_the_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo no route to host >&2; echo >&2; exit 3"]);
        let error =
            run_within(Duration::from_secs(10), "test", &mut command).unwrap_err().to_string();
        assert!(error.ends_with("failed: no route to host"), "{error}");
    }
}
