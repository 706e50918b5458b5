//! What a transcript says, apart from what hangs on the plugins' bytes.
//!
//! Those hang on the compiler that built them: another one gives other digests,
//! other sizes of what is baked, and so other ids of decisions.

use std::collections::BTreeMap;

/// The text with each of these parts replaced by the number of its first
/// appearance: two that are equal must stay equal, and two that differ must
/// stay different.
pub(crate) fn comparable(text: &str) -> String {
    let mut seen = BTreeMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (before, word_on) = rest.split_at(start);
        out.push_str(before);
        let end = word_on.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word_on.len());
        let (word, after) = word_on.split_at(end);
        match kind(&out, word, after) {
            Some(kind) => {
                let next = seen.len() + 1;
                let number = seen.entry((kind, word)).or_insert(next);
                out.push_str(&format!("<{kind} {number}>"));
            }
            None => out.push_str(word),
        }
        rest = after;
    }
    out + rest
}

/// What a word is, by what stands around it; none when it must not differ.
fn kind(before: &str, word: &str, after: &str) -> Option<&'static str> {
    let hex = |digits| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = word.bytes().all(|byte| byte.is_ascii_digit());
    if before.ends_with("sha256:") && hex(64) {
        return Some("digest");
    }
    if before.ends_with("decision ") && hex(16) {
        return Some("decision");
    }
    (before.ends_with('(') && number && after.starts_with(" bytes)")).then_some("size")
}

#[test]
fn only_what_hangs_on_the_compiler_may_differ() {
    let digest = "ab".repeat(32);
    let one = format!(
        "fraud.wasm (257635 bytes)\nsha256:{digest}\nblock 0.96, decision d9e073114d7aff7e\n"
    );
    let other = one.replace("257635", "256112").replace("ab", "cd").replace("d9e0", "0000");
    assert_ne!(one, other);
    assert_eq!(comparable(&one), comparable(&other));
    for (from, to) in [
        ("0.96", "0.97"),
        ("block", "allow"),
        ("7aff7e", "7aff7"),
        (" bytes)", " rows)"),
        ("sha256:", "sha512:"),
        ("fraud.wasm", "fraud2.wasm"),
    ] {
        assert_ne!(comparable(&one), comparable(&one.replace(from, to)), "{from}");
    }
}

#[test]
fn what_was_equal_stays_equal() {
    let text = |one, two| comparable(&format!("a, decision {one:016x}\nb, decision {two:016x}\n"));
    assert_eq!(text(1, 1), text(2, 2));
    assert_eq!(text(1, 2), text(3, 1));
    assert_ne!(text(1, 1), text(1, 2));
}
