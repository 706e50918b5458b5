//! From what was found to a verdict.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};

use gate_evidence::measured::{Held, measured};
use gate_evidence::verdict::{Judged, Verdict};

use crate::decimal::Decimal;
use crate::evidence::{Doubt, Evidence, Found, Value};
use crate::place::Place;
use crate::rule::{Against, Baseline, Change, Comparison, Limit, MLFLOW_LEAST_CHANGE, Stated};
use crate::unit::{Quantity, Unit, comparable};

/// What a check is compared with, and where that was looked for.
type Base<'a, 'v> = (&'a Place<'a>, &'a Found<'v>);

/// The verdict; as an error where evidence is missing or in doubt.
pub(crate) fn compare(
    place: &Place<'_>,
    own: &Found<'_>,
    base: Option<Base<'_, '_>>,
) -> Result<Verdict, Verdict> {
    let limit = &place.check.limit;
    let unit = place.check.unit.as_ref();
    let expected = if place.says { limit.show(unit) } else { None };
    let evidence = core::iter::once(own).chain(base.map(|(_, found)| found));
    for found in evidence.clone() {
        if let Evidence::Missing(why) = &found.evidence {
            return Err(Verdict { expected, ..Verdict::missing(why.clone()) });
        }
    }
    for found in evidence.clone() {
        if let Evidence::Doubtful(doubt) = &found.evidence {
            return Err(Verdict { expected, ..doubt.into() });
        }
    }
    for found in evidence {
        if let Evidence::Thin(doubt) = &found.evidence {
            return Err(Verdict { judged: Judged::Thin, expected, ..doubt.into() });
        }
    }
    let Evidence::Sound(value) = &own.evidence else {
        return Err(Verdict::missing(String::new()));
    };
    let sides = Sides { place, own };
    let judged = match limit {
        Limit::Is(stated, is) => sides.stated(value, stated, *is),
        Limit::Between(least, most) => {
            sides.between(value, Quantity::new(*least, unit), Quantity::new(*most, unit))
        }
        Limit::Threshold(comparison, threshold) => {
            sides.threshold(value, *comparison, Quantity::new(*threshold, unit))
        }
        Limit::Baseline(baseline) => match (&baseline.against, base) {
            (Against::Value(number), _) => {
                let base = Value::Number(*number, unit.map(alloc::borrow::Cow::Borrowed));
                sides.baseline(value, baseline, "baseline", &base)
            }
            (_, Some((base_place, found))) => {
                let Evidence::Sound(base) = &found.evidence else {
                    return Err(Verdict::missing(String::new()));
                };
                sides
                    .base_name(baseline, base_place, found)
                    .and_then(|name| sides.baseline(value, baseline, &name, base))
            }
            (_, None) => Err(doubt("the baseline is missing".into(), None)),
        },
    };
    let mut verdict = judged.map_err(|doubt| Verdict { expected, ..(&doubt).into() })?;
    if let Some(note) = &own.note {
        verdict.message = format!("{}; {note}", verdict.message);
    }
    if let Some((base_place, Found { note: Some(note), .. })) = base {
        verdict.message = format!("{}; of {} {note}", verdict.message, base_place.subject);
    }
    Ok(verdict)
}

/// What is compared.
struct Sides<'a> {
    place: &'a Place<'a>,
    own: &'a Found<'a>,
}

