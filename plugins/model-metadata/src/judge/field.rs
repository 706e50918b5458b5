//! A field, and what must hold of it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::decimal::Decimal;
use gate_evidence::verdict::{Judged, Verdict, sound};

use crate::facts::{CANDIDATE, Facts};
use crate::find::{self, find};
use crate::form::{Fit, truth};
use crate::moment;
use crate::rule::{Field, Listed};
use crate::value::Value;

/// Judges a field.
pub(super) fn judge(rule: &Field, facts: &Facts<'_>) -> Verdict {
    let keeps =
        |value: &Value<'_>| rule.listed.iter().any(|listed| compare(listed, value) == Some(true));
    let given = find(facts, CANDIDATE, &rule.name, keeps);
    let (found, used) = match sound(given) {
        Ok(found) => found,
        Err(verdict) => return Verdict { expected: expectation(rule), ..verdict.on(&[]) },
    };
    let asks = Asks { rule, found: &found, facts };
    let verdict = asks
        .listed()
        .and_then(|()| asks.form())
        .and_then(|()| asks.range())
        .and_then(|on| asks.past().map(|more| [on, more].concat()))
        .map_or_else(
            |verdict| verdict,
            |on| {
                let message = format!("{} is {}{}", found.title, found.value.quoted(), found.note);
                Verdict::new(Judged::Holds, message).on(&on)
            },
        );
    Verdict { expected: expectation(rule), ..verdict }.finding(found.value.show()).on(&used)
}

/// What is asked of a value.
struct Asks<'r, 'f> {
    rule: &'r Field,
    found: &'r find::Field<'f>,
    facts: &'r Facts<'f>,
}

impl Asks<'_, '_> {
    fn is(&self, judged: Judged, what: &str) -> Verdict {
        let find::Field { value, title, note } = self.found;
        Verdict::new(judged, format!("{title} is {}, {what}{note}", value.quoted()))
    }

    /// Whether it is one of those that it may be.
    fn listed(&self) -> Result<(), Verdict> {
        let listed = &self.rule.listed;
        if listed.is_empty() {
            return Ok(());
        }
        let compared: Vec<Option<bool>> =
            listed.iter().map(|listed| compare(listed, &self.found.value)).collect();
        if compared.contains(&Some(true)) {
            return Ok(());
        }
        if compared.iter().all(Option::is_none) {
            return Err(self.is(
                Judged::Doubtful,
                &format!(
                    "which is {}, and the rule asks for {}",
                    self.found.value.kind(),
                    words(listed)
                ),
            ));
        }
        let near = match (&self.found.value, listed.as_slice()) {
            (Value::Text(text), _) if listed.iter().any(
                |listed| matches!(listed, Listed::Text(listed) if listed.eq_ignore_ascii_case(text)),
            ) => "; letters count, capitals and small ones",
            _ => "",
        };
        Err(self.is(Judged::Broken, &format!("and must be {}{near}", words(listed))))
    }

    /// Whether it reads as it must.
    fn form(&self) -> Result<(), Verdict> {
        let Some(form) = self.rule.form else { return Ok(()) };
        let what = |what| format!("{what} {}", form.words());
        match form.fits(&self.found.value) {
            Fit::Fits => Ok(()),
            Fit::Misfit => Err(self.is(Judged::Broken, &what("which is not"))),
            Fit::OtherKind => Err(self.is(
                Judged::Doubtful,
                &format!(
                    "which is {}, and the rule asks for {}",
                    self.found.value.kind(),
                    form.words()
                ),
            )),
        }
    }

    /// Whether the number is in the range.
    fn range(&self) -> Result<Vec<u32>, Verdict> {
        let Field { at_least, at_most, .. } = self.rule;
        if at_least.is_none() && at_most.is_none() {
            return Ok(Vec::new());
        }
        let number = match &self.found.value {
            Value::Number(number, None) => *number,
            Value::Number(_, Some(unit)) => {
                return Err(self.is(
                    Judged::Doubtful,
                    &format!("in `{}`, and the rule's bounds have no unit", unit.name()),
                ));
            }
            Value::Text(text) => match Decimal::parse(text) {
                Some(number) => number,
                None => return Err(self.is(Judged::Broken, "which is not a number")),
            },
            Value::Boolean(_) => {
                return Err(self.is(Judged::Doubtful, "and the rule asks for a number"));
            }
        };
        if at_least.is_some_and(|least| number < least) || at_most.is_some_and(|most| number > most)
        {
            let message = format!("and must be {}", range(*at_least, *at_most).unwrap_or_default());
            return Err(self.is(Judged::Broken, &message));
        }
        Ok(Vec::new())
    }

    /// Whether the date has come; the facts that say so.
    fn past(&self) -> Result<Vec<u32>, Verdict> {
        if !self.rule.past {
            return Ok(Vec::new());
        }
        let at = match &self.found.value {
            Value::Text(text) => moment::parse(text),
            _ => None,
        };
        // Which `form` has refused already: a rule with `past` is of dates.
        let Some(at) = at else { return Err(self.is(Judged::Doubtful, "which is not a date")) };
        let as_of = &self.facts.as_of;
        let Some(now) = as_of.value() else {
            return Err(self
                .is(Judged::Doubtful, "and nobody says as of when this run judges")
                .on(&as_of.facts));
        };
        if at > *now {
            return Err(self
                .is(Judged::Broken, "which is after the time that this run judges as of")
                .on(&as_of.facts));
        }
        Ok(as_of.facts.clone())
    }
}

/// Whether a value is the one that is listed; `None` where they are of kinds
/// that do not compare.
fn compare(listed: &Listed, value: &Value<'_>) -> Option<bool> {
    match (listed, value) {
        (Listed::Text(listed), Value::Text(text)) => Some(listed.trim() == *text),
        (Listed::Boolean(listed), Value::Boolean(value)) => Some(listed == value),
        (Listed::Boolean(listed), Value::Text(text)) => Some(truth(text) == Some(*listed)),
        (Listed::Number(listed), Value::Number(number, None)) => Some(listed == number),
        (Listed::Number(listed), Value::Text(text)) => {
            Some(Decimal::parse(text).is_some_and(|number| number == *listed))
        }
        _ => None,
    }
}

/// What a rule asks, for a report.
fn expectation(rule: &Field) -> Option<String> {
    let listed = (!rule.listed.is_empty()).then(|| words(&rule.listed));
    let form = rule.form.map(|form| form.words().to_string());
    let past = rule.past.then(|| "that has come".to_string());
    let parts = [listed, form, range(rule.at_least, rule.at_most), past];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn words(listed: &[Listed]) -> String {
    let words: Vec<String> = listed
        .iter()
        .map(|listed| match listed {
            Listed::Text(text) => format!("`{text}`"),
            Listed::Boolean(value) => value.to_string(),
            Listed::Number(number) => number.to_string(),
        })
        .collect();
    words.join(" or ")
}

fn range(least: Option<Decimal>, most: Option<Decimal>) -> Option<String> {
    Some(match (least, most) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => return None,
    })
}
