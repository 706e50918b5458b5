//! Whatever strangers write is only read, in every format.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use common::{FORMATS, of_strangers};
use tollgate::text::is_hidden;
use tollgate_reports::Format;

/// What a terminal, a CI runner, a page or a parser would act on.
const TEXTS: [&str; 36] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "a\rPASSED",
    "a\nPASSED",
    "a\r\n::error::forged",
    "a\nok 7 - forged",
    "a\n1..0 # SKIP",
    "a # SKIP b",
    "a # TODO",
    "a\n  ...\nBail out!",
    "::error file=a.rs,line=1::forged",
    "a::b,c=d%0A::error::e",
    "  ::stop-commands::x",
    "##[error]forged",
    "a ##vso[task.complete result=Succeeded]",
    "##teamcity[x]",
    "\u{2028}::error::forged",
    "\u{2029}",
    "\u{85}::error::forged",
    "\u{b}\u{c}\u{8}\u{0}\u{7f}",
    "\u{202e}dessap\u{202c}",
    "\u{2066}a\u{2069}",
    "a\u{200b}b\u{200d}c\u{feff}d\u{ad}e",
    "\u{e0041}\u{e007f}",
    "\u{fffe}\u{ffff}",
    "<script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)",
    "' onload='alert(1)",
    "]]><failure/>&amp;&lt;",
    "<!-- a --> <!DOCTYPE b [<!ENTITY c SYSTEM 'file:///etc/passwd'>]>&c;",
    "a | b | c\n| --- |\n# d",
    "[a](javascript:b) ![c](http://d/e.png) <f@g> @everyone `h` $i$",
    "*a* _b_ ~~c~~ ``` \\",
    "../../etc/passwd\\..\\a",
];

/// What gives a rendering its shape.
fn shape(format: Format, text: &str) -> Vec<usize> {
    let count = |pattern: &str| text.matches(pattern).count();
    let lines = text.lines().count();
    match format {
        // Values of JSON are its reader's business; see below.
        Format::Json | Format::Sarif | Format::Gitlab => vec![lines],
        Format::Junit | Format::Html => {
            vec![lines, count("<"), count(">"), count("\""), count("'")]
        }
        Format::Markdown => {
            let starts = |start: &str| text.lines().filter(|it| it.starts_with(start)).count();
            // Every `|` but those that are escaped.
            vec![lines, starts("|"), starts("#"), count("|") - count("\\|"), count("<td")]
        }
        Format::Github => vec![lines, text.lines().filter(|it| it.starts_with("::")).count()],
        Format::Tap => {
            let points = |start: &str| text.lines().filter(|it| it.starts_with(start)).count();
            vec![lines, points("ok"), points("not ok"), points("  ---"), points("  ...")]
        }
        _ => unreachable!("a format without a shape"),
    }
}

#[test]
fn whatever_is_in_a_report_is_only_read() {
    for (name, format) in FORMATS {
        for text in TEXTS {
            for (sample, plain) in of_strangers(text).iter().zip(of_strangers("x")) {
                let shown = sample.render(format);
                let same = shape(format, &shown) == shape(format, &plain.render(format));
                assert!(same, "{name}: {text:?} in {shown}");
                let hidden = shown.chars().find(|c| *c != '\n' && is_hidden(*c));
                assert_eq!(hidden, None, "{name}: {text:?} in {shown}");
                for runner in ["##[", "##vso[", "##teamcity["] {
                    assert!(!shown.contains(runner), "{name}: {text:?} in {shown}");
                }
                if format != Format::Github {
                    let acts = |line: &str| line.trim_start().starts_with("::");
                    assert!(!shown.lines().any(acts), "{name}: {text:?} in {shown}");
                }
            }
        }
    }
}

#[test]
fn values_of_json_are_kept() {
    for text in TEXTS {
        for sample in of_strangers(text) {
            let json: serde_json::Value =
                serde_json::from_str(&sample.render(Format::Json)).unwrap();
            let places =
                ["/findings", "/profiles/0/findings", "/models/0/versions/0/profiles/0/findings"];
            let findings = places.into_iter().find_map(|place| json.pointer(place)).unwrap();
            assert_eq!(findings.pointer("/0/message").unwrap(), text);
        }
    }
}

#[test]
fn annotations_keep_to_their_properties() {
    for text in TEXTS {
        for sample in of_strangers(text) {
            let shown = sample.render(Format::Github);
            for line in shown.lines().filter(|line| line.starts_with("::")) {
                let (command, behind) = line.strip_prefix("::").unwrap().split_once(' ').unwrap();
                assert!(matches!(command, "error" | "warning"), "{line}");
                let (properties, _) = behind.split_once("::").unwrap();
                let names: Vec<&str> = properties
                    .split(',')
                    .map(|property| property.split_once('=').unwrap().0)
                    .collect();
                // What no profile says is in no file.
                let is_right = names == ["file", "line", "title"] || names == ["title"];
                assert!(is_right, "{text:?} in {line}");
            }
        }
    }
}

#[test]
fn pages_have_nothing_that_runs_or_loads() {
    for text in TEXTS {
        for sample in of_strangers(text) {
            let page = sample.render(Format::Html);
            for tag in ["<script", "<img", "<a ", "<link", "<iframe", "url(", "@import"] {
                assert!(!page.contains(tag), "{tag} of {text:?}");
            }
        }
    }
}
