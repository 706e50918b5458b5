//! Texts that a terminal or a CI runner acts on, for tests of what is shown.

use std::fmt;

use tollgate::text::{is_hidden, safe_lines};

/// What strangers may write wherever they may write text.
const TEXTS: [&str; 20] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "a\rPASSED",
    "a\nPASSED",
    "a\r\n::error::forged",
    "::error file=a.rs,line=1::forged",
    "  ::stop-commands::x",
    "##[error]forged",
    "a ##vso[task.complete result=Succeeded]",
    "\u{2028}::error::forged",
    "\u{2029}",
    "\u{85}::error::forged",
    "\u{b}\u{c}\u{8}\u{0}\u{7f}",
    "\u{202e}dessap\u{202c}",
    "\u{2066}a\u{2069}",
    "a\u{200b}b\u{200d}c\u{feff}d\u{ad}e",
    "\u{e0041}\u{e007f}",
    "\u{3164}\u{34f}",
    ":",
];

/// Asserts that whatever stands in the fields of what is shown, it is only
/// read: `show` draws with each of the texts in every field.
pub(crate) fn assert_harmless(mut show: impl FnMut(&mut String, &str) -> fmt::Result) {
    let mut drawn = |text: &str| {
        let mut out = String::new();
        show(&mut out, text).unwrap();
        safe_lines(&out)
    };
    let plain = drawn("x");
    let shape = |text: &str| (text.lines().count(), text.matches('\u{1b}').count());
    for text in TEXTS {
        let shown = drawn(text);
        assert_eq!(shape(&shown), shape(&plain), "{text:?} in {shown:?}");
        let hidden = |c: char| is_hidden(c) && !matches!(c, '\n' | '\u{1b}');
        assert!(!shown.contains(hidden), "{text:?} in {shown:?}");
        assert!(!shown.contains("##[") && !shown.contains("##vso["), "{text:?} in {shown:?}");
        for line in shown.lines() {
            assert!(!line.trim_start().starts_with("::"), "{text:?} in {shown:?}");
        }
    }
}
