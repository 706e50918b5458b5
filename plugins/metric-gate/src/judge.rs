//! From a rule and the facts to findings.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::{Finding, Outcome};

use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::evidence::{Doubt, Evidence, Facts, Found, Labels, Place, Value};
use crate::rule::{
    ANY, Against, Baseline, Change, Comparison, Limit, MLFLOW_LEAST_CHANGE, OnMissing, Rule, Stated,
};
use crate::settings::CANDIDATE;
use crate::slice;
use crate::unit::{Quantity, Unit, comparable};

/// What a rule comes to in one slice.
struct Verdict {
    judged: Judged,
    message: String,
    expected: Option<String>,
    actual: Option<String>,
}

enum Judged {
    Holds,
    Broken,
    Missing,
    Doubtful,
}

/// Judges a rule in each of its slices: one finding a slice, sorted; at least
/// one.
pub(crate) fn judge(rule: &Rule, facts: &Facts<'_>, catalog: &Catalog) -> Vec<Finding> {
    let own: Labels<'_> =
        rule.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let Some(key) = &rule.for_each else {
        return alloc::vec![judge_slice(rule, &own, facts, catalog)];
    };
    let mut subjects = alloc::vec![rule.subject.as_str()];
    // A slice that only the baseline has is missing of the subject.
    subjects.extend(rule.baseline_subject());
    let slices = facts.slices(rule, key, &subjects);
    if slices.is_empty() {
        let place = Place { rule, subject: &rule.subject, labels: &own };
        let by = if key == ANY { String::new() } else { format!(" by `{key}`") };
        let verdict = Verdict::missing(format!(
            "no slice{by} of `{}` of `{}` is there",
            place.name(),
            rule.subject
        ));
        return alloc::vec![verdict.into_finding(rule, Vec::new())];
    }
    slices
        .into_iter()
        .map(|label| {
            let mut labels = own.clone();
            slice::insert(&mut labels, label);
            judge_slice(rule, &labels, facts, catalog)
        })
        .collect()
}

fn judge_slice(
    rule: &Rule,
    labels: &[(&str, &str)],
    facts: &Facts<'_>,
    catalog: &Catalog,
) -> Finding {
    let place = Place { rule, subject: &rule.subject, labels };
    let own = facts.find(&place, catalog);
    let base = rule.baseline_subject().map(|subject| {
        let place = Place { subject, ..place };
        facts.find(&place, catalog)
    });
    let mut used = own.facts.clone();
    for index in base.iter().flat_map(|base| &base.facts) {
        slice::insert(&mut used, *index);
    }
    compare(&place, &own, base.as_ref()).unwrap_or_else(|verdict| verdict).into_finding(rule, used)
}

/// The verdict; as an error where evidence is missing or in doubt.
fn compare(
    place: &Place<'_>,
    own: &Found<'_>,
    base: Option<&Found<'_>>,
) -> Result<Verdict, Verdict> {
    let expected = place.rule.limit.show(place.rule.unit.as_ref());
    let evidence = core::iter::once(own).chain(base);
    for found in evidence.clone() {
        if let Evidence::Missing(why) = &found.evidence {
            return Err(Verdict::missing(why.clone()).expecting(expected));
        }
    }
    for found in evidence {
        if let Evidence::Doubtful(doubt) = &found.evidence {
            return Err(Verdict::doubtful(doubt).expecting(expected));
        }
    }
    let (Evidence::Sound(value), base) = (&own.evidence, base.map(|base| &base.evidence)) else {
        return Err(Verdict::missing(format!("`{}` is missing", place.name())));
    };
    let judged = match (&place.rule.limit, base) {
        (Limit::Is(stated), _) => judge_stated(place, *value, stated),
        (Limit::Threshold(comparison, threshold), _) => {
            let bound = Quantity::new(*threshold, place.rule.unit.as_ref());
            judge_threshold(place, *value, *comparison, bound)
        }
        (Limit::Baseline(baseline), Some(Evidence::Sound(base))) => {
            judge_baseline(place, *value, baseline, *base)
        }
        (Limit::Baseline(baseline), _) => match baseline.against {
            Against::Value(base) => {
                let base = Value::Number(Quantity::new(base, place.rule.unit.as_ref()));
                judge_baseline(place, *value, baseline, base)
            }
            Against::Subject(_) => Err(doubt("the baseline is missing".into(), None)),
        },
    };
    judged.map_err(|doubt| Verdict::doubtful(&doubt).expecting(expected))
}

