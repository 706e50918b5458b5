//! Guests that misbehave, as data: `hostile/*.yaml`. Each must end in an error
//! of its own, and leave the engine as good as before.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tollgate_engine::types::{Decision, Value};
use tollgate_engine::{CallError, ConfigureError, Engine, Fault, Limits, LoadError, Plugin};

use crate::guest::{self, Parts, World};

/// One hostile guest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it does.
    name: String,
    world: World,
    /// The function that is called when it loads and takes its settings.
    #[serde(default)]
    call: Option<Call>,
    #[serde(default = "settings")]
    settings: String,
    /// Bytes of the payload, or rows of the batch.
    #[serde(default = "size")]
    size: u32,
    /// Limits other than those of all tests.
    #[serde(default)]
    limits: CaseLimits,
    /// The parts of the good guest that it replaces.
    replace: Parts,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Call {
    Decide,
    DecideBatch,
    Evaluate,
    Check,
    Normalize,
    CheckColumns,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseLimits {
    fuel: Option<u64>,
    deadline_ms: Option<u64>,
    memory: Option<usize>,
    output: Option<usize>,
}

fn settings() -> String {
    "5".to_owned()
}

fn size() -> u32 {
    3
}

#[test]
fn every_hostile_guest_ends_in_its_own_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/hostile");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let cases: Vec<Case> = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut report = String::new();
        for case in &cases {
            write!(report, "{}\n{}", case.name, run(case)).unwrap();
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, report);
    }
}

/// Runs a guest until something fails, then good guests on the same engine.
fn run(case: &Case) -> String {
    let mut limits = guest::limits();
    let CaseLimits { fuel, deadline_ms, memory, output } = case.limits;
    limits.fuel = fuel.unwrap_or(limits.fuel);
    limits.deadline = deadline_ms.map_or(limits.deadline, Duration::from_millis);
    limits.memory = memory.unwrap_or(limits.memory);
    limits.output = output.unwrap_or(limits.output);
    let engine = guest::engine_with(limits);
    let good = World::ALL.map(|world| engine.load(&guest::good(world)).unwrap());
    let bytes = guest::build(case.world, &case.replace)
        .unwrap_or_else(|error| panic!("`{}` cannot be built: {error:#}", case.name));
    // Twice, because the first may have spoilt what the second uses.
    let outcome = attempt(&engine, &bytes, case);
    assert_eq!(attempt(&engine, &bytes, case), outcome, "{}", case.name);
    good.iter().for_each(guest::assert_right);
    outcome
}

fn attempt(engine: &Engine, bytes: &[u8], case: &Case) -> String {
    match engine.load(bytes) {
        Err(LoadError::Fault(fault)) => told(&fault),
        Err(error) => format!("    refused: {error}\n"),
        Ok(plugin) => match judge(&plugin, case) {
            Ok(answer) => format!("    answered: {answer}\n"),
            Err(error) => error,
        },
    }
}

fn judge(plugin: &Plugin, case: &Case) -> Result<String, String> {
    let settings = Some(case.settings.as_str());
    let payload = vec![b'{'; case.size as usize];
    let column = guest::numbers(&vec![0.9; case.size as usize]);
    match case.world {
        World::Policy => {
            let policy = plugin.policy(settings).map_err(refused)?;
            match case.call {
                None | Some(Call::Decide) => {
                    let decided = policy.decide(&[Value::Number(0.9)]).map_err(failed)?;
                    let Decision { action, reasons } = decided;
                    Ok(format!("action {action} because of {reasons:?}"))
                }
                Some(Call::DecideBatch) => {
                    policy.decide_batch(case.size, &[column]).map_err(failed)?;
                    Ok("a batch".to_owned())
                }
                call => panic!("a policy has no {call:?}"),
            }
        }
        World::Gate => {
            let gate = plugin.gate(settings).map_err(refused)?;
            let findings = gate.evaluate(&[guest::fact()]).map_err(|fault| told(&fault))?;
            Ok(format!("{} findings", findings.len()))
        }
        World::Signature => {
            let signature = plugin.signature(settings).map_err(refused)?;
            let told = |fault| told(&fault);
            match case.call {
                None | Some(Call::Check) => {
                    Ok(format!("{} findings", signature.check(&payload).map_err(told)?.len()))
                }
                Some(Call::Normalize) => match signature.normalize(&payload).map_err(told)? {
                    Ok(bytes) => Ok(format!("{} bytes", bytes.len())),
                    Err(findings) => Ok(format!("{} findings", findings.len())),
                },
                Some(Call::CheckColumns) => {
                    let findings = signature.check_columns(case.size, &[]).map_err(told)?;
                    Ok(format!("{} findings", findings.len()))
                }
                call => panic!("a signature has no {call:?}"),
            }
        }
    }
}

