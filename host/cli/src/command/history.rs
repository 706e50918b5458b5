//! `tollgate history`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate::document::suggestion::suggestion;
use tollgate_live::pins::{Change, Pin, PinFile};

use super::pins::{self, PinReport};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate history pins.yaml
  tollgate history pins.yaml fraud_detector --format json

FILE is a file of pins, the manifest of a ConfigMap, or the folder of one that is
mounted. The newest change comes first. What was written by hand is in no
history; the generation shows that something is missing.")]
pub(crate) struct History {
    /// The file of pins, or the ConfigMap
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The name of a policy; all, without it
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Serialize)]
struct Report {
    file: String,
    models: Vec<Model>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    #[serde(flatten)]
    pin: PinReport,
    history: Vec<Line>,
}

/// A change, newest first.
#[derive(Serialize)]
struct Line {
    generation: u64,
    at: String,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    by: String,
    reason: String,
}

pub(crate) fn run(arguments: &History) -> Exit {
    output::shown("history", arguments.format, || history(arguments))
}

fn history(arguments: &History) -> Result<Exit> {
    let History { file, name, format } = arguments;
    let snapshot = PinFile::at(file).read()?;
    let names: Vec<String> = match name {
        Some(name) => vec![name.clone()],
        None => snapshot.names().map(str::to_owned).collect(),
    };
    let mut models = Vec::new();
    for name in names {
        let pin = snapshot
            .pin(&name)?
            .ok_or_else(|| pins::unpinned(file, &name, suggestion(&name, snapshot.names())))?;
        models.push(Model::new(name, &pin));
    }
    let report = Report { file: file.display().to_string(), models };
    match format {
        Format::Json => output::json("history", &report),
        Format::Human => output::page(|out| report.models.iter().try_for_each(|it| print(out, it))),
    }
    Ok(Exit::Passed)
}

impl Model {
    fn new(name: String, pin: &Pin) -> Self {
        let history = pin.history.iter().rev().map(Line::from).collect();
        Self { name, pin: pin.into(), history }
    }
}

impl From<&Change> for Line {
    fn from(change: &Change) -> Self {
        Self {
            generation: change.generation,
            at: change.at.to_string(),
            action: change.action.name(),
            from: change.from.as_ref().map(ToString::to_string),
            to: change.to.to_string(),
            by: change.by.clone(),
            reason: change.reason.clone(),
        }
    }
}

fn print(out: &mut String, model: &Model) -> fmt::Result {
    let Model { name, pin, history } = model;
    writeln!(out, "{}: {} is pinned", visible(name), pin.current)?;
    pins::standing(out, pin)?;
    if history.first().is_none_or(|newest| newest.generation < pin.generation) {
        writeln!(out, "  nobody wrote down how it came to this")?;
    }
    for (at, line) in history.iter().enumerate() {
        let Line { generation, at: time, action, to, by, reason, .. } = line;
        let from = line.from.as_ref().map_or_else(String::new, |from| format!("{from} -> "));
        let (by, reason) = (visible(by), visible(reason));
        writeln!(out, "  {generation:>4}  {time}  {action:<8}  {from}{to}, by {by}: {reason}")?;
        let before = history.get(at + 1).map_or(0, |before| before.generation);
        if generation - before > 1 {
            writeln!(
                out,
                "        {} changes before it are not written down",
                generation - before - 1
            )?;
        }
    }
    Ok(())
}