fn judge_stated(place: &Place<'_>, value: Value<'_>, stated: &Stated) -> Result<Verdict, Doubt> {
    let name = place.full_name();
    // Text of a fact may be long or private; it is shown as `actual` only.
    let (holds, is, is_not) = match (stated, value) {
        (Stated::Boolean(stated), Value::Boolean(value)) => (
            *stated == value,
            format!("{name} is {value}"),
            format!("{name} is {value}, not {stated}"),
        ),
        (Stated::Text(stated), Value::Text(value)) => {
            (stated == value, format!("{name} is `{stated}`"), format!("{name} is not `{stated}`"))
        }
        (Stated::Boolean(_), value) => return Err(wrong_kind(&name, value, "true or false")),
        (Stated::Text(_), value) => return Err(wrong_kind(&name, value, "text")),
    };
    Ok(Verdict {
        judged: Judged::of(holds),
        message: if holds { is } else { is_not },
        expected: place.rule.limit.show(None),
        actual: Some(value.show()),
    })
}

fn judge_threshold(
    place: &Place<'_>,
    value: Value<'_>,
    comparison: Comparison,
    bound: Quantity<'_>,
) -> Result<Verdict, Doubt> {
    let name = place.full_name();
    let value = number(&name, value)?;
    refuse_unit(&name, value, bound.unit)?;
    let (Some(left), Some(right)) = (value.base(), bound.base()) else {
        return Err(too_long(&name, value));
    };
    let holds = comparison.holds(left, right);
    Ok(Verdict {
        judged: Judged::of(holds),
        message: format!("{name} {value} {} {bound}", comparison.verb(holds)),
        expected: Some(format!("{} {bound}", comparison.symbol())),
        actual: Some(value.to_string()),
    })
}

fn judge_baseline(
    place: &Place<'_>,
    value: Value<'_>,
    baseline: &Baseline,
    base: Value<'_>,
) -> Result<Verdict, Doubt> {
    let name = place.full_name();
    let value = number(&name, value)?;
    let base_name = match &baseline.against {
        Against::Subject(subject) => subject.as_str(),
        Against::Value(_) => "baseline",
    };
    let base = number(base_name, base)?;
    refuse_unit(&name, value, base.unit)?;
    let unit = place.rule.unit.as_ref();
    let (Some(left), Some(from)) = (value.base(), base.base()) else {
        return Err(too_long(&name, value));
    };
    let change = match baseline.change {
        Change::Absolute(change) => {
            refuse_unit(&name, value, unit)?;
            Quantity::new(change, unit).base()
        }
        Change::Relative(share) if from > Decimal::ZERO => share.times(from),
        Change::Relative(_) => {
            let reason = format!(
                "{base_name} {base} is not above 0, so a relative change from it means nothing; \
                 say an `absolute` one"
            );
            return Err(doubt(reason, Some(value.to_string())));
        }
        Change::RelativeAsMlflow(_) if from == Decimal::ZERO => Some(MLFLOW_LEAST_CHANGE),
        Change::RelativeAsMlflow(share) => share.times(from.magnitude()),
    };
    let bound = change
        .and_then(|change| if baseline.is_above { from.plus(change) } else { from.minus(change) });
    let Some(bound) = bound else {
        return Err(too_long(&name, value));
    };
    let holds = baseline.comparison.holds(left, bound);
    let mut terms = format!("{base_name} {base}");
    terms.push_str(&baseline.show_change(unit, from));
    let bound = Quantity::like(bound, value.unit, unit);
    if let (Some(bound), true) = (bound, terms.len() > base_name.len() + 1 + base.to_string().len())
    {
        terms = format!("{terms} = {bound}");
    }
    let expected = bound.map_or_else(|| terms.clone(), |bound| bound.to_string());
    Ok(Verdict {
        judged: Judged::of(holds),
        message: format!("{name} {value} {} {terms}", baseline.comparison.verb(holds)),
        expected: Some(format!("{} {expected}", baseline.comparison.symbol())),
        actual: Some(value.to_string()),
    })
}

fn number<'a>(name: &str, value: Value<'a>) -> Result<Quantity<'a>, Doubt> {
    match value {
        Value::Number(number) => Ok(number),
        other => Err(wrong_kind(name, other, "a number")),
    }
}

fn refuse_unit(name: &str, value: Quantity<'_>, unit: Option<&Unit>) -> Result<(), Doubt> {
    if comparable(value.unit, unit) {
        return Ok(());
    }
    let reason = match (value.unit, unit) {
        (None, Some(unit)) => format!(
            "{name} states no unit, and is compared with `{}`; state it with the fact, or under \
             `metrics`",
            unit.name()
        ),
        (Some(own), None) => format!(
            "{name} is in `{}`, and what it is compared with states no unit; say the rule's `unit`",
            own.name()
        ),
        (own, unit) => format!(
            "{name} is in `{}`, which cannot be compared with `{}`",
            own.map_or("", Unit::name),
            unit.map_or("", Unit::name)
        ),
    };
    Err(doubt(reason, Some(value.to_string())))
}