impl Sides<'_> {
    /// The metric as it was found.
    fn name(&self) -> String {
        self.place.say(|| self.place.found(self.own.split, self.own.window))
    }

    fn verdict(
        &self,
        holds: bool,
        message: impl FnOnce() -> String,
        expected: impl FnOnce() -> Option<String>,
        actual: impl FnOnce() -> String,
    ) -> Verdict {
        let says = self.place.says;
        let mut verdict = Verdict::new(Judged::of(holds), self.place.say(message));
        if says {
            verdict.expected = expected();
            verdict.actual = Some(actual());
        }
        verdict
    }

    /// The number that was compared, where sentences are wanted.
    fn measuring(
        &self,
        verdict: Verdict,
        value: Decimal,
        held: Held<'_>,
        units: &[Option<&Unit>],
    ) -> Verdict {
        if !self.place.says {
            return verdict;
        }
        Verdict { measured: measured(self.name(), value, held, units).map(Box::new), ..verdict }
    }

    fn stated(&self, value: &Value<'_>, stated: &Stated, is: bool) -> Result<Verdict, Doubt> {
        let name = self.name();
        // Text of a fact may be long or private; it is shown as `actual` only.
        let (equal, shown, other) = match (stated, value) {
            (Stated::Boolean(stated), Value::Boolean(value)) => (
                stated == value,
                format!("{name} is {stated}"),
                format!("{name} is {value}, not {stated}"),
            ),
            (Stated::Text(stated), Value::Text(value)) => (
                stated == value,
                format!("{name} is `{stated}`"),
                format!("{name} is not `{stated}`"),
            ),
            (Stated::Boolean(_), value) => {
                return Err(self.wrong_kind(&name, value, "true or false"));
            }
            (Stated::Text(_), value) => return Err(self.wrong_kind(&name, value, "text")),
        };
        let message = match (equal, is) {
            (true, true) => shown,
            (true, false) => format!("{shown}, which it must not be"),
            (false, _) => other,
        };
        let expected = || self.place.check.limit.show(None);
        Ok(self.verdict(equal == is, || message, expected, || value.show()))
    }

    fn threshold(
        &self,
        value: &Value<'_>,
        comparison: Comparison,
        bound: Quantity<'_>,
    ) -> Result<Verdict, Doubt> {
        let name = self.name();
        let (value, left) = self.number(&name, value, bound.unit)?;
        let right = bound.base().ok_or_else(|| self.too_long(&name, value))?;
        let holds = comparison.holds(left, right);
        let message = || format!("{name} {value} {} {bound}", comparison.verb(holds));
        let expected = || Some(format!("{} {bound}", comparison.symbol()));
        let verdict = self.verdict(holds, message, expected, || value.to_string());
        Ok(self.measuring(verdict, left, comparison.held(right), &[value.unit, bound.unit]))
    }

    fn between(
        &self,
        value: &Value<'_>,
        least: Quantity<'_>,
        most: Quantity<'_>,
    ) -> Result<Verdict, Doubt> {
        let name = self.name();
        let (value, number) = self.number(&name, value, least.unit)?;
        let (Some(from), Some(to)) = (least.base(), most.base()) else {
            return Err(self.too_long(&name, value));
        };
        let holds = from <= number && number <= to;
        let is = if holds { "is" } else { "is not" };
        let message = || format!("{name} {value} {is} from {least} to {most}");
        let expected = || Some(format!("{least} to {most}"));
        let verdict = self.verdict(holds, message, expected, || value.to_string());
        let held = Held { low: Some((from, true)), high: Some((to, true)), baseline: None };
        Ok(self.measuring(verdict, number, held, &[value.unit, least.unit]))
    }

    /// What the other side is called in a sentence.
    fn base_name(
        &self,
        baseline: &Baseline,
        base_place: &Place<'_>,
        base: &Found<'_>,
    ) -> Result<String, Doubt> {
        let found = || base_place.found(base.split, base.window);
        if let Against::Metric(..) = baseline.against {
            return Ok(self.place.say(found));
        }
        if let (Some(split), Some(other)) = (self.own.split, base.split)
            && split != other
        {
            let reason = self.place.say(|| {
                format!("{} cannot be compared with {}: the splits differ", self.name(), found())
            });
            return Err(doubt(reason, None));
        }
        let is_same = self.own.split == base.split && self.own.window == base.window;
        Ok(if is_same { base_place.subject.into() } else { self.place.say(found) })
    }

    fn baseline(
        &self,
        value: &Value<'_>,
        baseline: &Baseline,
        base_name: &str,
        base: &Value<'_>,
    ) -> Result<Verdict, Doubt> {
        let name = self.name();
        let Some(base) = base.number() else {
            return Err(self.wrong_kind(base_name, base, "a number"));
        };
        let (value, left) = self.number(&name, value, base.unit)?;
        let unit = self.place.check.unit.as_ref();
        let from = base.base().ok_or_else(|| self.too_long(&name, value))?;
        let bound = |change: Change| -> Result<Decimal, Doubt> {
            let change = match change {
                Change::Absolute(change) if change == Decimal::ZERO => Some(change),
                Change::Absolute(change) => {
                    self.refuse_unit(&name, value, unit)?;
                    Quantity::new(change, unit).base()
                }
                Change::Relative(share) if from > Decimal::ZERO => share.times(from),
                Change::Relative(_) => {
                    let reason = self.place.say(|| {
                        format!(
                            "{base_name} {base} is not above 0, so a relative change from it means \
                             nothing; say an `absolute` one"
                        )
                    });
                    return Err(doubt(reason, Some(value.to_string())));
                }
                Change::RelativeAsMlflow(_) if from == Decimal::ZERO => Some(MLFLOW_LEAST_CHANGE),
                Change::RelativeAsMlflow(share) => share.times(from.magnitude()),
            };
            change
                .and_then(
                    |change| {
                        if baseline.is_above { from.plus(change) } else { from.minus(change) }
                    },
                )
                .ok_or_else(|| self.too_long(&name, value))
        };
        let mut change = baseline.change;
        let mut limit = bound(change)?;
        let mut beside = String::new();
        if let Some((other, stricter)) = baseline.other {
            let another = bound(other)?;
            let more = baseline.comparison.greater_is_better() == Some(another > limit);
            let mut left_out = other;
            if more == stricter && another != limit {
                left_out = change;
                change = other;
                limit = another;
            }
            let which = if stricter { "stricter" } else { "milder" };
            beside = format!(" ({which} than{})", baseline.show(left_out, unit, from));
        }
        let holds = baseline.comparison.holds(left, limit);
        let changed = baseline.show(change, unit, from);
        let bound = Quantity::like(limit, value.unit, unit);
        let terms = match bound {
            Some(bound) if !changed.is_empty() => format!("{base_name} {base}{changed} = {bound}"),
            _ => format!("{base_name} {base}{changed}"),
        };
        let message =
            || format!("{name} {value} {} {terms}{beside}", baseline.comparison.verb(holds));
        let expected = || {
            let bound = bound.map_or_else(|| terms.clone(), |bound| bound.to_string());
            Some(format!("{} {bound}", baseline.comparison.symbol()))
        };
        let verdict = self.verdict(holds, message, expected, || value.to_string());
        let held = Held { baseline: Some((base_name, from)), ..baseline.comparison.held(limit) };
        Ok(self.measuring(verdict, left, held, &[value.unit, base.unit, unit]))
    }

    /// A value as a number that compares with this unit, and in the base of it.
    fn number<'v>(
        &self,
        name: &str,
        value: &'v Value<'_>,
        unit: Option<&Unit>,
    ) -> Result<(Quantity<'v>, Decimal), Doubt> {
        let number = value.number().ok_or_else(|| self.wrong_kind(name, value, "a number"))?;
        self.refuse_unit(name, number, unit)?;
        let base = number.base().ok_or_else(|| self.too_long(name, number))?;
        Ok((number, base))
    }

    fn refuse_unit(
        &self,
        name: &str,
        value: Quantity<'_>,
        unit: Option<&Unit>,
    ) -> Result<(), Doubt> {
        if comparable(value.unit, unit) {
            return Ok(());
        }
        let reason = self.place.say(|| match (value.unit, unit) {
            (None, Some(unit)) => format!(
                "{name} states no unit, and is compared with `{}`; state it with the fact, or \
                 under `metrics`",
                unit.name()
            ),
            (Some(own), None) => format!(
                "{name} is in `{}`, and what it is compared with states no unit; say the rule's \
                 `unit`",
                own.name()
            ),
            (own, unit) => format!(
                "{name} is in `{}`, which cannot be compared with `{}`",
                own.map_or("", Unit::name),
                unit.map_or("", Unit::name)
            ),
        });
        Err(doubt(reason, Some(value.to_string())))
    }

    fn wrong_kind(&self, name: &str, value: &Value<'_>, wanted: &str) -> Doubt {
        let reason = self
            .place
            .say(|| format!("{name} is {}, and the rule compares {wanted}", value.kind()));
        doubt(reason, Some(value.show()))
    }

    fn too_long(&self, name: &str, value: Quantity<'_>) -> Doubt {
        let reason = self
            .place
            .say(|| format!("{name} cannot be compared exactly: that takes more than 38 digits"));
        doubt(reason, Some(value.to_string()))
    }
}

