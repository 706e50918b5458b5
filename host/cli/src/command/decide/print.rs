//! Answers for people, and what they come to.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use miette::{IntoDiagnostic as _, Result};
use serde::Deserialize;
use tollgate::judge::{Decider, RowAnswer};
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
    pub(super) fn add(&mut self, decider: &Decider, answer: &RowAnswer<'_>) {
        for warning in decider.extractor().warnings(answer.shadowed) {
            match self.warnings.get_mut(warning) {
                Some(count) => *count += 1,
                None => {
                    self.warnings.insert(warning.to_owned(), 1);
                }
            }
        }
        let Some(action) = answer.action else {
            self.without += 1;
            return;
        };
        let names = &decider.policy().surface().actions;
        let entry = self
            .actions
            .entry(action)
            .or_insert_with(|| (names.get(action as usize).cloned().unwrap_or_default(), 0));
        entry.1 += 1;
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

/// An answer, read back for a person.
#[derive(Deserialize)]
struct Answer {
    action: Option<String>,
    score: Option<f64>,
    reason: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    line: Option<u64>,
    decision_id: String,
}

pub(super) struct Printer<'a> {
    pub(super) decider: &'a Decider,
    pub(super) format: Format,
}

impl Printer<'_> {
    /// Prints answers, one a line.
    pub(super) fn print(&self, answers: &str, out: &mut Answers) -> Result<()> {
        if self.format == Format::Json {
            out.json_lines(answers);
            return Ok(());
        }
        let answers = answers
            .lines()
            .map(|answer| serde_json::from_str(answer).into_diagnostic())
            .collect::<Result<Vec<Answer>>>()?;
        out.lines(|out| answers.iter().try_for_each(|answer| self.print_one(answer, out)));
        // Those of rows are counted, and told at the end.
        for answer in answers.iter().filter(|answer| answer.line.is_none()) {
            for warning in &answer.warnings {
                output::note(|out| writeln!(out, "warning: {}", visible(warning)));
            }
        }
        Ok(())
    }

    fn print_one(&self, answer: &Answer, out: &mut String) -> fmt::Result {
        if let Some(line) = answer.line {
            write!(out, "line {line:<6} ")?;
        }
        let actions = &self.decider.policy().surface().actions;
        let width = actions.iter().map(String::len).max().unwrap_or_default();
        let action = answer.action.as_deref().unwrap_or("no decision");
        let (action, style) = (visible(action), output::style(self.severity(answer)));
        write!(out, "{style}{action:<width$}{style:#}")?;
        match answer.score {
            Some(score) => write!(out, "  {score:<8}")?,
            None => write!(out, "  {:<8}", "-")?,
        }
        match &answer.error {
            Some(error) => write!(out, "  {}", visible(error))?,
            None => write!(out, "  {}", visible(answer.reason.as_deref().unwrap_or_default()))?,
        }
        writeln!(out)?;
        if answer.line.is_some() {
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
            visible(&answer.decision_id)
        )
    }

    /// The mildest action is green, the strictest red.
    fn severity(&self, answer: &Answer) -> Outcome {
        let actions = &self.decider.policy().surface().actions;
        let place = answer
            .action
            .as_ref()
            .filter(|_| answer.error.is_none())
            .and_then(|action| actions.iter().position(|known| known == action));
        match place {
            None => Outcome::Inconclusive,
            Some(0) => Outcome::Pass,
            Some(place) if place + 1 == actions.len() => Outcome::Fail,
            Some(_) => Outcome::Warn,
        }
    }
}
