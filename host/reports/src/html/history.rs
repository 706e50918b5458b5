//! The values of a metric over versions, where the facts hold them.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use tollgate::facts::{CANDIDATE, CHAMPION, version_of};
use tollgate::report::FactReport;
use tollgate_engine::types::Bound;

use super::axis::{Axis, short};
use super::bound;
use crate::case::{Case, Mark};
use crate::markup::markup;

/// So many slices of a rule are drawn.
const DRAWN: usize = 12;

/// The height of a curve in pixels, and what of it stays free above and below.
const HEIGHT: f64 = 96.0;
const FREE: f64 = 10.0;

/// The metrics of other versions, by name and version.
#[derive(Debug, Default)]
pub(super) struct Histories<'a> {
    values: BTreeMap<&'a str, BTreeMap<u64, &'a FactReport>>,
    candidate: Option<u64>,
    champion: Option<u64>,
}

/// The metric of one finding over versions, the oldest first.
#[derive(Debug)]
struct History<'a> {
    name: &'a str,
    mark: Mark,
    bound: Option<Bound>,
    steps: Vec<Step<'a>>,
}

#[derive(Debug)]
struct Step<'a> {
    version: u64,
    /// `candidate` or `champion`, where it is one of these.
    role: Option<&'static str>,
    fact: &'a FactReport,
}

impl Step<'_> {
    /// A number that can be drawn.
    fn value(&self) -> Option<f64> {
        self.fact.value.as_f64()
    }

    /// `v7 0.91 (champion)`.
    fn said(&self) -> String {
        let value = match (self.value(), &self.fact.value) {
            (Some(value), _) => short(value),
            (None, serde_json::Value::String(text)) => text.clone(),
            (None, other) => other.to_string(),
        };
        let unit = self.fact.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let role = self.role.map(|role| format!(" ({role})")).unwrap_or_default();
        format!("v{} {value}{unit}{role}", self.version)
    }
}

impl<'a> Histories<'a> {
    pub(super) fn of(facts: &'a [FactReport]) -> Self {
        let number = |subject: &str| {
            let mut stated =
                facts.iter().filter(|fact| fact.subject == subject && fact.name == "version");
            stated.next()?.value.as_str()?.parse().ok()
        };
        let (candidate, champion) = (number(CANDIDATE), number(CHAMPION));
        let mut values: BTreeMap<&str, BTreeMap<u64, &FactReport>> = BTreeMap::new();
        for fact in facts {
            let version = match &*fact.subject {
                CHAMPION => champion,
                subject => version_of(subject),
            };
            let Some(version) = version else { continue };
            let known = values.entry(&fact.name).or_default();
            let newer = |known: &&FactReport| known.observed_at > fact.observed_at;
            if !known.get(&version).is_some_and(newer) {
                known.insert(version, fact);
            }
        }
        // Without another version there is no history.
        values.retain(|_, known| known.keys().any(|version| Some(*version) != champion));
        Self { values, candidate, champion }
    }

    /// Draws the histories of what a rule judged.
    pub(super) fn draw(
        &self,
        out: &mut String,
        cases: &[Case<'a>],
        facts: &'a [FactReport],
    ) -> fmt::Result {
        if self.values.is_empty() {
            return Ok(());
        }
        let histories: Vec<History<'a>> =
            cases.iter().filter_map(|case| self.history(case, facts)).collect();
        let drawn = histories.get(..histories.len().min(DRAWN)).unwrap_or_default();
        if drawn.is_empty() {
            return Ok(());
        }
        writeln!(out, "<div class=\"histories\">")?;
        for history in drawn {
            history.draw(out)?;
        }
        if histories.len() > DRAWN {
            writeln!(out, "<p class=\"more\">and {} more</p>", histories.len() - DRAWN)?;
        }
        writeln!(out, "</div>")
    }

    /// None where no other version has a value of it.
    fn history(&self, case: &Case<'a>, facts: &'a [FactReport]) -> Option<History<'a>> {
        let finding = case.finding?;
        let mut rests = finding.facts.iter().filter_map(|at| facts.get(*at as usize));
        let judged = rests.find(|fact| fact.subject == CANDIDATE)?;
        let role = |version| Some(CHAMPION).filter(|_| self.champion == Some(version));
        let others = self.values.get(judged.name.as_str())?.iter();
        let mut steps: BTreeMap<u64, Step<'a>> = others
            .map(|(version, fact)| {
                (*version, Step { version: *version, role: role(*version), fact })
            })
            .collect();
        if let Some(version) = self.candidate {
            steps.insert(version, Step { version, role: Some(CANDIDATE), fact: judged });
        }
        let measure = finding.measured.as_ref().map(|measured| &measured.0);
        // Of another unit, or of another number, it is no bound of these.
        let is_same =
            |value: f64| judged.value.as_f64().is_some_and(|own| own.total_cmp(&value).is_eq());
        let bound = measure.filter(|measure| is_same(measure.value)).and_then(|it| it.bound);
        let bound = bound.filter(|bound| bound::edges(*bound).all(f64::is_finite));
        let steps = steps.into_values().collect();
        Some(History { name: &judged.name, mark: case.mark, bound, steps })
    }
}