fn doubt(reason: String, actual: Option<String>) -> Doubt {
    Doubt { reason, actual }
}

impl Comparison {
    /// The range that a bound makes.
    fn held(self, bound: Decimal) -> Held<'static> {
        let (low, high) = match self {
            Self::AtLeast => (Some((bound, true)), None),
            Self::Above => (Some((bound, false)), None),
            Self::AtMost => (None, Some((bound, true))),
            Self::Below => (None, Some((bound, false))),
            Self::Equal => (Some((bound, true)), Some((bound, true))),
            Self::Unequal => (None, None),
        };
        Held { low, high, baseline: None }
    }
}

impl Limit {
    /// What is expected, as far as that is known without evidence.
    fn show(&self, unit: Option<&Unit>) -> Option<String> {
        let number = |number: Decimal| Quantity::new(number, unit);
        Some(match self {
            Self::Threshold(comparison, threshold) => {
                format!("{} {}", comparison.symbol(), number(*threshold))
            }
            Self::Between(least, most) => format!("{} to {}", number(*least), number(*most)),
            Self::Is(stated, is) => {
                let sign = if *is { "==" } else { "!=" };
                match stated {
                    Stated::Boolean(stated) => format!("{sign} {stated}"),
                    Stated::Text(stated) => format!("{sign} {stated}"),
                }
            }
            Self::Baseline(baseline) => {
                let base = match &baseline.against {
                    Against::Subject(subject) => subject.clone(),
                    Against::Metric(metric, _) => metric.name.clone(),
                    Against::Value(value) => number(*value).to_string(),
                };
                // The sign only matters for a change as MLflow's.
                let from = Decimal::new(1, 0);
                let mut change = baseline.show(baseline.change, unit, from);
                if let Some((other, stricter)) = baseline.other {
                    let which = if stricter { "stricter" } else { "milder" };
                    let other = baseline.show(other, unit, from);
                    change = format!("{change} or{other}, whichever is {which}");
                }
                format!("{} {base}{change}", baseline.comparison.symbol())
            }
        })
    }
}

impl Baseline {
    /// ` - 0.01`, ` + 5 %`; nothing when there is no change.
    fn show(&self, change: Change, unit: Option<&Unit>, from: Decimal) -> String {
        let sign = if self.is_above { '+' } else { '-' };
        let percent = |share: Decimal| share.times(Decimal::new(1, 2)).unwrap_or(share);
        match change {
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
