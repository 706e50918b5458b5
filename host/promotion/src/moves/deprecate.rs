//! A version on its way out: until when, and what comes after it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use tollgate::facts::Instant;
use tollgate_sources::{Mlflow, Registered, Version};

use super::claim::{Claim, Dead, still_serves};
use super::intent::{BAD, Intent};
use super::list::{Planned, Write};
use super::run::{Audit, stage_of};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// The tag of a version that says which deprecation is being written. It is not
/// the one of moves, which says since when the version is where it is.
const DEPRECATION: &str = "tollgate.deprecation";

/// What the gate `model-metadata` reads.
const DEPRECATED: &str = "deprecated";
const SUNSET: &str = "sunset_on";
const REPLACEMENT: &str = "replacement_version";

/// How a description begins that says so.
const MARK: &str = "[DEPRECATED - sunset ";

/// Until when something may still be used: a date, or a time with a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sunset {
    text: String,
    at: Instant,
}

impl FromStr for Sunset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A date is its first moment, as gates read it.
        let at = format!("{text}T00:00:00Z").parse().or_else(|_| text.parse::<Instant>());
        let at = at.map_err(|_| {
            format!("`{text}` is no date: give one such as `2027-06-30`, or a time with a zone")
        })?;
        Ok(Self { text: text.to_owned(), at })
    }
}

impl fmt::Display for Sunset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The version that comes after one that goes.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'a> {
    /// Its model, which may be another one.
    pub registered: &'a Registered,
    /// The version.
    pub version: &'a Version,
}

impl Replacement<'_> {
    /// What a tag of `model` calls it: `45`, or `models:/churn_risk/45` where it
    /// is another's.
    fn name_for(&self, model: &str) -> String {
        let Version { name, version, .. } = self.version;
        if name == model { version.to_string() } else { format!("models:/{name}/{version}") }
    }
}

/// A deprecation: what is to be written, and what must still be so before it is.
#[derive(Debug, Clone, Serialize)]
pub struct Deprecation {
    /// The model.
    pub model: String,
    /// The version.
    pub version: u64,
    /// Until when it may be used.
    pub sunset_on: String,
    /// What comes after it.
    pub replacement: Option<String>,
    /// The writes, in their order.
    pub writes: Vec<Write>,
    #[serde(skip)]
    serving_alias: Option<String>,
    #[serde(skip)]
    serving: Option<u64>,
    #[serde(skip)]
    by: String,
    #[serde(skip)]
    begun: Instant,
}

/// Gives a version a sunset; none where it has this very one already.
///
/// # Errors
/// When it serves and nothing else serves in its place, unless that is
/// overridden; when the sunset has passed; when what is to come after it cannot.
pub fn deprecate(
    plan: &Plan,
    registered: &Registered,
    version: &Version,
    sunset: &Sunset,
    replacement: Option<Replacement<'_>>,
    audit: &Audit,
) -> Result<Option<Deprecation>, PromotionError> {
    let title = format!("{} v{}", version.name, version.version);
    let named = replacement.map(|replacement| replacement.name_for(&version.name));
    if is_done(version, sunset, named.as_deref()) {
        return Ok(None);
    }
    in_future(sunset, audit)?;
    if let Some(replacement) = replacement {
        comes_after(plan, version, replacement)?;
    }
    let serving = plan.serving(registered);
    let is_replaced =
        replacement.is_some_and(|it| plan.serving(it.registered) == Some(it.version.version));
    if serving == Some(version.version) && !is_replaced && !audit.overrides {
        return Err(PromotionError::StillServes { title });
    }
    let number = version.version;
    let intent = Intent {
        action: "deprecate".to_owned(),
        from: stage_of(plan, registered, version).to_string(),
        to: sunset.to_string(),
        previous: None,
        by: audit.by.clone(),
        at: audit.at.to_string(),
        reason: audit.reason.clone(),
        report: None,
        done: false,
    };
    let mut writes = vec![Write::version_tag(number, DEPRECATION, intent.text())];
    writes.extend(on_the_way_out(version, sunset, named.as_deref(), audit));
    if audit.overrides {
        let reason = audit.reason.clone().unwrap_or_default();
        writes.push(Write::version_tag(number, "deprecation_override_by", &*audit.by));
        writes.push(Write::version_tag(number, "deprecation_override_reason", reason));
    }
    let done = Intent { done: true, ..intent };
    writes.push(Write::version_tag(number, DEPRECATION, done.text()));
    Ok(Some(Deprecation {
        model: version.name.clone(),
        version: number,
        sunset_on: sunset.to_string(),
        replacement: named,
        writes,
        serving_alias: plan.champion_alias().map(str::to_owned),
        serving,
        by: audit.by.clone(),
        begun: audit.at,
    }))
}

/// The writes that let a version say so itself. A sunset comes before all that
/// would ask for one.
pub(super) fn on_the_way_out(
    version: &Version,
    sunset: &Sunset,
    replacement: Option<&str>,
    audit: &Audit,
) -> Vec<Write> {
    let tags = tags(sunset, replacement, audit);
    let tag = |(key, value)| Write::version_tag(version.version, key, value);
    let mut writes: Vec<Write> = tags.into_iter().map(tag).collect();
    writes.push(Write::Description {
        version: Some(version.version),
        text: marked(&version.description, sunset),
    });
    writes
}