fn refused(error: ConfigureError) -> String {
    match error {
        ConfigureError::Fault(fault) => told(&fault),
        error => format!("    refused: {error}\n"),
    }
}

fn failed(error: CallError) -> String {
    match error {
        CallError::Fault(fault) => told(&fault),
        error => format!("    refused: {error}\n"),
    }
}

/// A fault as a person reads it, with its backtrace.
fn told(fault: &Fault) -> String {
    let kind = format!("{:?}", fault.cause);
    let kind = kind.split('(').next().unwrap_or_default();
    // A plugin that has not said its name is called by its digest, which
    // changes with the compiler of this test.
    let message = match fault.to_string().split_once("sha256:") {
        Some((before, after)) => format!("{before}sha256:…{}", &after[64..]),
        None => fault.to_string(),
    };
    let mut text = format!("    {kind}: {message}\n");
    let mut shown: Vec<_> = fault.backtrace.iter().take(4).collect();
    if kind == "Stack" {
        // Which of two functions finds it full hangs on how this test was built.
        shown.sort();
    }
    for frame in shown {
        writeln!(text, "        at {frame}").unwrap();
    }
    if fault.backtrace.len() > 4 {
        writeln!(text, "        …").unwrap();
    }
    text
}

/// The limits as documented, so that a changed default is a decision.
#[test]
fn limits_are_on_by_default() {
    let Limits { fuel, deadline, memory, table_elements, output, instances, component } =
        Limits::default();
    assert_eq!(fuel, 2_000_000_000);
    assert_eq!(deadline, Duration::from_secs(10));
    assert_eq!((memory, output, component), (64 << 20, 64 << 20, 32 << 20));
    assert_eq!((table_elements, instances), (10_000, 64));
}

#[test]
fn limits_that_nothing_runs_in_are_refused() {
    let refused = |limits| Engine::builder().limits(limits).build().unwrap_err().to_string();
    let default = Limits::default();
    insta::assert_snapshot!(
        [
            refused(Limits { instances: 0, ..default }),
            refused(Limits { memory: 65535, ..default }),
            refused(Limits { memory: (4 << 30) + 1, ..default }),
        ]
        .join("\n")
    );
}

#[test]
fn limits_at_their_extremes_work() {
    let most = Limits {
        fuel: u64::MAX,
        deadline: Duration::MAX,
        output: usize::MAX,
        component: usize::MAX,
        ..guest::limits()
    };
    let least =
        Limits { memory: 65536, table_elements: 0, instances: 1, output: 1000, ..guest::limits() };
    for limits in [most, least] {
        let engine = guest::engine_with(limits);
        for world in World::ALL {
            guest::assert_right(&engine.load(&guest::good(world)).unwrap());
        }
    }
}

/// A thousand strings that all are the same megabyte: 4 KiB of a plugin's
/// memory that would be gigabytes of the host's.
#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_unfolds_costs_no_more_than_the_limit() {
    let peak_kb = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let engine = guest::engine_with(Limits::default());
    let surface = "
        (local $entry i32) (local $list i32)
        (drop (memory.grow (i32.const 32)))
        (memory.fill (i32.const 0x10000) (i32.const 0x61) (i32.const 0x100000))
        (local.set $list (i32.const 0x140000))
        (loop $more
          (i32.store
            (i32.add (local.get $list) (i32.shl (local.get $entry) (i32.const 3)))
            (i32.const 0x10000))
          (i32.store offset=4
            (i32.add (local.get $list) (i32.shl (local.get $entry) (i32.const 3)))
            (i32.const 0x100000))
          (br_if $more
            (i32.lt_u
              (local.tee $entry (i32.add (local.get $entry) (i32.const 1)))
              (i32.const 4096))))
        (i32.store (i32.const 0x188) (local.get $list))
        (i32.store (i32.const 0x18c) (i32.const 4096))
        (i32.const 0x170)";
    let plugin = engine.load(&guest::policy_with("surface", surface)).unwrap();
    let before = peak_kb();
    let error = plugin.policy(Some("5")).err().unwrap();
    insta::assert_snapshot!(error, @"`guest@1.0.0` failed in `surface`: its answer is larger than the limit of 64 MiB");
    let grown = peak_kb() - before;
    assert!(grown < 512 << 10, "the host grew by {grown} KiB");
}
