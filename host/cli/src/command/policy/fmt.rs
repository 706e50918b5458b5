//! `tollgate policy fmt`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic as _, Result, miette};
use serde::Serialize;
use tollgate::source::{Content, Source, is_standard_input};
use tollgate_authoring::files::meant;
use tollgate_authoring::format::{changes, format};
use tollgate_engine::types::Outcome;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

/// What holds YAML.
const ENDINGS: [&str; 2] = ["yaml", "yml"];

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate policy fmt policies
  tollgate policy fmt --check policies/fraud.yaml
  tollgate policy fmt - < draft.yaml

Two spaces a level; flow maps and lists on one line of at most 100 characters;
double quotes; at most one empty line; LF. Comments, order, anchors and block
texts stay. `# tollgate-fmt-ignore` above an entry leaves that as it is. A file
whose values, comments or anchors would not be the same afterwards is left as
it is, and so are all others then.

Exit codes: 0 all are formatted, 1 with --check one is not, 2 one cannot be
formatted.")]
pub(crate) struct Fmt {
    /// YAML files, and folders of them; `-` formats standard input to standard
    /// output
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Write nothing, and show what would change
    #[arg(long)]
    pub(crate) check: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What became of the files.
#[derive(Serialize)]
struct FormatReport {
    verdict: &'static str,
    /// Whether nothing was written.
    check: bool,
    files: Vec<FormattedFile>,
}

#[derive(Serialize)]
struct FormattedFile {
    file: String,
    changed: bool,
    /// What would change, with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

pub(crate) fn run(arguments: &Fmt) -> Result<Exit> {
    let all = meant(&arguments.files, &ENDINGS).into_diagnostic()?;
    super::tell_links(&all);
    if let Some(folder) = all.empty().next() {
        return Err(miette!(
            "there is no YAML file in `{}`, so nothing was formatted",
            folder.display()
        ));
    }
    let files = all.files;
    let from_input = files.iter().any(|file| is_standard_input(&file.path));
    if from_input && files.len() > 1 {
        return Err(miette!("standard input cannot be formatted along with files: give `-` alone"));
    }
    // All of them or none.
    let mut formatted = Vec::with_capacity(files.len());
    for file in &files {
        let source = Source::read(&file.path, Content::Facts).into_diagnostic()?;
        let text = format(&source)?;
        formatted.push((&file.path, source, text));
    }
    if from_input && !arguments.check {
        let text = formatted.iter().map(|(.., text)| text.as_str()).collect::<String>();
        output::write("-".as_ref(), text.as_bytes())?;
        return Ok(Exit::Passed);
    }
    let mut report = FormatReport { verdict: "pass", check: arguments.check, files: Vec::new() };
    for (path, source, text) in formatted {
        let changed = source.text() != text;
        if changed && !arguments.check {
            // What a link names is formatted, and the link stays.
            let place = path.canonicalize().into_diagnostic()?;
            output::write(&place, text.as_bytes())?;
        }
        report.files.push(FormattedFile {
            file: source.name().to_owned(),
            changed,
            diff: (changed && arguments.check).then(|| changes(&source, &text)),
        });
    }
    let fails = arguments.check && report.files.iter().any(|file| file.changed);
    if fails {
        report.verdict = Outcome::Fail.name();
    }
    match arguments.format {
        Format::Human => output::page(|out| print(out, &report)),
        Format::Json => output::json("policy fmt", &report),
    }
    Ok(if fails { Exit::Failed } else { Exit::Passed })
}

fn print(out: &mut String, report: &FormatReport) -> fmt::Result {
    for file in report.files.iter().filter(|file| file.changed) {
        match &file.diff {
            Some(diff) => {
                for line in diff.lines() {
                    writeln!(out, "{}", visible(line))?;
                }
            }
            None => writeln!(out, "formatted {}", visible(&file.file))?,
        }
    }
    let changed = report.files.iter().filter(|file| file.changed).count();
    let files = match report.files.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    match (report.check, changed) {
        (_, 0) => writeln!(out, "{files}: nothing to format"),
        (true, changed) => writeln!(out, "{changed} of {files} to format"),
        (false, changed) => writeln!(out, "{changed} of {files} formatted"),
    }
}
