//! The numbers of a rule on one scale: the value with its bound and what it is
//! compared with, slices below each other.
//!
//! Drawn is what the plugin gives as data. One for a contract before 1.2.0
//! gives none, and the facts that a finding rests on are drawn instead.

use std::fmt::{self, Write};

use tollgate::report::{FactReport, MeasureReport};
use tollgate_engine::types::{Bound, Measure};

use super::axis::{Axis, short};
use super::bound::{self, Bounded};
use crate::case::{Case, Mark};
use crate::markup::markup;

/// Whose values are drawn as the ones that are judged.
const CANDIDATE: &str = "candidate";

/// So many lines are drawn; a page of thousands is read by nobody.
const DRAWN: usize = 60;

/// What is drawn of one rule.
#[derive(Debug)]
pub(super) struct Margins<'a> {
    axis: Axis,
    unit: Option<&'a str>,
    lines: Vec<Line<'a>>,
    more: usize,
    /// What cannot be drawn, and why.
    undrawn: Vec<(&'a str, String)>,
}

/// What is drawn of one finding.
#[derive(Debug)]
struct Line<'a> {
    name: &'a str,
    mark: Mark,
    unit: Option<&'a str>,
    bound: Option<Bound>,
    /// What is judged comes first.
    points: Vec<Point<'a>>,
}

#[derive(Debug)]
struct Point<'a> {
    is_judged: bool,
    /// Whose it is, or what.
    name: &'a str,
    value: f64,
}

impl<'a> Margins<'a> {
    /// None where there are not two numbers to compare, and nothing to say of
    /// that.
    pub(super) fn of(cases: &'a [Case<'a>], facts: &'a [FactReport]) -> Option<Self> {
        let measured = |case: &'a Case<'a>| Some((case, case.finding?.measured.as_ref()?));
        let is_measured = cases.iter().any(|case| measured(case).is_some());
        let lines: Vec<Line<'a>> = match is_measured {
            true => cases.iter().filter_map(measured).map(Line::measured).collect(),
            false => cases.iter().filter_map(|case| Line::of_facts(case, facts)).collect(),
        };
        let unit = lines.first()?.unit;
        let mut undrawn = Vec::new();
        let mut drawn = Vec::new();
        for line in lines {
            // 0.05 s beside 50 ms would be drawn as a thousand times less.
            let endless = line.numbers().find(|number| !number.is_finite());
            match endless {
                Some(number) => undrawn.push((line.name, format!("{number} cannot be drawn"))),
                None if line.unit != unit => {
                    let own = line.unit.unwrap_or("no unit");
                    undrawn.push((line.name, format!("in {own}, and not drawn beside the others")));
                }
                None => drawn.push(line),
            }
        }
        let count: usize = drawn.iter().map(|line| line.numbers().count()).sum();
        let numbers = || drawn.iter().flat_map(Line::numbers);
        let axis = Axis::of(numbers()).filter(|_| count > 1);
        if axis.is_none() && (!is_measured || undrawn.is_empty()) {
            return None;
        }
        // Nothing lies on an axis that nothing makes.
        let (axis, mut lines) = axis.map_or((Axis::UNIT, Vec::new()), |axis| (axis, drawn));
        let more = lines.len().saturating_sub(DRAWN) + undrawn.len().saturating_sub(DRAWN);
        // What is left out is the mildest.
        lines.sort_by_key(|line| std::cmp::Reverse(line.mark));
        lines.truncate(DRAWN);
        undrawn.truncate(DRAWN);
        Some(Self { axis, unit, lines, more, undrawn })
    }

    pub(super) fn draw(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "<div class=\"margins\">")?;
        for line in &self.lines {
            line.draw(out, self.axis, self.unit, self.lines.len() > 1)?;
        }
        if !self.lines.is_empty() {
            self.axis.draw(out)?;
        }
        for (name, why) in &self.undrawn {
            let (name, why) = (markup(name), markup(why));
            writeln!(
                out,
                "<div class=\"line\">\n<span class=\"name\">{name}</span>\n\
                 <span class=\"undrawn\">{why}</span>\n</div>"
            )?;
        }
        if self.more > 0 {
            writeln!(out, "<p class=\"more\">and {} more</p>", self.more)?;
        }
        writeln!(out, "</div>")
    }
}

