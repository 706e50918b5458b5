//! Components that would take a compiler too long, refused by what is in them.

use std::fmt::Write as _;

use tollgate_engine::LoadError;

use crate::guest;

/// A component that looks like a plugin, with these parts.
fn component(parts: &str) -> Vec<u8> {
    let text = format!(
        r#"(component {parts}
          (instance $empty)
          (export "tollgate:plugin/lifecycle@1.0.0" (instance $empty))
          (export "tollgate:plugin/decider@1.0.0" (instance $empty)))"#
    );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn module(parts: &str) -> Vec<u8> {
    component(&format!("(core module {parts})"))
}

/// A function whose locals all go through all of its loops.
fn loops(locals: usize, loops: usize) -> String {
    let uses: String = (0..locals)
        .map(|local| format!("(local.set {local} (i64.add (local.get {local}) (i64.const 1)))"))
        .collect();
    format!(
        "(func (local {}) {} {uses} {})",
        "i64 ".repeat(locals),
        "loop ".repeat(loops),
        "(br_if 0 (i32.const 0)) end ".repeat(loops)
    )
}

/// What is too much, with the text of the component.
fn costly() -> Vec<(&'static str, Vec<u8>)> {
    let wide = "(type $wide (func (result".to_owned() + &" i64".repeat(900) + ")))";
    let takes = "(type $takes (func (param".to_owned() + &" i64".repeat(900) + ")))";
    vec![
        ("300,000 functions", module(&"(func)".repeat(300_000))),
        ("20,000 locals through 1,000 loops", module(&loops(20_000, 1_000))),
        (
            "many functions of 2,000 locals through 1,900 loops",
            module(&loops(2_000, 1_900).repeat(34)),
        ),
        ("a function of 600 KB", module(&format!("(func {})", "nop ".repeat(600_000)))),
        ("a hundred thousand blocks in blocks", {
            module(&format!("(func {} {})", "block ".repeat(100_000), "end ".repeat(100_000)))
        }),
        (
            "a table of 200,000 branches through 100 values",
            module(&format!(
                "(type $t (func (param {v}) (result {v}))) (func (param i32 {v}) {get} (block (type $t)
                 (br_table {} (local.get 0))) {})",
                "0 ".repeat(200_000),
                "drop ".repeat(100),
                v = "i64 ".repeat(100),
                get = (1..=100).map(|n| format!("(local.get {n})")).collect::<String>(),
            )),
        ),
        (
            "calls that pass a thousand values each",
            module(&format!(
                "{wide} {takes} (func $wide (type $wide) unreachable) (func $takes (type $takes))
                 (func {})",
                "call $wide call $takes ".repeat(3_000)
            )),
        ),
        ("a million types", module(&"(type (func))".repeat(1_000_000))),
        ("a hundred thousand exports", {
            let exports: String =
                (0..100_000).map(|n| format!("(export \"{n}\" (func 0))")).collect();
            module(&format!("(func) {exports}"))
        }),
        ("tables of a million functions", {
            module(&format!(
                "(func) (table 1000 funcref) {}",
                format!("(elem func {})", "0 ".repeat(100_000)).repeat(6)
            ))
        }),
        (
            "component types of a hundred thousand parts",
            component(&format!("(type (tuple {}))", "u8 ".repeat(9_000)).repeat(12)),
        ),
    ]
}

#[test]
fn what_takes_too_much_to_compile_is_told_by_its_count() {
    let engine = guest::engine();
    let mut report = String::new();
    for (what, component) in costly() {
        let error = engine.load(&component).unwrap_err();
        assert!(matches!(error, LoadError::Costly(_)), "{what}: {error}");
        writeln!(report, "{what}\n    {error}").unwrap();
    }
    insta::assert_snapshot!(report);
}

/// What is within every bound, and near to some, still compiles: it is refused
/// for what it is.
#[test]
fn what_is_large_and_plain_compiles() {
    let engine = guest::engine();
    for (what, component) in [
        ("functions", module(&"(func)".repeat(5_000))),
        ("loops", module(&loops(300, 300))),
        ("blocks", module(&format!("(func {} {})", "block ".repeat(2_000), "end ".repeat(2_000)))),
    ] {
        let error = engine.load(&component).unwrap_err();
        assert!(matches!(error, LoadError::WrongType { .. }), "{what}: {error}");
    }
}
