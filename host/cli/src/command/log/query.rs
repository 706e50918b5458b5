//! `tollgate log query`

mod print;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::{IntoDiagnostic as _, Result};
use tollgate::facts::Instant;
use tollgate::rows::{Judged, RowFormat};
use tollgate_decisions::query::{self, Condition};
use tollgate_decisions::read::{Decision, Item, each, each_row};
use tollgate_decisions::{KEY_VARIABLE, Key};
use tollgate_frames::{Frames, Payload, PayloadFormat};

use self::print::Printer;
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log query decisions/ --action block --since 2026-11-30T08:00:00Z
  tollgate log query decisions/ --reason strict_mode_country --where country=NG
  tollgate log query decisions/ --where 'amount>=10000' --format csv
  tollgate log query decisions/ --decision bc3a8229301e89e9 --format json

All that is asked for must hold. Times are RFC 3339; --since takes in its instant,
--until does not. An input is compared as what it is: a number as a number, text
letter by letter. What is masked is found by its value, where TOLLGATE_LOG_KEY holds
the key that it was logged with. Records are verified as they are read; of a Parquet
file that `tollgate log export` wrote nobody can say whether it was changed.

Exit codes: 0 read to the end or to --limit, however many were found, 2 the log is
broken or cannot be read, 3 there is no decision in it.")]
pub(crate) struct Query {
    /// The folder of a decision log, a file of it, or a Parquet file of it
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The name of the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// What was done
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// One of the reasons
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// The id that a decision was answered with
    #[arg(long, value_name = "ID", value_parser = decision_id)]
    pub(crate) decision: Option<u64>,
    /// What tells the request from others: the id that a server gave it
    #[arg(long, value_name = "ID")]
    pub(crate) trace: Option<String>,
    /// Not before
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) since: Option<Instant>,
    /// Before
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) until: Option<Instant>,
    /// What an input was: `country=NG`, `amount>=1000`; may be given several
    /// times
    #[arg(long = "where", value_name = "CONDITION", value_parser = condition)]
    pub(crate) conditions: Vec<Condition>,
    /// How many to show at most, the oldest first
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: QueryFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// For a person, one a line
    #[default]
    Human,
    /// JSON, one a line
    Json,
    /// Comma-separated, with a header row
    Csv,
}

impl QueryFormat {
    /// How errors are printed.
    pub(super) fn errors(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Human | Self::Csv => Format::Human,
        }
    }
}

pub(super) fn instant(text: &str) -> Result<Instant, String> {
    text.parse()
}

fn condition(text: &str) -> Result<Condition, String> {
    text.parse().map_err(|error: query::QueryError| error.to_string())
}

fn decision_id(text: &str) -> Result<u64, &'static str> {
    let id = (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten();
    id.ok_or("the id of a decision is 16 hex digits")
}

/// The rows of a table that `log export` wrote, where that is one.
fn table(path: &Path) -> Result<Option<Frames>> {
    if path.is_dir() || PayloadFormat::named(path) != PayloadFormat::Rows(RowFormat::Parquet) {
        return Ok(None);
    }
    match tollgate_frames::open(path, PayloadFormat::Rows(RowFormat::Parquet), Judged::Decided)? {
        Payload::Frames(rows) => Ok(Some(rows)),
        Payload::Request(_) => Ok(None),
    }
}

pub(crate) fn run(arguments: &Query) -> Result<Exit> {
    let has_key = std::env::var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty());
    let query = query::Query {
        policy: arguments.policy.clone(),
        action: arguments.action.clone(),
        reason: arguments.reason.clone(),
        id: arguments.decision,
        trace: arguments.trace.clone(),
        since: arguments.since,
        until: arguments.until,
        conditions: arguments.conditions.clone(),
        key: has_key.then(|| Key::from_environment(KEY_VARIABLE)).transpose()?,
    };
    let (mut decisions, mut found) = (0_u64, 0_u64);
    let mut printer = Printer::new(arguments.format);
    let most = arguments.limit.unwrap_or(u64::MAX);
    let mut look = |decision: &Decision<'_>| -> Result<bool> {
        decisions += 1;
        if found < most && query.takes(decision)? {
            found += 1;
            printer.print(decision).into_diagnostic()?;
        }
        Ok(found < most && !printer.is_lost())
    };
    match table(&arguments.log)? {
        Some(mut rows) => each_row(&mut rows, |decision| -> Result<bool> { look(decision) })?,
        None => each(&arguments.log, |_, item| -> Result<bool> {
            match item {
                Item::Decision(decision) => look(&decision),
                _ => Ok(true),
            }
        })?,
    }
    printer.finish();
    if decisions == 0 {
        output::note(|out| writeln!(out, "there is no decision in the log"));
        return Ok(Exit::Inconclusive);
    }
    if arguments.format == QueryFormat::Human {
        output::note(|out| match found == most {
            true => writeln!(out, "the first {found}; there may be more"),
            false => writeln!(out, "{found} of {decisions} decisions"),
        });
    }
    Ok(Exit::Passed)
}
