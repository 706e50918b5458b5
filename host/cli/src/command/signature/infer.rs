//! `tollgate signature infer`

use std::io::Write as _;
use std::path::Path;

use miette::Result;
use tollgate::report::Exit;
use tollgate::signature::convert::Form;
use tollgate::signature::infer::{InferReport, Inferred, infer};
use tollgate_engine::types::Outcome;

use crate::arguments::{Format, Infer};
use crate::output;

pub(crate) fn run(arguments: &Infer) -> Result<Exit> {
    let paths: Vec<&Path> = arguments.files.iter().map(std::path::PathBuf::as_path).collect();
    let inferred = infer(&paths, arguments.input_format.asked(), &arguments.outputs)?;
    let document = inferred.document(if arguments.texts { Form::Mlmodel } else { Form::Mlflow });
    let text = document.text();
    if let Some(path) = &arguments.output {
        super::deliver(Some(path), &text)?;
    }
    match arguments.format {
        Format::Json => {
            let report = InferReport {
                command: "signature infer",
                verdict: "pass",
                sources: paths.iter().map(|path| path.display().to_string()).collect(),
                rows: inferred.rows,
                hints: inferred.hints,
                document,
            };
            output::written(output::json(&report))?;
        }
        Format::Human => {
            if arguments.output.is_none() {
                super::deliver(None, &text)?;
            }
            output::written(tell(&inferred))?;
        }
    }
    Ok(Exit::Passed)
}

/// Columns with the same hint share a line.
fn tell(inferred: &Inferred) -> std::io::Result<()> {
    let mut out = anstream::stderr().lock();
    let style = output::style(Outcome::Warn);
    let rows = inferred.rows;
    writeln!(out, "inferred from {rows} {}", if rows == 1 { "row" } else { "rows" })?;
    let mut told: Vec<&str> = Vec::new();
    for hint in &inferred.hints {
        if told.contains(&hint.message.as_str()) {
            continue;
        }
        told.push(&hint.message);
        let names: Vec<String> = inferred
            .hints
            .iter()
            .filter(|other| other.message == hint.message)
            .map(|other| format!("`{}`", other.column))
            .collect();
        writeln!(out, "{style}hint{style:#}  {}: {}", names.join(", "), hint.message)?;
    }
    Ok(())
}
