//! The numbers of a rule on one line: the candidate's beside those that it is
//! compared with, and slices below each other.
//!
//! Drawn is what is a number in the report: the facts that a finding rests on.
//! Bounds are words of the plugin and stand beside the picture as such.

use std::fmt::{self, Write};

use tollgate::report::FactReport;

use super::axis::{Axis, short};
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
}

/// What is drawn of one finding.
#[derive(Debug)]
struct Line<'a> {
    name: &'a str,
    mark: Mark,
    points: Vec<Point<'a>>,
}

#[derive(Debug)]
struct Point<'a> {
    subject: &'a str,
    name: &'a str,
    value: f64,
    unit: Option<&'a str>,
}

impl<'a> Margins<'a> {
    /// None where there are not two numbers of one unit to compare.
    pub(super) fn of(cases: &'a [Case<'a>], facts: &'a [FactReport]) -> Option<Self> {
        let lines = cases.iter().filter_map(|case| Line::of(case, facts));
        let mut lines: Vec<Line<'a>> = lines.collect();
        let points = || lines.iter().flat_map(|line| &line.points);
        let unit = points().next()?.unit;
        // 0.05 s beside 50 ms would be drawn as a thousand times less.
        if points().count() < 2 || points().any(|point| point.unit != unit) {
            return None;
        }
        let more = lines.len().saturating_sub(DRAWN);
        // What is left out is the mildest.
        lines.sort_by_key(|line| std::cmp::Reverse(line.mark));
        lines.truncate(DRAWN);
        let values = lines.iter().flat_map(|line| line.points.iter().map(|point| point.value));
        Some(Self { axis: Axis::of(values)?, unit, more, lines })
    }

    pub(super) fn draw(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "<div class=\"margins\">")?;
        for line in &self.lines {
            line.draw(out, self.axis, self.unit)?;
        }
        if self.more > 0 {
            writeln!(out, "<p class=\"more\">and {} more</p>", self.more)?;
        }
        writeln!(out, "</div>")
    }
}

impl<'a> Line<'a> {
    fn of(case: &'a Case<'a>, facts: &'a [FactReport]) -> Option<Self> {
        let facts = case.finding?.facts.iter().filter_map(|at| facts.get(*at as usize));
        let points = facts.filter_map(|fact| {
            Some(Point {
                subject: &fact.subject,
                name: &fact.name,
                value: fact.value.as_f64()?,
                unit: fact.unit.as_deref(),
            })
        });
        let mut points: Vec<Point<'a>> = points.collect();
        points.sort_by_key(|point| point.subject != CANDIDATE);
        // Copies of a fact lie on one place.
        points.dedup_by(|one, other| {
            one.subject == other.subject && one.value.total_cmp(&other.value).is_eq()
        });
        let name = points.first()?.name;
        Some(Self { name, mark: case.mark, points })
    }

    fn draw(&self, out: &mut String, axis: Axis, unit: Option<&str>) -> fmt::Result {
        let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let value = |point: &Point<'_>| {
            let name = if point.name == self.name { "" } else { point.name };
            let space = if name.is_empty() { "" } else { " " };
            let (subject, value) = (point.subject, short(point.value));
            format!("{subject}{space}{name} {value}{unit}")
        };
        let said: Vec<String> = self.points.iter().map(value).collect();
        let (name, said) = (markup(self.name), said.join(", "));
        writeln!(out, "<div class=\"line\">\n<span class=\"name\">{name}</span>")?;
        writeln!(
            out,
            "<svg class=\"{}\" role=\"img\" aria-label=\"{name}: {}\" width=\"100%\" \
             height=\"28\">",
            self.mark.name(),
            markup(&said)
        )?;
        writeln!(out, "<line class=\"axis\" x1=\"0\" y1=\"14\" x2=\"100%\" y2=\"14\"/>")?;
        let places = self.points.iter().map(|point| axis.percent(point.value));
        let (least, most) =
            places.fold((100.0_f64, 0.0_f64), |(least, most), it| (least.min(it), most.max(it)));
        writeln!(
            out,
            "<line class=\"span\" x1=\"{least:.2}%\" y1=\"14\" x2=\"{most:.2}%\" y2=\"14\"/>"
        )?;
        // What is judged lies above what it is compared with.
        for point in self.points.iter().rev() {
            let at = axis.percent(point.value);
            match point.subject == CANDIDATE {
                true => writeln!(out, "<circle cx=\"{at:.2}%\" cy=\"14\" r=\"6\"/>")?,
                false => writeln!(
                    out,
                    "<line class=\"other\" x1=\"{at:.2}%\" y1=\"4\" x2=\"{at:.2}%\" y2=\"24\"/>"
                )?,
            }
        }
        writeln!(out, "</svg>\n<span class=\"values\">")?;
        for (at, point) in self.points.iter().enumerate() {
            let key = if point.subject == CANDIDATE { "●" } else { "┃" };
            let gap = if at > 0 { " " } else { "" };
            write!(out, "{gap}<span>{key} {}</span>", markup(&value(point)))?;
        }
        writeln!(out, "</span>\n</div>")
    }
}
