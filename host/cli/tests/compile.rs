//! Components are compiled by a process of its own, which ends when it takes
//! too much.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![cfg(unix)]

mod common;

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use common::{text, tollgate};
use tollgate_engine::{CompileCommand, Engine, LoadError, Plugin};

fn built_in(name: &str) -> Plugin {
    let (_, built_in) =
        tollgate::plugins::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    Engine::builder().build().unwrap().load_built_in(built_in).unwrap()
}

fn engine(program: &str, arguments: &[&str]) -> Engine {
    let arguments = arguments.iter().map(Into::into).collect();
    let command = CompileCommand { program: program.into(), arguments };
    Engine::builder().compile_by(command).build().unwrap()
}

#[test]
fn what_another_process_compiles_runs_here() {
    let plugin = built_in("metric-gate");
    let engine = engine(env!("CARGO_BIN_EXE_tollgate"), &["compile-component"]);
    let compiled = engine.load(plugin.bytes()).unwrap();
    assert_eq!(compiled.info(), plugin.info());
    let error = engine.load(b"\0asm\x0d\0\x01\0\x7f\x01\0").unwrap_err();
    assert!(matches!(error, LoadError::NotAPlugin(_)), "{error}");
}

/// However the process ends, it is the component that is not loaded.
#[test]
fn however_compiling_ends_it_is_told() {
    let plugin = built_in("threshold-policy");
    let shell =
        |script: &str| engine("sh", &["-c", script]).load(plugin.bytes()).unwrap_err().to_string();
    let size = plugin.bytes().len().to_string();
    let told = [
        shell("ulimit -S -t 1; while :; do :; done"),
        shell("echo memory allocation of 800 bytes failed >&2; kill -s ABRT $$"),
        shell("printf '\\001Cannot allocate memory'"),
        shell("printf '\\001no section'"),
        shell("printf '\\000'; exit 3"),
        shell("printf '\\000'; echo words of a crash >&2; kill -s ABRT $$"),
        shell("printf '\\002'"),
        shell("exit 0"),
        engine("no/such/program", &[]).load(plugin.bytes()).unwrap_err().to_string(),
    ]
    .join("\n")
    .replace(&size, "<size>");
    // How many bytes a plugin has hangs on its compiler, and with them the
    // memory that compiling may take.
    let memory = 320 + (64 * plugin.bytes().len()).div_ceil(1 << 20);
    let told = told.replace(&format!("{memory} MiB"), "<memory> MiB");
    insta::assert_snapshot!(told);
    let error = shell("printf '\\000no code'");
    assert!(error.starts_with("not a valid component"), "{error}");
}

/// What the command line calls itself by, with a large component.
fn compile(memory: u64, seconds: u64) -> Output {
    let plugin = built_in("json-schema");
    let mut process = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(["compile-component", &memory.to_string(), &seconds.to_string()])
        .env("RAYON_NUM_THREADS", "2")
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(plugin.bytes()).unwrap();
    process.wait_with_output().unwrap()
}

#[test]
fn the_process_takes_no_more_than_it_may() {
    let output = compile(4 << 30, 1);
    assert_eq!(output.status.signal(), Some(24), "{:?}: {}", output.status, text(&output.stderr));
    assert!(output.stdout.is_empty());
    let output = compile(120 << 20, 1000);
    assert!(!output.status.success() || output.stdout.first() == Some(&1));
    assert!(text(&output.stderr).contains("memory") || !output.stdout.is_empty());
}

/// 93 KB that took a compiler hours and more memory than machines have.
#[test]
fn a_small_component_that_is_much_work_is_refused() {
    let locals = 20_000;
    let uses: String = (0..locals)
        .map(|local| format!("(local.set {local} (i64.add (local.get {local}) (i64.const 1)))"))
        .collect();
    let component = format!(
        r#"(component
          (core module (func (local {}) {} {uses} {}))
          (instance $empty)
          (export "tollgate:plugin/lifecycle@1.0.0" (instance $empty))
          (export "tollgate:plugin/decider@1.0.0" (instance $empty)))"#,
        "i64 ".repeat(locals),
        "loop ".repeat(1_000),
        "(br_if 0 (i32.const 0)) end ".repeat(1_000)
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow.wasm");
    std::fs::write(&path, wat::parse_str(component).unwrap()).unwrap();
    let output = tollgate(&["plugin", "inspect", &path.display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("takes too much to compile"), "{told}");
}
