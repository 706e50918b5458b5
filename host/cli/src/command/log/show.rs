//! `tollgate log show`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use serde::Serialize;
use serde_json::Value;
use tollgate::report::FindingReport;
use tollgate_engine::types::Outcome;
use tollgate_records::gate::error_of;
use tollgate_records::log::Records;
use tollgate_records::record::Record;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, Answers, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log show records.jsonl
  tollgate log show records.jsonl --seq 3
  tollgate log show records.jsonl --seq 3 --format json > record-3.json

Records are verified as they are read; what does not fit ends the command with 2,
and `tollgate log verify` says where. With --format json a list has one line a
record, and --seq gives the record as it is in the file.")]
pub(crate) struct Show {
    /// The file of records
    #[arg(value_name = "FILE")]
    pub(crate) log: PathBuf,
    /// Show one record whole, by its number
    #[arg(long, value_name = "N")]
    pub(crate) seq: Option<u64>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// A record in a line.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    time: String,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a str>,
    /// Why there is no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<&'a str>,
    hash: String,
}

pub(crate) fn run(arguments: &Show) -> Result<Exit> {
    if arguments.seq.is_some() {
        let record = super::one(&arguments.log, arguments.seq)?;
        match arguments.format {
            Format::Json => output::json_value(&record.to_json()),
            Format::Human => output::page(|out| print(out, &record)),
        }
        return Ok(Exit::Passed);
    }
    let mut answers = Answers::default();
    for record in Records::open(&arguments.log)? {
        let record = record?;
        let line = Line {
            seq: record.seq,
            time: record.time.to_string(),
            kind: &record.kind,
            verdict: report(&record, "verdict"),
            error: error_of(&record),
            candidate: report(&record, "candidate").or_else(|| candidate(&record)),
            hash: record.hash.to_string(),
        };
        match arguments.format {
            Format::Json => {
                let text = serde_json::to_string(&line).unwrap_or_default();
                answers.json_lines(&format!("{text}\n"));
            }
            Format::Human => answers.lines(&in_a_line(&line)),
        }
        if answers.are_lost() {
            break;
        }
    }
    Ok(Exit::Passed)
}

/// As a run that failed names it.
fn candidate(record: &Record) -> Option<&str> {
    record.body.pointer("/candidate/title")?.as_str()
}

fn report<'a>(record: &'a Record, key: &str) -> Option<&'a str> {
    record.body.get("report")?.get(key)?.as_str()
}

fn in_a_line(line: &Line<'_>) -> String {
    let verdict = line.verdict.or(line.error.map(|_| "error")).unwrap_or_default();
    let style = outcome(verdict).map(output::style).unwrap_or_default();
    format!(
        "{:>6}  {}  {}  {style}{:<12}{style:#}  {}  {}\n",
        line.seq,
        line.time,
        visible(line.kind),
        visible(verdict),
        visible(line.candidate.unwrap_or_default()),
        line.hash
    )
}

fn outcome(name: &str) -> Option<Outcome> {
    let all = [Outcome::Pass, Outcome::Warn, Outcome::Inconclusive, Outcome::Fail];
    all.into_iter().find(|outcome| outcome.name() == name)
}

fn print(out: &mut String, record: &Record) -> fmt::Result {
    writeln!(out, "record {} of {} by {}", record.seq, record.time, visible(&record.host))?;
    writeln!(out, "hash {}", record.hash)?;
    if let Some(previous) = record.previous {
        writeln!(out, "follows {previous}")?;
    }
    if let Some(error) = error_of(record) {
        let titled = |whose: &str| record.body.pointer(whose).and_then(Value::as_str);
        write!(out, "\n{}", visible(candidate(record).unwrap_or_default()))?;
        if let Some(champion) = titled("/champion/title") {
            write!(out, " against champion {}", visible(champion))?;
        }
        return writeln!(out, "\n\nERROR: {}", visible(error));
    }
    let Some(report) = record.body.get("report") else {
        let body = serde_json::to_string(&record.body).unwrap_or_default();
        return writeln!(out, "{}: {}", visible(&record.kind), visible(&body));
    };
    writeln!(out)?;
    write!(out, "{}", visible(text(report, "candidate")))?;
    if let Some(champion) = report.get("champion").and_then(Value::as_str) {
        write!(out, " against champion {}", visible(champion))?;
    }
    writeln!(out, " as of {}", visible(text(report, "as_of")))?;
    let mut findings = Vec::new();
    for profile in report.get("profiles").and_then(Value::as_array).into_iter().flatten() {
        let plugin = profile.get("plugin").unwrap_or(&Value::Null);
        writeln!(
            out,
            "\n{} {}, judged by {} {}, {}",
            visible(text(profile, "name")),
            visible(text(profile, "version")),
            visible(text(plugin, "name")),
            visible(text(plugin, "version")),
            visible(text(plugin, "digest"))
        )?;
        for finding in profile.get("findings").and_then(Value::as_array).into_iter().flatten() {
            let finding = read(finding);
            output::finding(out, &finding, None)?;
            findings.push(finding);
        }
    }
    writeln!(out)?;
    match outcome(text(report, "verdict")) {
        Some(verdict) => output::verdict(out, verdict, findings.iter()),
        None => writeln!(out, "{}", visible(text(report, "verdict"))),
    }
}

/// A finding as the record has it. One that has no known outcome is shown as
/// what cannot be judged.
fn read(finding: &Value) -> FindingReport {
    let outcome = outcome(text(finding, "outcome")).unwrap_or(Outcome::Inconclusive);
    let pointer = finding.get("pointer").and_then(Value::as_str).map(str::to_owned);
    let occurrences = finding.get("occurrences").and_then(Value::as_u64);
    FindingReport {
        pointer,
        occurrences: occurrences.and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        ..FindingReport::new(text(finding, "rule"), outcome, text(finding, "message"))
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tollgate_engine::Digest;

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_recorded_is_only_read() {
        let record = |body: Value, text: &str| Record {
            seq: 1,
            previous: None,
            time: "2026-11-30T12:00:00Z".parse().unwrap(),
            host: text.to_owned(),
            kind: text.to_owned(),
            body,
            hash: Digest::of(b""),
        };
        assert_harmless(|out, text| {
            let finding =
                json!({ "rule": text, "outcome": text, "message": text, "pointer": text });
            let plugin = json!({ "name": text, "version": text, "digest": text });
            let profile =
                json!({ "name": text, "version": text, "plugin": plugin, "findings": [finding] });
            let report = json!({
                "candidate": text, "champion": text, "as_of": text, "verdict": text,
                "profiles": [profile],
            });
            print(out, &record(json!({ "report": report }), text))
        });
        assert_harmless(|out, text| print(out, &record(json!({ text: text }), text)));
        assert_harmless(|out, text| {
            let titled = json!({ "title": text });
            let body = json!({ "candidate": titled, "champion": titled, "error": text });
            print(out, &record(body, text))
        });
        assert_harmless(|out, text| {
            let line = Line {
                seq: 1,
                time: String::new(),
                kind: text,
                verdict: Some(text),
                error: Some(text),
                candidate: Some(text),
                hash: String::new(),
            };
            out.push_str(&in_a_line(&line));
            Ok(())
        });
    }
}
