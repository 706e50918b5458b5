//! `tollgate log verify`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;
use tollgate_records::chain::Chain;
use tollgate_records::log::{ReadError, Records};

use crate::arguments::{Format, digest};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log verify records.jsonl
  tollgate log verify records.jsonl --contains sha256:6f1e…
  tollgate log verify records.jsonl --expect-head sha256:6f1e… --expect-count 12
  tollgate log verify decisions/

Each record names the hash of the one before, so that a record that was changed,
removed, moved, repeated or put in breaks the chain, and the first line that does
not fit is told. What the file alone cannot show: that its end was cut off, or
that all of it was written anew. Keep a head elsewhere (each run that records
prints it, a CI log will do), and ask for it with --contains, or for the very
end with --expect-head. The files of a folder are one chain; where older ones are
kept elsewhere, --follows names the hash of the last record in them.

Exit codes: 0 intact, 1 broken or not as expected, 2 the file cannot be read,
3 there are no records.")]
pub(crate) struct Verify {
    /// The file of records, or the folder of a decision log
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The hash of the record before the first, where older records are kept
    /// elsewhere
    #[arg(long, value_name = "HASH", value_parser = digest)]
    pub(crate) follows: Option<Digest>,
    /// The hash that a record must have, wherever it is; may be given several
    /// times
    #[arg(long, value_name = "HASH", value_parser = digest)]
    pub(crate) contains: Vec<Digest>,
    /// The hash that the last record must have
    #[arg(long, value_name = "HASH", value_parser = digest)]
    pub(crate) expect_head: Option<Digest>,
    /// How many records there must be
    #[arg(long, value_name = "N")]
    pub(crate) expect_count: Option<u64>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Serialize)]
struct VerifyReport {
    verdict: &'static str,
    log: String,
    /// How many records are intact, from the first on.
    records: u64,
    /// The hash of the last of them.
    head: Option<String>,
    /// The times of the first and the last.
    first: Option<String>,
    last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Broken>,
    /// What was expected and is not so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unmet: Vec<String>,
}

#[derive(Serialize)]
struct Broken {
    /// The file of a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: u64,
    reason: String,
}

pub(crate) fn run(arguments: &Verify) -> Result<Exit> {
    let mut missing = arguments.contains.clone();
    let mut report = VerifyReport {
        verdict: "",
        log: arguments.log.display().to_string(),
        records: 0,
        head: None,
        first: None,
        last: None,
        broken: None,
        unmet: Vec::new(),
    };
    let mut head = None;
    let chain = arguments.follows.map_or_else(Chain::new, Chain::behind);
    for record in Records::of_chain(&arguments.log, chain)? {
        match record {
            Ok(record) => {
                report.records += 1;
                head = Some(record.hash);
                missing.retain(|hash| *hash != record.hash);
                report.first.get_or_insert_with(|| record.time.to_string());
                report.last = Some(record.time.to_string());
            }
            Err(ReadError::Broken { log, line, flaw }) => {
                let file = Some(log).filter(|file| *file != report.log);
                report.broken = Some(Broken { file, line, reason: flaw.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    report.head = head.map(|hash| hash.to_string());
    report.unmet = unmet(arguments, &report, head, &missing);
    let verdict = match (&report.broken, report.records) {
        (Some(_), _) => Outcome::Fail,
        _ if !report.unmet.is_empty() => Outcome::Fail,
        // What judged nothing has not passed.
        (None, 0) => Outcome::Inconclusive,
        (None, _) => Outcome::Pass,
    };
    report.verdict = verdict.name();
    match arguments.format {
        Format::Json => output::json("log verify", &report),
        Format::Human => output::page(|out| print(out, &report, verdict)),
    }
    Ok(Exit::of(verdict, false))
}

fn unmet(
    arguments: &Verify,
    report: &VerifyReport,
    head: Option<Digest>,
    missing: &[Digest],
) -> Vec<String> {
    let mut unmet: Vec<String> =
        missing.iter().map(|hash| format!("no record has hash {hash}")).collect();
    if let Some(expected) = arguments.expect_head.filter(|expected| Some(*expected) != head) {
        unmet.push(format!("the last record has not the hash {expected}"));
    }
    if let Some(expected) = arguments.expect_count.filter(|count| *count != report.records) {
        unmet.push(format!("{expected} records were expected, and {} are here", report.records));
    }
    unmet
}

fn print(out: &mut String, report: &VerifyReport, verdict: Outcome) -> fmt::Result {
    let records = match report.records {
        1 => "1 record".to_owned(),
        count => format!("{count} records"),
    };
    write!(out, "{}: {records}", visible(&report.log))?;
    if let (Some(first), Some(last)) = (&report.first, &report.last) {
        write!(out, ", {first} to {last}")?;
    }
    writeln!(out)?;
    if let Some(head) = &report.head {
        writeln!(out, "head {head}")?;
    }
    if let Some(Broken { file, line, reason }) = &report.broken {
        if let Some(file) = file {
            write!(out, "{}, ", visible(file))?;
        }
        writeln!(out, "line {line}: {}", visible(reason))?;
    }
    for unmet in &report.unmet {
        writeln!(out, "{}", visible(unmet))?;
    }
    let style = output::style(verdict);
    let word = match verdict {
        Outcome::Pass => "INTACT",
        Outcome::Fail if report.broken.is_some() => "BROKEN",
        Outcome::Fail => "NOT AS EXPECTED",
        _ => "INCONCLUSIVE: there are no records",
    };
    writeln!(out, "{style}{word}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_in_a_report_is_only_read() {
        assert_harmless(|out, text| {
            let text = || text.to_owned();
            let report = VerifyReport {
                verdict: "fail",
                log: text(),
                records: 1,
                head: None,
                first: None,
                last: None,
                broken: Some(Broken { file: Some(text()), line: 2, reason: text() }),
                unmet: vec![text()],
            };
            print(out, &report, Outcome::Fail)
        });
    }
}
