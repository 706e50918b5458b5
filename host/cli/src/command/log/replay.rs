//! `tollgate log replay`

mod decisions;

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate::report::GateReport;
use tollgate_engine::types::Outcome;
use tollgate_records::gate::{
    By, Difference, KIND, MOST_DIFFERENCES, ReplayError, Replayed, Replayer, error_of,
};
use tollgate_records::log::Records;
use tollgate_records::record::Record;
use tollgate_records::store::Store;

use crate::arguments::{Format, Shared};
use crate::command::gate;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log replay records.jsonl --seq 3
  tollgate log replay records.jsonl --all
  tollgate log replay records.jsonl --all --with-current
  tollgate log replay decisions/

A record holds all that the run saw and the rules that it was judged by, so that
nothing else is read. The plugin is the one that judged, byte for byte: built in,
given with --plugin, or kept in `plugins/` beside the file. The report must be the
recorded one, and of a run that failed the error. With --with-current the plugins judge that the profiles would get
today, to see what an upgrade changes.

Of a decision log each decision is made again, or the one that --seq names, and
its record must be the same, byte for byte. What is masked cannot be.

Exit codes: 0 the same, 1 another report or decision, 2 a file is wrong or a plugin
fails, 3 a plugin is not at hand, an input is masked, or there is nothing to replay.")]
pub(crate) struct Replay {
    /// The file of records, or the folder of a decision log or a file of it
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The number of the record; of gate runs the last one when none is given, of
    /// decisions all
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) seq: Option<u64>,
    /// Replay all gate runs
    #[arg(long)]
    pub(crate) all: bool,
    /// Judge by the plugins that the profiles would get today
    #[arg(long)]
    pub(crate) with_current: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Serialize)]
struct ReplayReport {
    verdict: &'static str,
    /// `recorded` or `current`.
    plugins: &'static str,
    records: Vec<One>,
    /// Records of something else than gate runs.
    skipped: u64,
}

/// What one record came to.
#[derive(Serialize)]
struct One {
    seq: u64,
    time: String,
    hash: String,
    /// `pass` for the same report or the same error, `fail` for another one,
    /// `inconclusive` where it could not be judged again.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    /// Of a single record.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<GateReport>,
}

pub(crate) fn run(arguments: &Replay) -> Result<Exit> {
    let plugins = super::super::plugins(&arguments.shared)?;
    let are_decisions = decisions::are_in(&arguments.log)?;
    if are_decisions == Some(true) {
        if arguments.with_current {
            miette::bail!(
                help = "`tollgate log diff LOG --policy FILE` shows what another policy would \
                        have decided",
                "decisions are made again by the plugin that made them, and not by another one"
            );
        }
        return decisions::run(plugins, &arguments.log, arguments.seq, arguments.format);
    }
    let by = if arguments.with_current { By::Current } else { By::Recorded };
    let mut replayer = Replayer::new(plugins, Store::beside(&arguments.log), by);
    let mut report = ReplayReport {
        verdict: "",
        plugins: if arguments.with_current { "current" } else { "recorded" },
        records: Vec::new(),
        skipped: 0,
    };
    let mut verdict = None;
    let mut judge = |record: &Record| -> Result<()> {
        let (outcome, one) = again(&mut replayer, record, !arguments.all)?;
        verdict = verdict.max(Some(outcome));
        if arguments.format == Format::Human {
            output::page(|out| print(out, &one, outcome));
        }
        report.records.push(One { report: one.report.filter(|_| !arguments.all), ..one });
        Ok(())
    };
    // Of an empty log nothing is judged, however it is asked for.
    if arguments.all || (are_decisions.is_none() && arguments.seq.is_none()) {
        let mut skipped = 0;
        for record in Records::open(&arguments.log)? {
            let record = record?;
            if record.kind == KIND { judge(&record)? } else { skipped += 1 }
        }
        report.skipped = skipped;
    } else {
        judge(&super::one(&arguments.log, arguments.seq)?)?;
    }
    let verdict = verdict.unwrap_or(Outcome::Inconclusive);
    report.verdict = verdict.name();
    match arguments.format {
        Format::Json => output::json("log replay", &report),
        Format::Human if report.records.is_empty() => {
            output::page(|out| writeln!(out, "there is no gate run to replay"));
        }
        Format::Human => {}
    }
    Ok(Exit::of(verdict, false))
}

fn again(replayer: &mut Replayer, record: &Record, alone: bool) -> Result<(Outcome, One)> {
    let mut one = One {
        seq: record.seq,
        time: record.time.to_string(),
        hash: record.hash.to_string(),
        outcome: "",
        reason: None,
        differences: Vec::new(),
        report: None,
    };
    let outcome = match replayer.replay(record) {
        Ok(Replayed { report, differences }) => {
            one.reason = error_of(record).map(|error| format!("the run failed: {error}"));
            one.report = report.filter(|_| alone);
            one.differences = differences;
            if one.differences.is_empty() { Outcome::Pass } else { Outcome::Fail }
        }
        Err(error @ ReplayError::NoPlugin { .. }) => {
            one.reason = Some(format!("{error}: `--plugin FILE` gives it"));
            Outcome::Inconclusive
        }
        Err(error) => return Err(error.into()),
    };
    one.outcome = outcome.name();
    Ok((outcome, one))
}

fn print(out: &mut String, one: &One, outcome: Outcome) -> fmt::Result {
    if let Some(report) = &one.report {
        gate::print(out, report, None, true)?;
        writeln!(out)?;
    }
    let style = output::style(outcome);
    let word = match outcome {
        Outcome::Pass => "SAME",
        Outcome::Fail => "DIFFERENT",
        _ => "NOT REPLAYED",
    };
    write!(out, "record {} of {}: {style}{word}{style:#}", one.seq, one.time)?;
    if let Some(reason) = &one.reason {
        write!(out, ": {}", visible(reason))?;
    }
    if one.differences.len() >= MOST_DIFFERENCES {
        write!(out, " at {MOST_DIFFERENCES} places or more")?;
    }
    writeln!(out)?;
    for Difference { pointer, recorded, replayed } in &one.differences {
        let shown = |value: &Option<serde_json::Value>| match value {
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        };
        writeln!(
            out,
            "  {}: recorded {}, now {}",
            visible(pointer),
            visible(&shown(recorded)),
            visible(&shown(replayed))
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_differs_is_only_read() {
        assert_harmless(|out, text| {
            let difference = Difference {
                pointer: text.to_owned(),
                recorded: Some(text.into()),
                replayed: Some(text.into()),
            };
            let one = One {
                seq: 1,
                time: String::new(),
                hash: String::new(),
                outcome: "fail",
                reason: Some(text.to_owned()),
                differences: vec![difference],
                report: None,
            };
            print(out, &one, Outcome::Fail)
        });
    }
}
