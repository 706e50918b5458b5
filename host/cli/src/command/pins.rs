//! What commands on pins share: who writes, and what is told of it.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Result, miette};
use serde::Serialize;
use serde_json::Value;
use tollgate::document::suggestion::suggestion;
use tollgate::facts::Instant;
use tollgate_engine::is_hidden;
use tollgate_live::pins::{Audit, Pin, PinFile, PinnedVersion, Snapshot};

use super::mlflow;
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

/// So long may a name or a reason be: a page of text.
const LONGEST: usize = 4_096;

/// What becomes of a change.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Write nothing, and print the change of a ConfigMap as a JSON Patch for
    /// `kubectl patch --type json`; a stale one is refused by the API server
    #[arg(long)]
    pub(crate) patch: bool,
    /// The generation that the pin must have now; another one is refused
    #[arg(long, value_name = "N")]
    pub(crate) generation: Option<u64>,
}

/// A policy in a file of pins, as it was read.
pub(super) struct Seen {
    pub(super) file: PinFile,
    name: String,
    snapshot: Option<Snapshot>,
    pub(super) pin: Option<Pin>,
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(flatten)]
    pin: PinReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    by: &'a str,
    reason: &'a str,
    written: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<Value>,
}

/// How a pin stands.
#[derive(Serialize)]
pub(super) struct PinReport {
    pub(super) current: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) bad: Vec<String>,
    pub(super) generation: u64,
}

impl From<&Pin> for PinReport {
    fn from(pin: &Pin) -> Self {
        let text = |version: &Option<PinnedVersion>| version.as_ref().map(ToString::to_string);
        Self {
            current: pin.current.to_string(),
            previous: text(&pin.previous),
            fallback: text(&pin.fallback),
            bad: pin.bad.iter().map(ToString::to_string).collect(),
            generation: pin.generation,
        }
    }
}

/// Who changes a pin, now, and why.
pub(super) fn audit(by: Option<&str>, reason: &str) -> Result<Audit> {
    let by = mlflow::actor(by)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(miette!("the reason is empty, and it is written down"));
    }
    for (what, text) in [("name", by.as_str()), ("reason", reason)] {
        if text.len() > LONGEST {
            return Err(miette!("the {what} is longer than {LONGEST} bytes"));
        }
        if let Some(hidden) = text.chars().find(|character| is_hidden(*character)) {
            let hidden = hidden.escape_default();
            return Err(miette!("the {what} holds `{hidden}`, which nobody sees"));
        }
    }
    Ok(Audit { by, at: Instant::now(), reason: reason.to_owned() })
}

impl Seen {
    /// Reads the pin of a policy; where there is no file yet, there is no pin.
    pub(super) fn read(path: &Path, name: &str, generation: Option<u64>) -> Result<Self> {
        let file = PinFile::at(path);
        let snapshot = match file.is_missing() {
            true => None,
            false => Some(file.read()?),
        };
        let pin = match &snapshot {
            Some(snapshot) => snapshot.pin(name)?,
            None => None,
        };
        let found = pin.as_ref().map_or(0, |pin| pin.generation);
        if let Some(wanted) = generation.filter(|wanted| *wanted != found) {
            return Err(miette!(
                help = "look at it with `tollgate history`, and decide again",
                "the pin of `{name}` in `{}` has generation {found}, expected {wanted}",
                path.display()
            ));
        }
        Ok(Self { file, name: name.to_owned(), snapshot, pin })
    }

    /// The pin that must be there.
    pub(super) fn pinned(&self) -> Result<&Pin> {
        self.pin.as_ref().ok_or_else(|| {
            let names = self.snapshot.iter().flat_map(Snapshot::names);
            unpinned(self.file.path(), &self.name, suggestion(&self.name, names))
        })
    }

    /// Writes the pin, or prints the change that Kubernetes is to make.
    pub(super) fn change(
        &self,
        command: &'static str,
        pin: &Pin,
        document: Option<PathBuf>,
        change: &Change,
        format: Format,
        dry_run: bool,
    ) -> Result<Exit> {
        let Self { file, name, snapshot, pin: seen } = self;
        let patch = match (change.patch, snapshot) {
            (true, Some(snapshot)) => Some(file.patch(snapshot, name, pin)?),
            (true, None) => {
                let file = file.path().display();
                return Err(miette!("`{file}` does not exist, so that there is nothing to patch"));
            }
            (false, _) => None,
        };
        let written = patch.is_none() && !dry_run;
        if written {
            file.change(name, seen.as_ref(), pin)?;
        }
        let last = pin.history.last();
        match (format, patch) {
            (Format::Json, patch) => {
                let report = Report {
                    file: file.path().display().to_string(),
                    name,
                    document: document.map(|document| document.display().to_string()),
                    pin: pin.into(),
                    from: seen.as_ref().map(|pin| pin.current.to_string()),
                    by: last.map_or("", |last| &last.by),
                    reason: last.map_or("", |last| &last.reason),
                    written,
                    patch: patch.and_then(|patch| serde_json::from_str(&patch).ok()),
                };
                output::json(command, &report);
            }
            (Format::Human, Some(patch)) => {
                output::document(&(patch + "\n")).map_err(|error| miette!("{error}"))?;
                output::note(|out| {
                    let current = &pin.current;
                    writeln!(
                        out,
                        "nothing is written: once Kubernetes has this patch, {current} is pinned; \
                         `kubectl patch configmap NAME --type json --patch-file FILE`"
                    )
                });
            }
            (Format::Human, None) => output::page(|out| {
                let is = if written { "is" } else { "would be" };
                write!(out, "{}: {} {is} pinned", visible(name), pin.current)?;
                match seen {
                    Some(seen) => write!(out, ", before it {}", seen.current)?,
                    None => write!(out, ", as the first")?,
                }
                writeln!(out)?;
                standing(out, &pin.into())?;
                document.map_or(Ok(()), |document| {
                    let digest = pin.digests.get(&pin.current);
                    let digest = digest.map(ToString::to_string).unwrap_or_default();
                    writeln!(out, "  {} {digest}", visible(&document.display().to_string()))
                })
            }),
        }
        Ok(Exit::Passed)
    }
}

/// What is behind the current version.
pub(super) fn standing(out: &mut String, pin: &PinReport) -> fmt::Result {
    write!(out, "  generation {}", pin.generation)?;
    for (what, version) in [("previous", &pin.previous), ("fallback", &pin.fallback)] {
        if let Some(version) = version {
            write!(out, ", {what} {version}")?;
        }
    }
    if !pin.bad.is_empty() {
        write!(out, ", bad {}", pin.bad.join(" "))?;
    }
    writeln!(out)
}

/// A name under which nothing is pinned.
pub(super) fn unpinned(file: &Path, name: &str, help: Option<String>) -> miette::Report {
    let message = format!("`{}` pins nothing for `{name}`", file.display());
    match help {
        Some(help) => miette!(help = help, "{message}"),
        None => miette!("{message}"),
    }
}
