//! Which facts a rule rests on, and whether they can be trusted.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::gate::{Fact, FactValue};

use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::rule::ANY;
use crate::rule::Rule;
use crate::slice::{self, Braces};
use crate::spelling;
use crate::unit::{Quantity, Unit, comparable};
use crate::window::{self, Window};

/// Labels, sorted by key.
pub(crate) type Labels<'a> = Vec<(&'a str, &'a str)>;

/// All facts, as the catalog understands them.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    all: &'a [Fact],
    /// Those of which some rule or entry knows the metric.
    known: Vec<Known<'a>>,
}

#[derive(Debug)]
struct Known<'a> {
    fact: &'a Fact,
    index: u32,
    metric: usize,
    unit: Option<Cow<'a, Unit>>,
    /// Without the window.
    labels: Labels<'a>,
    window: Option<Window>,
}

/// A place where evidence is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The rule that looks.
    pub rule: &'a Rule,
    /// Whose.
    pub subject: &'a str,
    /// The slice.
    pub labels: &'a [(&'a str, &'a str)],
}

/// What was found in a place: the facts' indices, and what they come to.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// In the order given to `evaluate`.
    pub facts: Vec<u32>,
    /// What they come to.
    pub evidence: Evidence<'a>,
}

/// What facts come to.
#[derive(Debug)]
pub(crate) enum Evidence<'a> {
    /// There are none; why that may be.
    Missing(String),
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

/// A value that can be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// A finite number.
    Number(Quantity<'a>),
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(&'a str),
}

impl<'a> Facts<'a> {
    /// Looks every fact up once.
    #[must_use]
    pub(crate) fn new(all: &'a [Fact], catalog: &'a Catalog) -> Self {
        let known = (0u32..)
            .zip(all)
            .filter_map(|(index, fact)| {
                let meaning = catalog.meaning(&fact.name)?;
                let stated = fact.unit.as_deref().filter(|unit| !unit.is_empty());
                let unit = match stated {
                    Some(unit) => Some(Cow::Owned(Unit::new(unit))),
                    None => meaning.unit.map(Cow::Borrowed),
                };
                let mut labels = labels_of(fact);
                Some(Known {
                    fact,
                    index,
                    metric: meaning.index,
                    unit,
                    window: take_window(&mut labels),
                    labels,
                })
            })
            .collect();
        Self { all, known }
    }

    /// The slices that the label `key` makes of what a rule judges, in any of
    /// these subjects: sorted values of the label.
    #[must_use]
    pub(crate) fn slices(
        &self,
        rule: &Rule,
        key: &str,
        subjects: &[&str],
    ) -> BTreeSet<(&'a str, &'a str)> {
        self.known
            .iter()
            .filter(|known| known.metric == rule.metric.index && known.window == rule.window)
            .filter(|known| subjects.contains(&known.fact.subject.as_str()))
            .filter(|known| known.labels.len() == rule.labels.len() + 1)
            .filter(|known| {
                rule.labels
                    .iter()
                    .all(|(key, value)| known.labels.contains(&(key.as_str(), value.as_str())))
            })
            .filter_map(|known| {
                let own = |label: &str| rule.labels.iter().any(|(key, _)| key == label);
                let wanted = |label: &str| label == key || (key == ANY && !own(label));
                known.labels.iter().find(|(label, _)| wanted(label)).copied()
            })
            .collect()
    }

    /// Looks for the evidence in a place.
    #[must_use]
    pub(crate) fn find(&'a self, place: &Place<'_>, catalog: &'a Catalog) -> Found<'a> {
        let found: Vec<&Known<'a>> = self
            .known
            .iter()
            .filter(|known| {
                known.metric == place.rule.metric.index
                    && known.fact.subject == place.subject
                    && known.window == place.rule.window
                    && known.labels == place.labels
            })
            .collect();
        let evidence = match found.split_first() {
            None => Evidence::Missing(self.absence(place)),
            Some((first, others)) => match sound(first, others, place, catalog) {
                Ok(value) => Evidence::Sound(value),
                Err(doubt) => Evidence::Doubtful(doubt),
            },
        };
        Found { facts: found.iter().map(|known| known.index).collect(), evidence }
    }

    /// Says that nothing is in a place, and what comes nearest.
    fn absence(&self, place: &Place<'_>) -> String {
        let missing = format!("`{}` of `{}` is missing", place.name(), place.subject);
        let same = |known: &&Known<'a>| known.metric == place.rule.metric.index;
        let near = self
            .known
            .iter()
            .filter(same)
            .find(|known| known.fact.subject == place.subject)
            .or_else(|| self.known.iter().find(same));
        let hint = match near {
            Some(known) => format!(
                "; there is `{}{}` of `{}`",
                known.fact.name,
                Braces(&labels_of(known.fact)),
                known.fact.subject
            ),
            None => spelling::hint(
                &place.rule.metric.written,
                self.all.iter().map(|fact| fact.name.as_str()),
            ),
        };
        missing + &hint
    }
}

impl<'a> Known<'a> {
    /// The value, in the terms of the rules.
    fn value(&'a self) -> Result<Value<'a>, Doubt> {
        let name = &self.fact.name;
        let number = match &self.fact.value {
            FactValue::Boolean(value) => return Ok(Value::Boolean(*value)),
            FactValue::Text(text) => return Ok(Value::Text(text)),
            FactValue::Integer(whole) => Decimal::new(i128::from(*whole), 0),
            FactValue::Number(number) => Decimal::from_f64(*number).ok_or_else(|| Doubt {
                reason: format!(
                    "`{name}` of `{}` is {}",
                    self.fact.subject,
                    if number.is_nan() { "not a number" } else { "infinite" }
                ),
                actual: Some(number.to_string()),
            })?,
            FactValue::Numbers(numbers) => {
                return Err(Doubt {
                    reason: format!(
                        "`{name}` of `{}` is a list of {} numbers, and a rule compares one value",
                        self.fact.subject,
                        numbers.len()
                    ),
                    actual: None,
                });
            }
        };
        Ok(Value::Number(Quantity::new(number, self.unit.as_deref())))
    }
}

impl Place<'_> {
    /// The metric and slice: `auc{group=female}`.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        let window = self.rule.window.map(|window| window.to_string());
        let mut labels: Labels<'_> = self.labels.to_vec();
        if let Some(window) = &window {
            slice::insert(&mut labels, (window::LABEL, window));
        }
        format!("{}{}", self.rule.metric.written, Braces(&labels))
    }
}

/// All labels of a fact, the window among them.
fn labels_of(fact: &Fact) -> Labels<'_> {
    let mut labels = Labels::with_capacity(fact.labels.len());
    for label in &fact.labels {
        slice::insert(&mut labels, (label.key.as_str(), label.value.as_str()));
    }
    labels
}