impl History<'_> {
    fn draw(&self, out: &mut String) -> fmt::Result {
        let said: Vec<String> = self.steps.iter().map(Step::said).collect();
        let name = markup(self.name);
        writeln!(
            out,
            "<figure class=\"history\">\n<figcaption><span class=\"name\">{name}</span> over \
             versions</figcaption>"
        )?;
        self.curve(out, &said)?;
        write!(out, "<p class=\"values\">")?;
        for said in &said {
            write!(out, "<span>{}</span> ", markup(said))?;
        }
        writeln!(out, "</p>\n</figure>")
    }

    /// Nothing where there are no two numbers of one unit. What is none, or in
    /// another unit, leaves a gap.
    fn curve(&self, out: &mut String, said: &[String]) -> fmt::Result {
        let unit = self.steps.last().and_then(|step| step.fact.unit.as_ref());
        let values: Vec<Option<f64>> = self
            .steps
            .iter()
            .map(|step| step.value().filter(|_| step.fact.unit.as_ref() == unit))
            .collect();
        let numbers = || values.iter().copied().flatten();
        let edges = self.bound.into_iter().flat_map(bound::edges);
        let axis = Axis::of(numbers().chain(edges)).filter(|_| numbers().count() > 1);
        let Some(axis) = axis else { return Ok(()) };
        let height =
            |value: f64| FREE + (HEIGHT - 2.0 * FREE) * (100.0 - axis.percent(value)) / 100.0;
        // A place a version, with half a place free on both sides.
        let place = 100.0 / values.len() as f64;
        let across = |at: usize| place * (at as f64 + 0.5);
        writeln!(
            out,
            "<svg class=\"{}\" role=\"img\" aria-label=\"{} over versions: {}\" width=\"100%\" \
             height=\"{HEIGHT}\">",
            self.mark.name(),
            markup(self.name),
            markup(&said.join(", "))
        )?;
        writeln!(out, "<rect class=\"ground\" width=\"100%\" height=\"{HEIGHT}\" rx=\"3\"/>")?;
        if let Some(bound) = self.bound {
            bound::draw_behind(out, bound, height, [0.0, HEIGHT])?;
        }
        for (at, pair) in values.array_windows().enumerate() {
            let [Some(from), Some(to)] = pair else { continue };
            writeln!(
                out,
                "<line class=\"curve\" x1=\"{:.2}%\" y1=\"{:.1}\" x2=\"{:.2}%\" y2=\"{:.1}\"/>",
                across(at),
                height(*from),
                across(at + 1),
                height(*to)
            )?;
        }
        for (at, (step, value)) in self.steps.iter().zip(&values).enumerate() {
            let Some(value) = value else { continue };
            let (class, radius) = match step.role {
                Some(CANDIDATE) => ("value", 6),
                Some(_) => ("other", 5),
                None => ("step", 3),
            };
            writeln!(
                out,
                "<circle class=\"{class}\" cx=\"{:.2}%\" cy=\"{:.1}\" r=\"{radius}\"/>",
                across(at),
                height(*value)
            )?;
        }
        writeln!(out, "</svg>")
    }
}
