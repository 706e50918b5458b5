//! Bytes that are no plugin, or no longer one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tollgate_engine::types::Value;
use tollgate_engine::{Engine, Limits};
use tollgate_test_support::{Dice, seed};

use crate::guest::{self, World};

/// What loading says; the file must not load.
fn refused(engine: &Engine, bytes: &[u8]) -> String {
    match engine.load(bytes) {
        Ok(plugin) => panic!("it loads, as `{}`", plugin.name()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_component_that_is_no_plugin_is_refused_by_name() {
    let engine = guest::engine();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/components");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut report = String::new();
    for file in files {
        let bytes = wat::parse_file(&file).unwrap_or_else(|error| panic!("{error}"));
        let name = file.file_stem().unwrap().to_string_lossy();
        writeln!(report, "{name}\n    {}", refused(&engine, &bytes)).unwrap();
    }
    insta::assert_snapshot!("components", report);
}

#[test]
fn files_that_are_no_components_are_refused() {
    let engine = guest::engine_with(Limits { component: 10_000, ..guest::limits() });
    let good = guest::good(World::Policy);
    let mut huge = good.clone();
    huge.resize(10_001, 0);
    let mut trailing = good.clone();
    trailing.extend_from_slice(b"{}");
    let mut version = good.clone();
    version[4] = 0xff;
    let module = wat::parse_str(World::Policy.text()).unwrap();
    let files: [(&str, &[u8]); 10] = [
        ("nothing", b""),
        ("a text", b"name: threshold-policy"),
        ("a text module", b"(module)"),
        ("half a magic word", b"\0as"),
        ("a magic word", b"\0asm"),
        ("a core module", &module),
        ("a core module's header", b"\0asm\x01\0\0\0"),
        ("a component of an unknown version", &version),
        ("a component with a tail", &trailing),
        ("a component above the limit", &huge),
    ];
    let mut report = String::new();
    for (name, bytes) in files {
        writeln!(report, "{name}\n    {}", refused(&engine, bytes)).unwrap();
    }
    insta::assert_snapshot!("files", report);
}

#[test]
fn every_truncated_component_is_refused_or_complete() {
    let engine = guest::engine();
    let good = guest::good(World::Policy);
    let mut complete = Vec::new();
    for length in 0..good.len() {
        if let Ok(plugin) = engine.load(&good[..length]) {
            guest::assert_right(&plugin);
            complete.push(length);
        }
    }
    // Whatever lies behind the last export is names and other notes.
    let notes = complete.first().copied().unwrap_or(good.len());
    assert!(complete.len() <= 4, "{complete:?}");
    assert!(good.len() - notes < good.len() / 4, "{notes} of {}", good.len());
    guest::assert_right(&engine.load(&good).unwrap());
}

#[test]
fn a_component_with_a_wrong_bit_is_refused_or_runs_within_its_limits() {
    let engine = guest::engine();
    let good = guest::good(World::Policy);
    let mut dice = Dice::new(seed());
    let (mut refused, mut failed, mut answered) = (0, 0, 0);
    for _ in 0..600 {
        let mut bytes = good.clone();
        let at = dice.roll(bytes.len());
        bytes[at] ^= 1 << dice.roll(8);
        match engine.load(&bytes) {
            Err(error) => {
                assert!(!error.to_string().contains('\n'), "{error}");
                refused += 1;
            }
            Ok(plugin) => {
                let answer = plugin.policy(Some("5")).map(|policy| {
                    let batch = policy.decide_batch(2, &[guest::numbers(&[0.1, 0.9])]);
                    policy.decide(&[Value::Number(0.9)]).is_ok() && batch.is_ok()
                });
                match answer {
                    Ok(true) => answered += 1,
                    _ => failed += 1,
                }
            }
        }
    }
    // Each kind of damage was met.
    assert!(refused > 0 && failed > 0 && answered > 0, "{refused} {failed} {answered}");
    guest::assert_right(&engine.load(&good).unwrap());
}

/// A section of a component: its id, its length and what it holds.
pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&head(id, content.len()), content].concat()
}

/// A section's id and length.
fn head(id: u8, mut length: usize) -> Vec<u8> {
    let mut bytes = vec![id];
    loop {
        let low = (length & 0x7f) as u8;
        length >>= 7;
        bytes.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            return bytes;
        }
    }
}

#[test]
fn components_in_components_without_end_are_refused() {
    const COMPONENT: u8 = 4;
    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
    // From the innermost outwards.
    let (mut heads, mut length) = (Vec::new(), 0);
    for _ in 0..100_000 {
        length += HEADER.len();
        let head = head(COMPONENT, length);
        length += head.len();
        heads.push(head);
    }
    let mut bytes = guest::good(World::Policy);
    for head in heads.iter().rev() {
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(HEADER);
    }
    insta::assert_snapshot!(
        refused(&guest::engine(), &bytes),
        @"not a valid component: components lie within each other deeper than 16"
    );
}

#[test]
fn components_beside_components_without_end_are_refused() {
    let more = section(4, b"\0asm\x0d\0\x01\0").repeat(10_000);
    let bytes = [guest::good(World::Policy), more].concat();
    insta::assert_snapshot!(refused(&guest::engine(), &bytes));
}

#[test]
fn a_forged_mark_of_baking_does_not_configure() {
    const CUSTOM: u8 = 0;
    let marked = |content: &[u8]| {
        let mut mark = b"\x0etollgate:baked".to_vec();
        mark.extend_from_slice(content);
        [guest::good(World::Policy), section(CUSTOM, &mark)].concat()
    };
    let engine = guest::engine();
    let short = refused(&engine, &marked(&[0; 63]));
    let not_text = refused(&engine, &marked(&[0xff; 65]));
    insta::assert_snapshot!(format!("{short}\n{not_text}"));

    // An unconfigured policy that says it is configured: it decides nothing.
    let plugin = engine.load(&marked(&[0; 64])).unwrap();
    let policy = plugin.policy(None).unwrap();
    let error = policy.decide(&[Value::Number(0.1)]).unwrap_err();
    assert_eq!(error.to_string(), "the score is missing");
}