impl<'a> Line<'a> {
    /// What the plugin gives as data.
    fn measured((case, MeasureReport(measure)): (&'a Case<'a>, &'a MeasureReport)) -> Self {
        let Measure { name, value, unit, bound, baseline } = measure;
        let mut points = vec![Point { is_judged: true, name: "", value: *value }];
        points.extend(baseline.iter().map(|baseline| Point {
            is_judged: false,
            name: &baseline.name,
            value: baseline.value,
        }));
        Self { name, mark: case.mark, unit: unit.as_deref(), bound: *bound, points }
    }

    /// The facts that a finding rests on.
    fn of_facts(case: &'a Case<'a>, facts: &'a [FactReport]) -> Option<Self> {
        let facts = case.finding?.facts.iter().filter_map(|at| facts.get(*at as usize));
        let mut facts: Vec<(&FactReport, f64)> =
            facts.filter_map(|fact| Some((fact, fact.value.as_f64()?))).collect();
        facts.sort_by_key(|(fact, _)| fact.subject != CANDIDATE);
        // Copies of a fact lie on one place.
        facts.dedup_by(|(one, value), (other, another)| {
            one.subject == other.subject && value.total_cmp(another).is_eq()
        });
        let (first, _) = facts.first()?;
        let (name, unit) = (first.name.as_str(), first.unit.as_deref());
        if facts.iter().any(|(fact, _)| fact.unit.as_deref() != unit) {
            return None;
        }
        let points = facts.into_iter().map(|(fact, value)| Point {
            is_judged: fact.subject == CANDIDATE,
            name: if fact.name == name { &fact.subject } else { &fact.name },
            value,
        });
        Some(Self { name, mark: case.mark, unit, bound: None, points: points.collect() })
    }

    /// All that lies on the scale.
    fn numbers(&self) -> impl Iterator<Item = f64> + Clone {
        let edges = self.bound.into_iter().flat_map(bound::edges);
        self.points.iter().map(|point| point.value).chain(edges)
    }

    fn draw(
        &self,
        out: &mut String,
        axis: Axis,
        unit: Option<&str>,
        is_one_of_several: bool,
    ) -> fmt::Result {
        let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let value = |point: &Point<'_>| {
            let space = if point.name.is_empty() { "" } else { " " };
            format!("{}{space}{}{unit}", point.name, short(point.value))
        };
        let words = self.bound.map(|bound| format!("{}{unit}", Bounded(bound)));
        let said: Vec<String> = self.points.iter().map(value).chain(words.clone()).collect();
        let name = markup(self.name);
        write!(out, "<div class=\"line\">\n<span class=\"name\">")?;
        if is_one_of_several {
            write!(
                out,
                "<span class=\"badge {}\">{}</span> ",
                self.mark.name(),
                super::sign(self.mark)
            )?;
        }
        writeln!(out, "{name}</span>")?;
        writeln!(
            out,
            "<svg class=\"{}\" role=\"img\" aria-label=\"{name}: {}\" width=\"100%\" \
             height=\"28\">",
            self.mark.name(),
            markup(&said.join(", "))
        )?;
        writeln!(out, "<rect class=\"track\" y=\"9\" width=\"100%\" height=\"10\" rx=\"3\"/>")?;
        if let Some(bound) = self.bound {
            bound::draw_across(out, bound, axis)?;
        }
        // What is judged lies above what it is compared with.
        for point in self.points.iter().rev() {
            let at = axis.percent(point.value);
            let (class, radius) = if point.is_judged { ("value", 6) } else { ("other", 5) };
            writeln!(out, "<circle class=\"{class}\" cx=\"{at:.2}%\" cy=\"14\" r=\"{radius}\"/>")?;
        }
        writeln!(out, "</svg>\n<span class=\"values\">")?;
        for point in &self.points {
            let key = if point.is_judged { "●" } else { "○" };
            write!(out, "<span>{key} {}</span> ", markup(&value(point)))?;
        }
        if let Some(words) = words {
            write!(out, "<span>┃ {}</span>", markup(&words))?;
        }
        writeln!(out, "</span>\n</div>")
    }
}
