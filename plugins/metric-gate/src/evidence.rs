//! What the copies of a fact come to, and whether it can be trusted.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::newest::{Newest, keep_newest};
use gate_evidence::verdict::Verdict;
use tollgate_sdk::gate::{Fact, FactValue};

use crate::catalog::{Catalog, Range};
use crate::decimal::Decimal;
use crate::facts::{Facts, title};
use crate::instant::Instant;
use crate::place::Place;
use crate::unit::{Quantity, Unit, comparable};
use crate::window::Window;

/// What was found in a place.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// The facts that it rests on, by their index.
    pub facts: Vec<u32>,
    /// What they come to.
    pub evidence: Evidence<'a>,
    /// The split that was taken.
    pub split: Option<&'a str>,
    /// The window that was taken.
    pub window: Option<Window>,
    /// That there were other observations, and which one counts.
    pub note: Option<String>,
}

/// What facts come to.
#[derive(Debug)]
pub(crate) enum Evidence<'a> {
    /// There are none; why that may be.
    Missing(String),
    /// They rest on too few samples.
    Thin(Doubt),
    /// They cannot be judged; why, and the value if there is one.
    Doubtful(Doubt),
    /// They can.
    Sound(Value<'a>),
}

/// Why something cannot be judged.
#[derive(Debug)]
pub(crate) struct Doubt {
    /// The reason.
    pub reason: String,
    /// What was there.
    pub actual: Option<String>,
}

impl From<&Doubt> for Verdict {
    fn from(doubt: &Doubt) -> Self {
        Self { actual: doubt.actual.clone(), ..Self::doubtful(doubt.reason.clone()) }
    }
}

/// A value that can be judged.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    /// A finite number.
    Number(Decimal, Option<Cow<'a, Unit>>),
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(&'a str),
}

/// Looks for the evidence in a place.
#[must_use]
pub(crate) fn find<'a>(place: &Place<'_>, facts: &Facts<'a>, catalog: &'a Catalog) -> Found<'a> {
    let Some(taken) = facts.take(place) else {
        let evidence = Evidence::Missing(place.say(|| facts.absence(place)));
        return Found { facts: Vec::new(), evidence, split: None, window: None, note: None };
    };
    let mut copies = Copies { place, catalog, all: taken.facts };
    let mut found = Found {
        facts: Vec::new(),
        evidence: Evidence::Missing(String::new()),
        split: taken.split,
        window: taken.window,
        note: None,
    };
    let newest = copies.keep_newest(facts, &mut found.note);
    found.facts = copies.all.iter().map(|(index, _)| *index).collect();
    found.evidence = match newest.and_then(|observed| {
        let value = copies.agreed()?;
        copies.refuse_impossible(&value)?;
        copies.refuse_age(observed, facts, &mut found.facts)?;
        Ok(value)
    }) {
        Err(doubt) => Evidence::Doubtful(doubt),
        Ok(value) => match copies.samples(&value) {
            Samples::Enough => Evidence::Sound(value),
            Samples::Few(doubt) => Evidence::Thin(doubt),
            Samples::Unknown(doubt) => Evidence::Doubtful(doubt),
        },
    };
    found
}

/// The facts that are about one thing.
struct Copies<'a, 'p> {
    place: &'p Place<'p>,
    catalog: &'a Catalog,
    all: Vec<(u32, &'a Fact)>,
}

enum Samples {
    Enough,
    Few(Doubt),
    Unknown(Doubt),
}

impl<'a> Copies<'a, '_> {
    /// Leaves the newest observation, and copies that say no time; when that
    /// was. Those that say none are compared with the newest: nobody knows
    /// that they are older.
    fn keep_newest(
        &mut self,
        facts: &Facts<'a>,
        note: &mut Option<String>,
    ) -> Result<Option<Instant>, Doubt> {
        let place = self.place;
        if self.all.len() == 1 && place.check.max_age.is_none() {
            return Ok(None);
        }
        let newest = match keep_newest(&mut self.all) {
            Ok(Some(newest)) => newest,
            Ok(None) => return Ok(None),
            Err(fact) => {
                return Err(self.doubt(|| {
                    format!(
                        "`{}` of `{}` was observed at `{}`, which is no time such as \
                         `2026-11-21T15:54:00Z`",
                        title(fact),
                        fact.subject,
                        observed(fact).unwrap_or_default()
                    )
                }));
            }
        };
        let Newest { at, text, older } = newest;
        if older == 0 {
            return Ok(Some(at));
        }
        if let Some((_, Some(as_of), of_run)) = facts.as_of()
            && at > as_of
        {
            return Err(self.doubt(|| {
                format!(
                    "the newest observation of `{}` of `{}` is of {text}, which is after {}, as \
                     of when this run judges",
                    place.sought(),
                    place.subject,
                    shown(of_run),
                )
            }));
        }
        if place.says {
            let all = self.all.len() + older;
            *note = Some(format!("the newest of {all} observations, of {text}"));
        }
        Ok(Some(at))
    }

