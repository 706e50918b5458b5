//! Decisions, made again.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;

use miette::Result;
use serde::Serialize;
use serde_json::Value;
use tollgate::plugins::Plugins;
use tollgate_decisions::is_of_decisions;
use tollgate_decisions::read::{Decision, Item, each};
use tollgate_decisions::replay::{Replayed, Replayer};
use tollgate_engine::types::Outcome;
use tollgate_records::log::{Block, Blocks};
use tollgate_records::store::Store;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

/// How many decisions that come out differently are shown.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct ReplayReport {
    verdict: &'static str,
    log: String,
    /// How many decisions were made again, or were to be.
    decisions: u64,
    same: u64,
    different: u64,
    /// The first of those that are different.
    examples: Vec<Different>,
    /// Why decisions were not made again, and how many.
    not_replayed: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Different {
    seq: u64,
    recorded: Value,
    replayed: Value,
}

/// Whether a log is one of decisions, by how it begins; none where there is
/// nothing in it.
pub(super) fn are_in(log: &Path) -> Result<Option<bool>> {
    let Some(first) = Blocks::open(log)?.next() else { return Ok(None) };
    let is_of_decisions = |block: Block| block.iter().next().map(|raw| is_of_decisions(raw.kind));
    Ok(first.map_or(Some(false), is_of_decisions))
}

/// Makes the decisions of a log again, or the one of this record.
pub(super) fn run(plugins: Plugins, log: &Path, seq: Option<u64>, format: Format) -> Result<Exit> {
    // Beside the files of a folder, or the one that is given.
    let store = match log.is_dir() {
        true => Store::beside(&log.join("decisions")),
        false => Store::beside(log),
    };
    let mut replayer = Replayer::new(plugins, store);
    let mut report = ReplayReport {
        verdict: "",
        log: log.display().to_string(),
        decisions: 0,
        same: 0,
        different: 0,
        examples: Vec::new(),
        not_replayed: BTreeMap::new(),
    };
    let progress = output::progress("decisions");
    each(log, |_, item| -> Result<bool> {
        if let Item::Decision(decision) = item
            && seq.is_none_or(|seq| seq == decision.seq)
        {
            again(&mut replayer, &decision, &mut report)?;
            progress.inc(1);
        }
        Ok(true)
    })?;
    progress.finish_and_clear();
    let verdict = match &report {
        ReplayReport { different: 1.., .. } => Outcome::Fail,
        // What judged nothing has not passed.
        ReplayReport { same: 0, .. } => Outcome::Inconclusive,
        report if !report.not_replayed.is_empty() => Outcome::Inconclusive,
        _ => Outcome::Pass,
    };
    report.verdict = verdict.name();
    match format {
        Format::Json => output::json("log replay", &report),
        Format::Human => output::page(|out| print(out, &report, verdict)),
    }
    Ok(Exit::of(verdict, false))
}

fn again(
    replayer: &mut Replayer,
    decision: &Decision<'_>,
    report: &mut ReplayReport,
) -> Result<()> {
    report.decisions += 1;
    match replayer.replay(decision)? {
        Replayed::Same => report.same += 1,
        Replayed::Different(body) => {
            report.different += 1;
            if report.examples.len() < SHOWN {
                let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
                let (recorded, replayed) = (read(decision.body), read(&body));
                report.examples.push(Different { seq: decision.seq, recorded, replayed });
            }
        }
        Replayed::NotReplayed(reason) => *report.not_replayed.entry(reason).or_default() += 1,
    }
    Ok(())
}

fn print(out: &mut String, report: &ReplayReport, verdict: Outcome) -> fmt::Result {
    for Different { seq, recorded, replayed } in &report.examples {
        writeln!(out, "record {seq}")?;
        let (Some(was), Some(is)) = (recorded.as_object(), replayed.as_object()) else { continue };
        let mut members: Vec<&String> = was.keys().chain(is.keys()).collect();
        members.sort();
        members.dedup();
        for member in members.into_iter().filter(|member| was.get(*member) != is.get(*member)) {
            let shown = |value: Option<&Value>| {
                value.map_or_else(|| "nothing".to_owned(), Value::to_string)
            };
            let (was, is) = (shown(was.get(member)), shown(is.get(member)));
            let member = visible(member);
            writeln!(out, "  {member}: recorded {}, now {}", visible(&was), visible(&is))?;
        }
    }
    for (reason, count) in &report.not_replayed {
        writeln!(out, "not replayed: {count}, as {}", visible(reason))?;
    }
    let style = output::style(verdict);
    let word = match verdict {
        Outcome::Pass => "SAME",
        Outcome::Fail => "DIFFERENT",
        _ => "INCONCLUSIVE",
    };
    let ReplayReport { decisions, same, different, .. } = report;
    let of = if *decisions == 1 { "decision" } else { "decisions" };
    writeln!(
        out,
        "{style}{word}{style:#}: of {decisions} {of} in {} {same} came out the same, {different} \
         differently",
        visible(&report.log)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_differs_is_only_read() {
        assert_harmless(|out, text| {
            let body = |value: String| serde_json::json!({ text: value });
            let (recorded, replayed) = (body(text.to_owned()), body(text.to_owned() + "x"));
            let report = ReplayReport {
                verdict: "fail",
                log: text.to_owned(),
                decisions: 2,
                same: 0,
                different: 1,
                examples: vec![Different { seq: 1, recorded, replayed }],
                not_replayed: [(text.to_owned(), 1)].into_iter().collect(),
            };
            print(out, &report, Outcome::Fail)
        });
    }
}
