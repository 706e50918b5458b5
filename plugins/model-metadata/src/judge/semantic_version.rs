//! Whether the semantic version rises with the signature.

use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use gate_evidence::verdict::{Judged, Verdict, sound};
use semver::Version;

use crate::facts::{CANDIDATE, CHAMPION, Facts};
use crate::find::find;
use crate::name::Name;
use crate::semantic::{self, Part};
use crate::value::Value;

/// The fact that says what the signature asks of the version.
const SIGNATURE_CHANGE: &str = "signature_change";

/// Judges the candidate's version beside the champion's.
pub(super) fn judge(name: &Name, facts: &Facts<'_>) -> Verdict {
    judged(name, facts).unwrap_or_else(|verdict| verdict)
}

fn judged(name: &Name, facts: &Facts<'_>) -> Result<Verdict, Verdict> {
    // Whose version is none is at fault only where it is the candidate's.
    let (version, mut used) = version(name, CANDIDATE, Judged::Broken, facts)?;
    if !facts.has(CHAMPION) {
        let message = format!(
            "`{name}` of `{CANDIDATE}` is `{version}`, and there is no `{CHAMPION}` that it must \
             be above"
        );
        return Ok(Verdict::new(Judged::Holds, message).on(&used));
    }
    let (other, on) = self::version(name, CHAMPION, Judged::Doubtful, facts)?;
    used.extend(on);
    let (part, on) = part(facts)?;
    used.extend(on);
    let versions =
        format!("`{name}` of `{CANDIDATE}` is `{version}`, and of `{CHAMPION}` `{other}`");
    let asked = match part {
        Part::None => "the signature asks for no more".into(),
        part => format!("the signature asks for a higher {}", part.name()),
    };
    let below = other.cmp_precedence(&version) == Ordering::Greater;
    let (judged, message) = match (part.is_raised(&other, &version), below) {
        (true, _) => (Judged::Holds, format!("{versions}: {asked}")),
        (false, true) => (Judged::Broken, format!("{versions}, which is above it")),
        (false, false) => (Judged::Broken, format!("{versions}, and {asked}")),
    };
    let expected = match part {
        Part::None => format!("{other} or above"),
        part => format!("a {} above that of {other}", part.name()),
    };
    Ok(Verdict::new(judged, message).expecting(expected).finding(format!("{version}")).on(&used))
}

/// The version of a subject, and the facts that say it.
fn version(
    name: &Name,
    subject: &str,
    unless: Judged,
    facts: &Facts<'_>,
) -> Result<(Version, Vec<u32>), Verdict> {
    let (found, used) = sound(find(facts, subject, name, |_| false))?;
    let version = match &found.value {
        Value::Text(text) => semantic::parse(text),
        _ => None,
    };
    let version = version.ok_or_else(|| {
        let (title, value) = (&found.title, &found.value);
        let message = format!("{title} is {}, which is not a semantic version", value.quoted());
        let verdict = Verdict::new(unless, message).expecting("a version such as `2.1.0`");
        verdict.finding(value.show()).on(&used)
    })?;
    Ok((version, used))
}

/// What the signature asks for.
fn part(facts: &Facts<'_>) -> Result<(Part, Vec<u32>), Verdict> {
    // `none` says that nothing changed, and is no missing text here.
    let is_part =
        |value: &Value<'_>| matches!(value, Value::Text(text) if Part::parse(text).is_some());
    let name = Name::plain(SIGNATURE_CHANGE);
    let (found, used) = sound(find(facts, CANDIDATE, &name, is_part))?;
    let part = match &found.value {
        Value::Text(text) => Part::parse(text),
        _ => None,
    };
    let part = part.ok_or_else(|| {
        let message = format!(
            "{} is {}, which is none of `none`, `patch`, `minor`, `major`",
            found.title,
            found.value.quoted()
        );
        Verdict::doubtful(message).finding(found.value.show()).on(&used)
    })?;
    Ok((part, used))
}