/// The same of a whole model.
pub(super) fn model_on_the_way_out(
    registered: &Registered,
    sunset: &Sunset,
    replacement: &str,
    audit: &Audit,
) -> Vec<Write> {
    let mut tags = tags(sunset, Some(replacement), audit);
    if audit.overrides {
        let reason = audit.reason.clone().unwrap_or_default();
        tags.insert(0, ("deprecation_override_by", audit.by.clone()));
        tags.insert(1, ("deprecation_override_reason", reason));
    }
    let tag = |(key, value): (&str, String)| Write::ModelTag { key: key.to_owned(), value };
    let mut writes: Vec<Write> = tags.into_iter().map(tag).collect();
    writes
        .push(Write::Description { version: None, text: marked(&registered.description, sunset) });
    writes
}

fn tags<'a>(sunset: &Sunset, replacement: Option<&str>, audit: &Audit) -> Vec<(&'a str, String)> {
    let mut tags =
        vec![("deprecated_by", audit.by.clone()), ("deprecation_date", audit.at.to_string())];
    tags.extend(audit.reason.clone().map(|reason| ("deprecation_reason", reason)));
    tags.push((SUNSET, sunset.to_string()));
    tags.extend(replacement.map(|replacement| (REPLACEMENT, replacement.to_owned())));
    tags.push((DEPRECATED, "true".to_owned()));
    tags
}

/// A description that begins with the sunset, in place of one that it began
/// with.
fn marked(description: &str, sunset: &Sunset) -> String {
    let said = description
        .strip_prefix(MARK)
        .and_then(|rest| rest.split_once(']'))
        .map_or(description, |(_, said)| said.trim_start());
    let space = if said.is_empty() { "" } else { " " };
    format!("{MARK}{sunset}]{space}{said}")
}

/// Whether an earlier run wrote this very deprecation to its end.
fn is_done(version: &Version, sunset: &Sunset, replacement: Option<&str>) -> bool {
    let tag = |key: &str| version.tags.get(key).map(String::as_str);
    let intent = version.tags.get(DEPRECATION);
    let intent = intent.and_then(|text| serde_json::from_str::<Intent>(text).ok());
    intent.is_some_and(|intent| intent.done)
        && tag(DEPRECATED) == Some("true")
        && tag(SUNSET) == Some(&sunset.text)
        && replacement.is_none_or(|it| tag(REPLACEMENT) == Some(it))
}

/// That a sunset is yet to come: one of the past would fail what is in use from
/// one moment to the next.
pub(super) fn in_future(sunset: &Sunset, audit: &Audit) -> Result<(), PromotionError> {
    if sunset.at > audit.at {
        return Ok(());
    }
    Err(PromotionError::PastSunset { sunset: sunset.to_string(), now: audit.at.to_string() })
}

/// That a version can come after the other: it is there to stay.
fn comes_after(
    plan: &Plan,
    version: &Version,
    replacement: Replacement<'_>,
) -> Result<(), PromotionError> {
    let Replacement { registered, version: other } = replacement;
    let is_itself = (&other.name, other.version) == (&version.name, version.version);
    let why = if is_itself {
        "it would replace itself"
    } else if other.tags.contains_key(BAD) {
        "it was rolled back"
    } else if other.tags.contains_key(SUNSET) || registered.tags.contains_key(SUNSET) {
        "it is deprecated itself"
    } else if stage_of(plan, registered, other) == Stage::Archived {
        "it is out of use"
    } else {
        return Ok(());
    };
    Err(PromotionError::NoReplacement {
        title: format!("{} v{}", other.name, other.version),
        why: why.to_owned(),
    })
}

impl Planned for Deprecation {
    fn title(&self, is_done: bool) -> String {
        let Self { model, version, sunset_on, .. } = self;
        let verb = if is_done { "deprecated" } else { "would deprecate" };
        let after = self.replacement.as_ref();
        let after = after.map(|it| format!(", replaced by {it}")).unwrap_or_default();
        format!("{verb} {model} v{version}, with its sunset on {sunset_on}{after}")
    }

    fn lines(&self) -> Vec<String> {
        self.writes.iter().map(ToString::to_string).collect()
    }

    fn make(
        &self,
        mlflow: &Mlflow,
        take_over: bool,
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), PromotionError> {
        let claim = Claim {
            version: self.version,
            to: format!("sunset on {}", self.sunset_on),
            by: self.by.clone(),
            at: self.begun.to_string(),
        };
        let dead = if take_over { Dead::All } else { Dead::OfTheSame };
        let held = claim.hold(mlflow, &self.model, dead, |registered| {
            still_serves(registered, self.serving_alias.as_deref(), self.serving)
        })?;
        held.write(self.writes.iter().map(|write| (&*self.model, write)), tell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sunset_is_a_date_or_a_time_with_a_zone() {
        for right in ["2027-06-30", "2027-06-30T12:00:00Z", "2027-06-30T12:00:00+02:00"] {
            assert_eq!(right.parse::<Sunset>().map(|it| it.to_string()), Ok(right.to_owned()));
        }
        for wrong in ["", "soon", "30.06.2027", "2027-02-30", "2027-6-30", "2027-06-30T12:00:00"] {
            assert!(wrong.parse::<Sunset>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_description_says_its_sunset_once() {
        let sunset = |text: &str| text.parse::<Sunset>().unwrap();
        let first = marked("Scores churn.", &sunset("2027-06-30"));
        assert_eq!(first, "[DEPRECATED - sunset 2027-06-30] Scores churn.");
        let second = marked(&first, &sunset("2027-09-30"));
        assert_eq!(second, "[DEPRECATED - sunset 2027-09-30] Scores churn.");
        assert_eq!(marked("", &sunset("2027-06-30")), "[DEPRECATED - sunset 2027-06-30]");
    }
}