    /// The one value that all copies have.
    fn agreed(&self) -> Result<Value<'a>, Doubt> {
        let Some(((_, first), others)) = self.all.split_first() else {
            return Err(self.doubt(String::new));
        };
        let value = self.value(first)?;
        for (_, other) in others {
            let another = self.value(other)?;
            if !agree(&value, &another) {
                return Err(self.contradiction((first, value.show()), (other, another.show())));
            }
        }
        let mut counted = self.all.iter().filter(|(_, fact)| fact.samples.is_some());
        if let Some((_, one)) = counted.next()
            && let Some((_, other)) = counted.find(|(_, other)| other.samples != one.samples)
        {
            let samples =
                |fact: &Fact| format!("{} on {} samples", value.show(), fact.samples.unwrap_or(0));
            return Err(self.contradiction((one, samples(one)), (other, samples(other))));
        }
        Ok(value)
    }

    /// Two copies that say different things.
    fn contradiction(&self, one: (&Fact, String), other: (&Fact, String)) -> Doubt {
        let ((first, value), (second, another)) = (one, other);
        let reason = self.place.say(|| {
            let (name, alias) = (title(first), title(second));
            let reason = if name == alias {
                format!("`{name}` is given twice, as {value} and as {another}")
            } else {
                format!(
                    "`{name}` and `{alias}` mean the same, but one is {value} and one {another}"
                )
            };
            let undated = match (observed(first), observed(second)) {
                (Some(_), None) | (None, Some(_)) => {
                    "; one does not say when it was observed, so nobody knows which is newer"
                }
                (Some(_), Some(_)) => "; both were observed at the same time",
                (None, None) => "",
            };
            format!("{reason}, for `{}`{undated}", self.place.subject)
        });
        Doubt { reason, actual: Some(format!("{value} and {another}")) }
    }

    /// The value of a fact, in the terms of the rules.
    fn value(&self, fact: &'a Fact) -> Result<Value<'a>, Doubt> {
        let number = match &fact.value {
            FactValue::Boolean(value) => return Ok(Value::Boolean(*value)),
            FactValue::Text(text) => return Ok(Value::Text(text)),
            FactValue::Integer(whole) => Decimal::new(i128::from(*whole), 0),
            FactValue::Number(number) => Decimal::from_f64(*number).ok_or_else(|| Doubt {
                reason: self.place.say(|| {
                    format!(
                        "`{}` of `{}` is {}",
                        title(fact),
                        fact.subject,
                        if number.is_nan() { "not a number" } else { "infinite" }
                    )
                }),
                actual: Some(number.to_string()),
            })?,
            FactValue::Numbers(numbers) => {
                return Err(self.doubt(|| {
                    format!(
                        "`{}` of `{}` is a list of {} numbers, and a rule compares one value",
                        title(fact),
                        fact.subject,
                        numbers.len()
                    )
                }));
            }
        };
        let unit = match fact.unit.as_deref().filter(|unit| !unit.is_empty()) {
            Some(unit) => Some(Cow::Owned(Unit::new(unit))),
            None => self.catalog.meaning(&fact.name).and_then(|m| m.unit).map(Cow::Borrowed),
        };
        Ok(Value::Number(number, unit))
    }

    fn refuse_impossible(&self, value: &Value<'_>) -> Result<(), Doubt> {
        let (Some(metric), Some((_, fact))) =
            (self.catalog.metric(self.place.metric.index), self.all.first())
        else {
            return Ok(());
        };
        let Range { least, most, unit } = &metric.range;
        let Some(number) = value.number() else { return Ok(()) };
        if least.is_none() && most.is_none() {
            return Ok(());
        }
        let unit = unit.as_ref();
        // Without a unit of its own a metric is a plain number, as a share is.
        let plain = unit.is_none() && number.unit.is_some_and(Unit::is_share);
        if !plain && !comparable(number.unit, unit) {
            let reason = self.place.say(|| {
                let of_metric = unit
                    .map_or_else(|| "no unit".into(), |unit| format!("the unit `{}`", unit.name()));
                let own = number.unit.map_or_else(
                    || "states no unit".into(),
                    |unit| format!("is in `{}`", unit.name()),
                );
                format!(
                    "`{}` of `{}` {own}, and `{}` has {of_metric}: they cannot be compared",
                    title(fact),
                    fact.subject,
                    metric.name
                )
            });
            return Err(Doubt { reason, actual: Some(number.to_string()) });
        }
        let bound = |bound: &Option<Decimal>| bound.map(|bound| Quantity::new(bound, unit));
        let (least, most) = (bound(least), bound(most));
        let in_range = number.base().is_some_and(|value| {
            least.is_none_or(|least| least.base().is_some_and(|least| least <= value))
                && most.is_none_or(|most| most.base().is_some_and(|most| value <= most))
        });
        if in_range {
            return Ok(());
        }
        let reason = self.place.say(|| {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("at least {least}"),
                (None, Some(most)) => format!("at most {most}"),
                (None, None) => String::new(),
            };
            let hint = match (&fact.unit, unit) {
                (None, Some(unit)) if unit.is_share() => {
                    "; a fact in another unit, such as `%`, must state it"
                }
                _ => "",
            };
            format!(
                "`{}` of `{}` is {number}, which cannot be: `{}` is {range}{hint}",
                title(fact),
                fact.subject,
                metric.name
            )
        });
        Err(Doubt { reason, actual: Some(number.to_string()) })
    }

    fn refuse_age(
        &self,
        observed: Option<Instant>,
        facts: &Facts<'_>,
        used: &mut Vec<u32>,
    ) -> Result<(), Doubt> {
        let (Some(max_age), Some((_, fact))) = (self.place.check.max_age, self.all.first()) else {
            return Ok(());
        };
        let about = || format!("`{}` of `{}`", title(fact), fact.subject);
        let Some(observed) = observed else {
            return Err(self.doubt(|| {
                format!(
                    "{} does not say when it was observed, and may be {max_age} old; give it an \
                     `observed_at`",
                    about()
                )
            }));
        };
        let Some((index, as_of, of_run)) = facts.as_of() else {
            return Err(self.doubt(|| {
                format!(
                    "nobody says as of when this run judges, and {} may be {max_age} old",
                    about()
                )
            }));
        };
        used.push(index);
        let Some(as_of) = as_of else {
            return Err(
                self.doubt(|| format!("`as_of` of `run` is {}, which is no time", shown(of_run)))
            );
        };
        let when =
            || self.all.iter().find_map(|(_, fact)| self::observed(fact)).unwrap_or_default();
        let age = as_of.since(observed);
        if age < 0 {
            return Err(self.doubt(|| {
                format!(
                    "{} was observed at {}, which is after {}, as of when this run judges",
                    about(),
                    when(),
                    shown(of_run)
                )
            }));
        }
        if age > max_age.nanoseconds() {
            return Err(self.doubt(|| {
                format!(
                    "{} was observed at {}, more than {max_age} before {}, as of when this run \
                     judges",
                    about(),
                    when(),
                    shown(of_run)
                )
            }));
        }
        Ok(())
    }

    /// Whether enough samples are behind it. A copy that does not say leaves
    /// it to the others.
    fn samples(&self, value: &Value<'_>) -> Samples {
        let (Some(least), Some((_, fact))) = (self.place.check.min_samples, self.all.first())
        else {
            return Samples::Enough;
        };
        let doubt = |why: String| Doubt {
            reason: self.place.say(|| format!("`{}` of `{}` {why}", title(fact), fact.subject)),
            actual: self.place.says.then(|| value.show()),
        };
        match self.all.iter().find_map(|(_, fact)| fact.samples) {
            Some(samples) if samples >= least => Samples::Enough,
            Some(samples) => Samples::Few(doubt(
                self.place.say(|| format!("rests on {samples} samples, and {least} are needed")),
            )),
            None => Samples::Unknown(doubt(self.place.say(|| {
                format!("does not say how many samples it rests on, and {least} are needed")
            }))),
        }
    }

    fn doubt(&self, reason: impl FnOnce() -> String) -> Doubt {
        Doubt { reason: self.place.say(reason), actual: None }
    }
}

fn observed(fact: &Fact) -> Option<&str> {
    fact.observed_at.as_deref()
}

/// The text of a fact about the run.
fn shown(fact: &Fact) -> &str {
    match &fact.value {
        FactValue::Text(text) => text,
        _ => "no text",
    }
}

fn agree(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(..), Value::Number(..)) => {
            let (Some(left), Some(right)) = (left.number(), right.number()) else {
                return false;
            };
            comparable(left.unit, right.unit)
                && left.base().is_some()
                && left.base() == right.base()
        }
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => false,
    }
}

impl Value<'_> {
    /// The number, when it is one.
    #[must_use]
    pub(crate) fn number(&self) -> Option<Quantity<'_>> {
        match self {
            Self::Number(number, unit) => Some(Quantity::new(*number, unit.as_deref())),
            _ => None,
        }
    }

    /// As a report shows it.
    #[must_use]
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Number(number, unit) => Quantity::new(*number, unit.as_deref()).to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Text(text) => (*text).to_string(),
        }
    }

    /// What it is.
    #[must_use]
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Number(..) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Text(_) => "text",
        }
    }
}
