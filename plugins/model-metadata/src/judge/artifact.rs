//! Files that a version must have.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::Reading;
use gate_evidence::verdict::{Judged, Verdict};

use crate::facts::{CANDIDATE, Facts};
use crate::find;
use crate::glob::Glob;
use crate::name::Name;
use crate::value::Value;

/// The name of an artifact's fact, and the label that says where it is.
const ARTIFACT: (&str, &str) = ("artifact", "path");

/// How many files a message names.
const NAMED: usize = 3;

/// Judges whether there is a file whose path one of the patterns means.
pub(super) fn judge(globs: &[Glob], facts: &Facts<'_>) -> Verdict {
    let patterns: Vec<String> = globs.iter().map(|glob| format!("`{glob}`")).collect();
    let expected = patterns.join(" or ");
    let (mut paths, mut used, mut doubt) = (Vec::new(), Vec::new(), None);
    for (path, copies) in facts.labelled(ARTIFACT, globs) {
        let name = Name::labelled(ARTIFACT.0, ARTIFACT.1, path);
        let given = find::read(facts, CANDIDATE, &name, copies, |_| false);
        match given.reading {
            Reading::Sound(found) if found.value == Value::Boolean(true) => {
                paths.push(path);
                used.extend(given.facts);
            }
            Reading::Sound(_) | Reading::Missing(_) => {}
            Reading::Doubtful(reason) => {
                doubt = doubt.or(Some(Verdict::doubtful(reason).on(&given.facts)));
            }
        }
    }
    let verdict = if paths.is_empty() {
        doubt.unwrap_or_else(|| {
            Verdict::missing(format!("no artifact of `{CANDIDATE}` has a path like {expected}"))
        })
    } else {
        there(&paths).on(&used)
    };
    verdict.expecting(expected)
}

fn there(paths: &[&str]) -> Verdict {
    let named = paths.iter().copied().take(NAMED).collect::<Vec<_>>().join("`, `");
    let more = match paths.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("`{CANDIDATE}` has `{named}`{more}");
    Verdict::new(Judged::Holds, message).finding(named.replace('`', ""))
}
