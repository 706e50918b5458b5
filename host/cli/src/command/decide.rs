//! `tollgate decide`

mod input;
mod print;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use miette::Result;
use serde_json::json;
use tollgate::input::{Cases, Outside};
use tollgate::judge::{Decider, JudgeError};
use tollgate::rows::RowFormat;
use tollgate::source;
use tollgate_frames::{Frames, PayloadFormat};

use self::input::Input;
use self::print::{Printer, Summary};
use super::logging::{Logged, Logging};
use crate::arguments::{Emptiness, Format, Shared};
use crate::exit::Exit;
use crate::output::{self, Answers, visible};

/// Bytes of answers that are printed at once.
const CHUNK: usize = 64 << 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate decide --policy policies/fraud.yaml --input transaction.json
  tollgate decide --policy policies/fraud.yaml --input day.csv --format json
  tollgate decide --policy policies/fraud.yaml < day.jsonl
  tollgate decide --policy policies/fraud.yaml --counters today.yaml < day.jsonl

A row without a decision (a missing score, a value of the wrong kind) says why
and never becomes `allow`; it takes the document's `fallback` action, when there
is one, and the exit code is 2. An input without a case is 3.

Rows are read one after the other, however many there are. A row is at most
16 MiB long, a single request 64 MiB. Texts keep the white space around them;
names in a header, numbers and booleans in cells are read without it.

When nobody reads the answers any more, a file is decided to its end all the
same, since its rows decide how the command ends; a stream, which may have no
end, is left there, and the exit code is 2.

Counters are those of every case, `{hours_since_block: 3, ...}`, or of each
customer, by a member of the request or a column:
  { by: customer_id, counters: { c-17: { customer_blocks_today: 2 }, ... } }")]
pub(crate) struct Decide {
    /// The policy document, or a component made by `tollgate bake`
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// One JSON object, JSON lines, CSV, Parquet or Arrow; `-` is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) input: PathBuf,
    /// How to read the input
    #[arg(long, value_enum, default_value_t)]
    pub(crate) input_format: InputFormat,
    /// Counters that the policy reads, JSON or YAML; of every case, or by customer
    #[arg(long, value_name = "FILE")]
    pub(crate) counters: Option<PathBuf>,
    /// Leave the time out of answers, so that they can be compared
    #[arg(long)]
    pub(crate) no_time: bool,
    #[command(flatten)]
    pub(crate) logging: Logging,
    #[command(flatten)]
    pub(crate) emptiness: Emptiness,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// By the file's name (.csv, .jsonl, .ndjson, .parquet, .pq, .arrow,
    /// .feather), else by what is in it
    #[default]
    Auto,
    /// One JSON object
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated, with a header row
    Csv,
    /// Apache Parquet
    Parquet,
    /// Apache Arrow IPC, a file or a stream
    Arrow,
}

impl InputFormat {
    fn asked(self) -> PayloadFormat {
        match self {
            Self::Auto => PayloadFormat::Auto,
            Self::Json => PayloadFormat::Request,
            Self::Jsonl => PayloadFormat::Rows(RowFormat::Jsonl),
            Self::Csv => PayloadFormat::Rows(RowFormat::Csv),
            Self::Parquet => PayloadFormat::Rows(RowFormat::Parquet),
            Self::Arrow => PayloadFormat::Rows(RowFormat::Arrow),
        }
    }
}

pub(crate) fn run(arguments: &Decide) -> Exit {
    output::shown("decide", arguments.format, || decide(arguments))
}

