//! The examples that embedders start from run, and say what they should.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

use std::process::Command;

/// What an example prints. Cargo builds examples with the tests.
fn printed(name: &str) -> String {
    let here = std::env::current_exe().unwrap();
    let path = here.ancestors().nth(2).unwrap().join("examples").join(name);
    let output =
        Command::new(&path).output().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_payload_is_checked() {
    insta::assert_snapshot!(printed("check"));
}

#[test]
fn a_model_version_is_judged() {
    insta::assert_snapshot!(printed("gate"));
}

#[test]
fn a_score_is_decided_on() {
    let text = printed("decide");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("block because of [\"high_fraud_probability\"]"));
    assert!(lines.next().unwrap().ends_with("ready instance"), "{text}");
    let json: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(json["action"], "block");
}

#[test]
fn no_answer_is_wrong_while_policies_are_swapped() {
    let text = printed("swap");
    let words: Vec<&str> = text.split_whitespace().collect();
    let decided = words.iter().position(|word| *word == "decisions").unwrap() - 1;
    assert!(words.get(decided).unwrap().parse::<u64>().unwrap() > 1000, "{text}");
    assert!(text.starts_with("1000 swaps") && text.ends_with(" 0 wrong\n"), "{text}");
}
