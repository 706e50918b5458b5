//! Whether a version is on its way out.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::instant::Instant;
use gate_evidence::verdict::{Judged, Verdict, sound};
use tollgate_sdk::Outcome;

use crate::facts::{CANDIDATE, Facts};
use crate::find::find;
use crate::form::truth;
use crate::moment;
use crate::name::Name;
use crate::rule::Deprecation;
use crate::value::Value;

/// The fields that say so; they may have other names, as any.
const DEPRECATED: &str = "deprecated";
const SUNSET: &str = "sunset_on";
const REPLACEMENT: &str = "replacement_version";

/// Judges the sunset, and whether something comes after. A version that names a
/// sunset or a replacement is deprecated, whatever `deprecated` says.
pub(super) fn judge(rule: &Deprecation, facts: &Facts<'_>) -> Vec<Verdict> {
    judged(rule, facts).unwrap_or_else(|verdict| alloc::vec![verdict])
}

fn judged(rule: &Deprecation, facts: &Facts<'_>) -> Result<Vec<Verdict>, Verdict> {
    let deprecated = said(facts, DEPRECATED)?;
    let sunset = said(facts, SUNSET)?;
    let replacement = said(facts, REPLACEMENT)?;
    let deprecated = match &deprecated {
        Some(Said { value, title, on }) => {
            Some((truth_of(value, title).map_err(|verdict| verdict.on(on))?, on))
        }
        None => None,
    };
    let used = deprecated.map_or(&[][..], |(_, on)| on.as_slice());
    if sunset.is_none() && replacement.is_none() && !deprecated.is_some_and(|(said, _)| said) {
        let what =
            if deprecated.is_some() { "is not deprecated" } else { "says nothing of deprecation" };
        return Ok(alloc::vec![
            Verdict::new(Judged::Holds, format!("`{CANDIDATE}` {what}")).on(used)
        ]);
    }
    let first = match sunset {
        Some(sunset) => until(rule, &sunset, facts).on(&sunset.on),
        None => Verdict::missing(format!(
            "`{CANDIDATE}` is deprecated, and does not say until when: give it a `{SUNSET}`"
        )),
    };
    let second = match replacement {
        Some(Said { value, title, on }) => {
            let message = format!("{title} is {}", value.quoted());
            Verdict::new(Judged::Holds, message).on(&on)
        }
        None => Verdict::new(
            Judged::Is(rule.without_replacement),
            format!("`{CANDIDATE}` is deprecated, and no `{REPLACEMENT}` comes after it"),
        ),
    };
    Ok(alloc::vec![first.on(used), second.on(used)])
}

/// What a field says.
struct Said<'a> {
    value: Value<'a>,
    title: String,
    on: Vec<u32>,
}

/// What a field says; nothing where it is missing.
fn said<'a>(facts: &Facts<'a>, field: &str) -> Result<Option<Said<'a>>, Verdict> {
    match sound(find(facts, CANDIDATE, &Name::plain(field), |_| false)) {
        Ok((found, on)) => Ok(Some(Said { value: found.value, title: found.title, on })),
        Err(verdict) if verdict.judged == Judged::Missing => Ok(None),
        Err(verdict) => Err(verdict),
    }
}

fn truth_of(value: &Value<'_>, title: &str) -> Result<bool, Verdict> {
    let read = match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) => truth(text),
        Value::Number(..) => None,
    };
    read.ok_or_else(|| {
        let message = format!("{title} is {}, which is neither true nor false", value.quoted());
        Verdict::doubtful(message).expecting("true or false").finding(value.show())
    })
}

/// Whether the sunset is still to come.
fn until(rule: &Deprecation, sunset: &Said<'_>, facts: &Facts<'_>) -> Verdict {
    let Said { value, title, .. } = sunset;
    let is = |judged, what: &str| {
        Verdict::new(judged, format!("{title} is {}, {what}", value.quoted())).finding(value.show())
    };
    let at: Option<Instant> = match value {
        Value::Text(text) => moment::parse(text),
        _ => None,
    };
    let Some(at) = at else {
        return is(Judged::Doubtful, "which is not a date")
            .expecting("a date such as `2026-11-21`");
    };
    let Some(now) = facts.as_of.value() else {
        let what = "and nobody says as of when this run judges";
        return is(Judged::Doubtful, what).on(&facts.as_of.facts);
    };
    let left = at.since(*now);
    let verdict = if left <= 0 {
        is(Judged::Broken, "which has come")
    } else if let Some(within) = rule.warn_within.filter(|within| left <= within.nanoseconds()) {
        is(Judged::Is(Outcome::Warn), &format!("which is within {within}"))
    } else {
        is(Judged::Holds, "which is still to come")
    };
    verdict.on(&facts.as_of.facts)
}