/// Takes the window out of the labels. One that is no length of time stays, so
/// that the fact matches no rule.
fn take_window(labels: &mut Labels<'_>) -> Option<Window> {
    let place = labels.iter().position(|(key, _)| *key == window::LABEL)?;
    let window = Window::parse(labels.get(place)?.1)?;
    labels.remove(place);
    Some(window)
}

/// The one value that facts agree on.
fn sound<'a>(
    first: &'a Known<'a>,
    others: &[&'a Known<'a>],
    place: &Place<'_>,
    catalog: &'a Catalog,
) -> Result<Value<'a>, Doubt> {
    let value = first.value()?;
    refuse_out_of_range(first, value, place, catalog)?;
    for other in others {
        let another = other.value()?;
        if !agree(value, another) {
            let (name, alias) = (&first.fact.name, &other.fact.name);
            let (value, another) = (value.show(), another.show());
            let reason = if name == alias {
                format!("`{name}` is given twice, as {value} and as {another}")
            } else {
                format!(
                    "`{name}` and `{alias}` mean the same, but one is {value} and one {another}"
                )
            };
            return Err(Doubt {
                reason: format!("{reason}, for `{}`", place.subject),
                actual: Some(format!("{value} and {another}")),
            });
        }
    }
    if let Some(least) = place.rule.min_samples {
        for known in core::iter::once(first).chain(others.iter().copied()) {
            refuse_few_samples(known, least, value)?;
        }
    }
    Ok(value)
}

fn agree(left: Value<'_>, right: Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            comparable(left.unit, right.unit)
                && left.base().is_some()
                && left.base() == right.base()
        }
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => false,
    }
}

fn refuse_out_of_range(
    known: &Known<'_>,
    value: Value<'_>,
    place: &Place<'_>,
    catalog: &Catalog,
) -> Result<(), Doubt> {
    let metric = catalog.metric(place.rule.metric.index);
    let Some((metric, (least, most))) = metric.and_then(|metric| Some((metric, metric.range?)))
    else {
        return Ok(());
    };
    let Value::Number(number) = value else {
        return Ok(());
    };
    let unit = metric.unit.as_ref();
    let bounds = (Quantity::new(least, unit).base(), Quantity::new(most, unit).base());
    let (Some(base), (Some(least), Some(most))) = (number.base(), bounds) else {
        return Ok(());
    };
    if !comparable(number.unit, unit) || (least <= base && base <= most) {
        return Ok(());
    }
    let hint = match &known.fact.unit {
        None if unit.is_some() => "; a fact in another unit, such as `%`, must state it",
        _ => "",
    };
    let (from, to) = metric.range.unwrap_or((least, most));
    Err(Doubt {
        reason: format!(
            "`{}` of `{}` is {number}, outside {} to {}{hint}",
            known.fact.name,
            known.fact.subject,
            Quantity::new(from, unit),
            Quantity::new(to, unit),
        ),
        actual: Some(number.to_string()),
    })
}

fn refuse_few_samples(known: &Known<'_>, least: u64, value: Value<'_>) -> Result<(), Doubt> {
    let Fact { name, subject, .. } = known.fact;
    let reason = match known.fact.samples {
        Some(samples) if samples >= least => return Ok(()),
        Some(samples) => {
            format!("`{name}` of `{subject}` rests on {samples} samples, and {least} are needed")
        }
        None => format!(
            "`{name}` of `{subject}` does not say how many samples it rests on, and {least} are \
             needed"
        ),
    };
    Err(Doubt { reason, actual: Some(value.show()) })
}

impl Value<'_> {
    /// As a report shows it.
    #[must_use]
    pub(crate) fn show(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Text(text) => text.to_string(),
        }
    }

    /// What it is.
    #[must_use]
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Text(_) => "text",
        }
    }
}
