//! A plugin written with the SDK that fails in every way its author can make
//! it fail, with `std` and without: `tests/guests/misbehave`.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use tollgate_engine::types::{Cells, Column, Decision, Value};
use tollgate_engine::{CallError, ConfigureError, Engine, Fault, Limits, Plugin};

/// The guest with `std` and the one without.
const GUESTS: [&str; 2] = ["misbehave", "misbehave-no-std"];

const PLACES: [&str; 4] = ["configure", "surface", "decide", "decide-batch"];

const WAYS: [&str; 8] = [
    "panic",
    "panic-at-length",
    "index",
    "expect",
    "loop",
    "recurse",
    "allocate",
    "allocate-at-once",
];

/// `guests/` beside the profile's folder that this test runs from.
fn guest(name: &str) -> Vec<u8> {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let path: PathBuf =
        [target, "guests".as_ref(), format!("{name}.wasm").as_ref()].iter().collect();
    fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask plugins` builds it", path.display())
    })
}

fn engine() -> Engine {
    let limits = Limits { fuel: 50_000_000, memory: 8 << 20, ..Limits::default() };
    Engine::builder().limits(limits).build().unwrap()
}

fn settings(place: &str, how: &str) -> String {
    format!(r#"{{"how":"{how}","in":"{place}"}}"#)
}

fn column() -> Column {
    Column { cells: Cells::Numbers(vec![0.1, 0.2]), validity: None }
}

/// The fault that the settings ask for.
fn fault(plugin: &Plugin, place: &str, how: &str) -> Fault {
    let policy = match plugin.policy(Some(&settings(place, how))) {
        Ok(policy) => policy,
        Err(ConfigureError::Fault(fault)) => return fault,
        Err(error) => panic!("{error}"),
    };
    let error = match place {
        "decide" => policy.decide(&[Value::Number(0.5)]).unwrap_err(),
        "decide-batch" => policy.decide_batch(2, &[column()]).unwrap_err(),
        _ => panic!("`{place}` was called, and did not fail"),
    };
    match error {
        CallError::Fault(fault) => fault,
        error => panic!("{error}"),
    }
}

#[test]
fn every_failure_of_an_author_is_told_in_his_words() {
    for name in GUESTS {
        let engine = engine();
        let plugin = engine.load(&guest(name)).unwrap();
        let mut report = String::new();
        for how in WAYS {
            writeln!(report, "{how}").unwrap();
            for place in PLACES {
                let fault = fault(&plugin, place, how);
                assert_eq!(fault.function, place);
                assert!(
                    fault.backtrace.iter().any(|frame| frame.contains("misbehave")),
                    "the backtrace has the author's own functions: {:?}",
                    fault.backtrace
                );
                let message = fault.to_string();
                assert!(!message.contains('\n'), "{message}");
                assert!(!message.contains(" /"), "no path of a machine: {message}");
                writeln!(report, "    {}", shortened(&message)).unwrap();
            }
            still_right(&plugin);
        }
        insta::assert_snapshot!(name, report);
    }
}

/// A very long message, so that the snapshot can be read.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(160) {
        Some((at, _)) => format!("{}[{} more]", &message[..at], message.len() - at),
        None => message.to_owned(),
    }
}

/// Fresh calls know nothing of each other, whatever has failed before.
fn still_right(plugin: &Plugin) {
    // It fails in batches only.
    let policy = plugin.policy(Some(&settings("decide-batch", "panic"))).unwrap();
    for _ in 0..3 {
        let decision = policy.decide(&[Value::Number(0.5)]).unwrap();
        assert_eq!(decision, Decision { action: 0, reasons: vec![] });
    }
    let mut warm = policy.warm();
    assert_eq!(warm.decide(&[Value::Number(0.5)]).unwrap().action, 0);
    assert_eq!(warm.decide(&[Value::Number(0.5)]).unwrap().action, 1);
}

#[test]
fn a_frozen_author_s_plugin_fails_the_same_way() {
    for name in GUESTS {
        let engine = engine();
        let plugin = engine.load(&guest(name)).unwrap();
        for how in ["panic", "index", "loop", "recurse"] {
            let frozen = plugin.bake(&settings("decide", how), "").unwrap();
            let frozen = engine.load(&frozen).unwrap().policy(None).unwrap();
            let Err(CallError::Fault(frozen)) = frozen.decide(&[Value::Null]) else {
                panic!("it must fail");
            };
            let fresh = fault(&plugin, "decide", how);
            assert_eq!((frozen.cause, frozen.backtrace), (fresh.cause, fresh.backtrace));
        }
    }
}

#[test]
fn settings_that_do_not_parse_are_refused_in_words() {
    for name in GUESTS {
        let plugin = engine().load(&guest(name)).unwrap();
        let error = plugin.policy(Some(r#"{"how":"politely","in":"decide"}"#)).err().unwrap();
        assert!(matches!(error, ConfigureError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("unknown variant `politely`"), "{error}");
    }
}