fn wrong_kind(name: &str, value: Value<'_>, wanted: &str) -> Doubt {
    let reason = format!("{name} is {}, and the rule compares {wanted}", value.kind());
    doubt(reason, Some(value.show()))
}

fn too_long(name: &str, value: Quantity<'_>) -> Doubt {
    let reason = format!("{name} cannot be compared exactly: that takes more than 38 digits");
    doubt(reason, Some(value.to_string()))
}

fn doubt(reason: String, actual: Option<String>) -> Doubt {
    Doubt { reason, actual }
}

impl Judged {
    fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }
}

impl Verdict {
    fn missing(message: String) -> Self {
        Self { judged: Judged::Missing, message, expected: None, actual: None }
    }

    fn doubtful(doubt: &Doubt) -> Self {
        Self {
            judged: Judged::Doubtful,
            message: doubt.reason.clone(),
            expected: None,
            actual: doubt.actual.clone(),
        }
    }

    fn expecting(mut self, expected: Option<String>) -> Self {
        self.expected = expected;
        self
    }

    fn into_finding(self, rule: &Rule, facts: Vec<u32>) -> Finding {
        let mut message = self.message;
        let outcome = match self.judged {
            Judged::Holds => Outcome::Pass,
            Judged::Broken => rule.severity,
            Judged::Doubtful => Outcome::Inconclusive,
            Judged::Missing => match rule.on_missing {
                OnMissing::Fail => Outcome::Fail,
                OnMissing::Inconclusive => Outcome::Inconclusive,
                OnMissing::Skip => {
                    message = format!("skipped: {message}");
                    Outcome::Warn
                }
            },
        };
        if !rule.controls.is_empty() {
            message = format!("{message} [controls: {}]", rule.controls.join(", "));
        }
        let mut finding = Finding::new(rule.id.as_str(), outcome, message);
        finding.expected = self.expected;
        finding.actual = self.actual;
        finding.facts = facts;
        finding
    }
}

impl Place<'_> {
    /// The metric and slice, and whose they are unless the candidate's.
    fn full_name(&self) -> String {
        if self.subject == CANDIDATE {
            self.name()
        } else {
            format!("{} of {}", self.name(), self.subject)
        }
    }
}

impl Rule {
    fn baseline_subject(&self) -> Option<&str> {
        match &self.limit {
            Limit::Baseline(Baseline { against: Against::Subject(subject), .. }) => Some(subject),
            _ => None,
        }
    }
}

impl Limit {
    /// What is expected, as far as that is known without evidence.
    fn show(&self, unit: Option<&Unit>) -> Option<String> {
        match self {
            Self::Threshold(comparison, threshold) => {
                Some(format!("{} {}", comparison.symbol(), Quantity::new(*threshold, unit)))
            }
            Self::Is(Stated::Boolean(stated)) => Some(format!("== {stated}")),
            Self::Is(Stated::Text(stated)) => Some(format!("== {stated}")),
            Self::Baseline(baseline) => {
                let base = match &baseline.against {
                    Against::Subject(subject) => subject.clone(),
                    Against::Value(value) => Quantity::new(*value, unit).to_string(),
                };
                // The sign only matters for a change as MLflow's.
                let change = baseline.show_change(unit, Decimal::new(1, 0));
                Some(format!("{} {base}{change}", baseline.comparison.symbol()))
            }
        }
    }
}

impl Baseline {
    /// ` - 0.01`, ` + 5 %`; nothing when there is no change.
    fn show_change(&self, unit: Option<&Unit>, from: Decimal) -> String {
        let sign = if self.is_above { '+' } else { '-' };
        let percent = |share: Decimal| share.times(Decimal::new(1, 2)).unwrap_or(share);
        match self.change {
            Change::Absolute(change) if change == Decimal::ZERO => String::new(),
            Change::Relative(share) if share == Decimal::ZERO => String::new(),
            Change::Absolute(change) => format!(" {sign} {}", Quantity::new(change, unit)),
            Change::RelativeAsMlflow(_) if from == Decimal::ZERO => {
                format!(" {sign} {MLFLOW_LEAST_CHANGE}")
            }
            Change::RelativeAsMlflow(share) if from < Decimal::ZERO => {
                format!(" {sign} {} % of its magnitude", percent(share))
            }
            Change::Relative(share) | Change::RelativeAsMlflow(share) => {
                format!(" {sign} {} %", percent(share))
            }
        }
    }
}
