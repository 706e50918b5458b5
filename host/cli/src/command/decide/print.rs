//! Answers for people, and what they come to.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use tollgate::judge::{Answer, Decider, Place};
use tollgate_engine::types::Outcome;

use crate::arguments::Format;
use crate::output::{self, Answers, visible};

/// How many rows took which action.
#[derive(Default)]
pub(super) struct Summary {
    actions: BTreeMap<u32, (String, u64)>,
    pub(super) without: u64,
    /// What is not read, by what is said of it.
    warnings: BTreeMap<String, u64>,
}

impl Summary {
    pub(super) fn add(&mut self, answer: &Answer<'_>) {
        for warning in answer.warnings() {
            match self.warnings.get_mut(warning) {
                Some(count) => *count += 1,
                None => {
                    self.warnings.insert(warning.to_owned(), 1);
                }
            }
        }
        let Ok(decision) = answer.decision() else {
            self.without += 1;
            return;
        };
        let name = || answer.action().unwrap_or_default().to_owned();
        self.actions.entry(decision.action).or_insert_with(|| (name(), 0)).1 += 1;
    }

    pub(super) fn rows(&self) -> u64 {
        self.without + self.actions.values().map(|(_, count)| count).sum::<u64>()
    }

    pub(super) fn print(&self, out: &mut String) -> fmt::Result {
        for (warning, count) in &self.warnings {
            let rows = if *count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            writeln!(out, "warning: in {rows} {}", visible(warning))?;
        }
        let mut parts: Vec<String> = self
            .actions
            .values()
            .map(|(name, count)| format!("{count} {}", visible(name)))
            .collect();
        if self.without > 0 {
            parts.push(format!("{} without a decision", self.without));
        }
        writeln!(out, "{}", parts.join(", "))
    }
}

pub(super) struct Printer<'a> {
    pub(super) decider: &'a Decider,
    pub(super) format: Format,
}

impl Printer<'_> {
    /// Appends an answer as it is printed.
    pub(super) fn write(&self, answer: &Answer<'_>, time: Option<&str>, out: &mut String) {
        match self.format {
            Format::Json => {
                answer.write_json(time, out);
                out.push('\n');
            }
            // Writing to a String cannot fail.
            Format::Human => drop(self.write_human(answer, out)),
        }
    }

    /// Prints what was written.
    pub(super) fn print(&self, answers: &str, out: &mut Answers) {
        match self.format {
            Format::Json => out.json_lines(answers),
            Format::Human => out.lines(answers),
        }
    }

    fn write_human(&self, answer: &Answer<'_>, out: &mut String) -> fmt::Result {
        if let Some((what, number)) = answer.row().map(Place::counted) {
            write!(out, "{what} {number:<6} ")?;
        }
        let actions = &self.decider.policy().surface().actions;
        let width = actions.iter().map(String::len).max().unwrap_or_default();
        let action = answer.action().unwrap_or("no decision");
        let (action, style) = (visible(action), output::style(self.severity(answer)));
        write!(out, "{style}{action:<width$}{style:#}")?;
        match answer.score() {
            Some(score) => write!(out, "  {score:<8}")?,
            None => write!(out, "  {:<8}", "-")?,
        }
        match answer.decision() {
            Err(problem) => write!(out, "  {}", visible(&problem.to_string()))?,
            Ok(_) => {
                let reasons: Vec<&str> = answer.reasons().collect();
                write!(out, "  {}", visible(&reasons.join("+")))?;
            }
        }
        writeln!(out)?;
        if answer.row().is_some() {
            return Ok(());
        }
        let (document, plugin) = (self.decider.document(), self.decider.plugin().info());
        writeln!(
            out,
            "{} {}, decided by {} {}, decision {}",
            visible(&document.name),
            visible(&document.version.to_string()),
            visible(&plugin.name),
            visible(&plugin.version),
            answer.id()
        )
    }

    /// The mildest action is green, the strictest red.
    fn severity(&self, answer: &Answer<'_>) -> Outcome {
        let last = self.decider.policy().surface().actions.len().saturating_sub(1);
        match answer.decision().map(|decision| decision.action as usize) {
            Err(_) => Outcome::Inconclusive,
            Ok(0) => Outcome::Pass,
            Ok(place) if place == last => Outcome::Fail,
            Ok(_) => Outcome::Warn,
        }
    }
}
