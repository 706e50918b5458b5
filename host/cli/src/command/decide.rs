//! `tollgate decide`

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use miette::{IntoDiagnostic as _, Result, WrapErr as _};
use serde::Deserialize;
use tollgate::input::{Csv, JsonLines, Outside, Rows};
use tollgate::judge::{Decider, JudgeError};
use tollgate::report::Exit;
use tollgate::source::{self, Content};
use tollgate_engine::types::Outcome;

use crate::arguments::{Decide, Format, InputFormat};
use crate::output::{self, Answers, visible};

/// Rows in one call: some hundred KiB of columns, far beyond the point where
/// the cost of a call matters.
const BATCH: u32 = 8192;

pub(crate) fn run(arguments: &Decide) -> Exit {
    output::shown("decide", arguments.shared.format, || decide(arguments))
}

fn decide(arguments: &Decide) -> Result<Exit> {
    let plugins = super::plugins(&arguments.shared)?;
    let decider = Decider::open(&plugins, &arguments.policy)?;
    let printer = Printer {
        decider: &decider,
        format: arguments.shared.format,
        // A file that is on the disk has an end; a stream may have none.
        has_end: arguments.input.is_file(),
    };
    let time = (!arguments.no_time)
        .then(|| Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    let (path, time) = (&arguments.input, time.as_deref());
    match input_format(arguments) {
        InputFormat::Csv => csv(&decider, &printer, open(path)?, time),
        InputFormat::Jsonl => lines(&decider, &printer, open(path)?, time),
        InputFormat::Json => {
            let request = source::read_bytes(path, Content::Payload).into_diagnostic()?;
            one(&decider, &printer, &request, time)
        }
        InputFormat::Auto => {
            let bytes = source::read_bytes(path, Content::Payload).into_diagnostic()?;
            if is_json_lines(&bytes) {
                lines(&decider, &printer, Box::new(io::Cursor::new(bytes)), time)
            } else {
                one(&decider, &printer, &bytes, time)
            }
        }
    }
}

/// What the file's name says.
fn input_format(arguments: &Decide) -> InputFormat {
    let extension = arguments.input.extension().and_then(|extension| extension.to_str());
    match (arguments.input_format, extension) {
        (InputFormat::Auto, Some("csv")) => InputFormat::Csv,
        (InputFormat::Auto, Some("jsonl" | "ndjson")) => InputFormat::Jsonl,
        (format, _) => format,
    }
}

/// More than one line, and the first is an object by itself.
fn is_json_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let whole = |line: &[u8]| line.starts_with(b"{") && line.ends_with(b"}");
    lines.next().is_some_and(|line| {
        whole(line) && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
    }) && lines.any(|line| !line.is_empty())
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if source::is_standard_input(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let name = path.display();
    let file =
        File::open(path).into_diagnostic().wrap_err_with(|| format!("cannot read `{name}`"))?;
    if file.metadata().into_diagnostic()?.is_dir() {
        miette::bail!("`{name}` is a folder, expected a file");
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

fn one(
    decider: &Decider,
    printer: &Printer<'_>,
    request: &[u8],
    time: Option<&str>,
) -> Result<Exit> {
    let mut answer = String::new();
    let decision = decider.decide(request, &Outside::default(), time, &mut answer);
    answer.push('\n');
    printer.print(&answer, &mut Answers::default())?;
    Ok(if decision.is_ok() { Exit::Passed } else { Exit::Error })
}

fn csv(
    decider: &Decider,
    printer: &Printer<'_>,
    reader: impl Read,
    time: Option<&str>,
) -> Result<Exit> {
    let outside = Outside::default();
    let mut rows = Csv::new(reader, decider.extractor(), &outside).map_err(JudgeError::from)?;
    many(decider, printer, time, || rows.next_rows(BATCH).map_err(JudgeError::from))
}

fn lines(
    decider: &Decider,
    printer: &Printer<'_>,
    reader: impl BufRead,
    time: Option<&str>,
) -> Result<Exit> {
    let outside = Outside::default();
    let mut rows = JsonLines::new(reader, decider.extractor(), &outside);
    many(decider, printer, time, || rows.next_rows(BATCH).map_err(JudgeError::from))
}

fn many(
    decider: &Decider,
    printer: &Printer<'_>,
    time: Option<&str>,
    mut next: impl FnMut() -> Result<Option<Rows>, JudgeError>,
) -> Result<Exit> {
    let mut policy = decider.policy().warm();
    let mut out = Answers::default();
    let mut summary = Summary::default();
    let progress = progress();
    let mut answers = String::new();
    while let Some(rows) = next()? {
        answers.clear();
        let actions = decider
            .decide_rows(&mut policy, &rows, time, &mut answers)
            .map_err(JudgeError::from)?;
        printer.print(&answers, &mut out)?;
        progress.inc(actions.len() as u64);
        summary.add(decider, &actions);
        // The verdict is that of all rows, whoever reads their answers.
        if out.are_lost() && !printer.has_end {
            miette::bail!(
                "nobody gets the answers any more, and the input may have no end: the rows behind \
                 the first {} are not decided",
                summary.rows()
            );
        }
    }
    progress.finish_and_clear();
    if printer.format == Format::Human {
        output::note(|out| summary.print(out));
    }
    Ok(if summary.without == 0 { Exit::Passed } else { Exit::Error })
}

/// Rows so far; nothing where standard error is no terminal.
fn progress() -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}") {
        progress.set_style(style);
    }
    progress
}

/// How many rows took which action.
#[derive(Default)]
struct Summary {
    actions: BTreeMap<u32, (String, u64)>,
    without: u64,
}

impl Summary {
    fn add(&mut self, decider: &Decider, actions: &[Result<u32, String>]) {
        for action in actions {
            let Ok(action) = action else {
                self.without += 1;
                continue;
            };
            let names = &decider.policy().surface().actions;
            let entry = self
                .actions
                .entry(*action)
                .or_insert_with(|| (names.get(*action as usize).cloned().unwrap_or_default(), 0));
            entry.1 += 1;
        }
    }

    fn rows(&self) -> u64 {
        self.without + self.actions.values().map(|(_, count)| count).sum::<u64>()
    }

    fn print(&self, out: &mut String) -> fmt::Result {
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
    line: Option<u64>,
    decision_id: String,
}

struct Printer<'a> {
    decider: &'a Decider,
    format: Format,
    has_end: bool,
}

impl Printer<'_> {
    /// Prints answers, one a line.
    fn print(&self, answers: &str, out: &mut Answers) -> Result<()> {
        if self.format == Format::Json {
            out.json_lines(answers);
            return Ok(());
        }
        let answers = answers
            .lines()
            .map(|answer| serde_json::from_str(answer).into_diagnostic())
            .collect::<Result<Vec<Answer>>>()?;
        out.lines(|out| answers.iter().try_for_each(|answer| self.print_one(answer, out)));
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