fn decide(arguments: &Decide) -> Result<Exit> {
    let plugins = super::plugins(&arguments.shared)?;
    let mut decider = Decider::open(&plugins, &arguments.policy)?;
    if let Some(counters) = &arguments.counters {
        if source::is_standard_input(counters) && source::is_standard_input(&arguments.input) {
            miette::bail!("standard input cannot give both the counters and what to decide on");
        }
        decider = decider.with_counters(counters)?;
    }
    let task = Task { arguments, printer: Printer { decider: &decider, format: arguments.format } };
    let input = input::open(arguments, decider.extractor())?;
    let log = arguments.logging.open(&decider)?;
    let exit = match input {
        Input::Nothing => task.nothing(),
        Input::One(request) => task.one(&request, &log)?,
        Input::Rows(rows) => task.many(rows, &log)?,
    };
    log.close()?;
    Ok(exit)
}

struct Task<'a> {
    arguments: &'a Decide,
    printer: Printer<'a>,
}

impl Task<'_> {
    /// What was judged by nobody has not passed.
    fn nothing(&self) -> Exit {
        let name = input::name(&self.arguments.input);
        let message = format!("there is no case in `{name}`, so nothing was decided");
        let allowed = self.arguments.emptiness.allow_empty;
        let hint = if allowed { "" } else { "; `--allow-empty` lets that pass" };
        output::note(|out| writeln!(out, "{}{hint}", visible(&message)));
        if allowed {
            return Exit::Passed;
        }
        if self.printer.format == Format::Json {
            let report =
                json!({ "command": "decide", "verdict": "inconclusive", "error": message });
            Answers::default().json_lines(&format!("{report}\n"));
        }
        Exit::Inconclusive
    }

    fn one(&self, request: &[u8], log: &Logged) -> Result<Exit> {
        let answer = self.printer.decider.decide(request);
        log.write(&answer)?;
        let mut text = String::new();
        self.printer.write(&answer, self.time().as_deref(), &mut text);
        self.printer.print(&text, &mut Answers::default());
        if self.printer.format == Format::Human {
            for warning in answer.warnings() {
                output::note(|out| writeln!(out, "warning: {}", visible(warning)));
            }
        }
        Ok(if answer.decision().is_ok() { Exit::Passed } else { Exit::Error })
    }

    fn many(&self, rows: Frames, log: &Logged) -> Result<Exit> {
        let outside = Outside::default();
        let mut cases = Cases::new(rows, self.printer.decider.extractor(), &outside)
            .map_err(JudgeError::from)?;
        // A file that is on the disk has an end; a stream may have none.
        let has_end = self.arguments.input.is_file();
        let mut decisions = self.printer.decider.warm();
        let mut out = Answers::default();
        let mut summary = Summary::default();
        let progress = output::progress("rows");
        let mut answers = String::new();
        while let Some(rows) = cases.next_rows().map_err(JudgeError::from)? {
            let time = self.time();
            let mut logged = Ok(());
            let decided = decisions.decide_rows(&rows, |answer| {
                if logged.is_ok() {
                    logged = log.write(answer);
                }
                // What is not logged is not told.
                if logged.is_err() {
                    return;
                }
                self.printer.write(answer, time.as_deref(), &mut answers);
                summary.add(answer);
                if answers.len() >= CHUNK {
                    self.printer.print(&answers, &mut out);
                    answers.clear();
                }
            });
            self.printer.print(&answers, &mut out);
            answers.clear();
            logged?;
            decided.map_err(JudgeError::from)?;
            progress.inc(u64::from(rows.rows));
            // The verdict is that of all rows, whoever reads their answers.
            if out.are_lost() && !has_end {
                miette::bail!(
                    "nobody gets the answers any more, and the input may have no end: the rows \
                     behind the first {} are not decided",
                    summary.rows()
                );
            }
        }
        progress.finish_and_clear();
        if summary.rows() == 0 {
            return Ok(self.nothing());
        }
        if self.printer.format == Format::Human {
            output::note(|out| summary.print(out));
        }
        Ok(if summary.without == 0 { Exit::Passed } else { Exit::Error })
    }

    /// The time of the answers that are given now; an endless stream has more
    /// than one.
    fn time(&self) -> Option<String> {
        (!self.arguments.no_time)
            .then(|| Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}
