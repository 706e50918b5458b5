//! `tollgate signature infer`

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use miette::Result;
use tollgate_engine::types::Outcome;
use tollgate_signatures::convert::Form;
use tollgate_signatures::infer::{InferReport, Inferred, infer};

use crate::arguments::{Format, PayloadFormat};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate signature infer train.csv --output-column churned -o signature.json
  tollgate signature infer day-1.jsonl day-2.jsonl
  head -1000 train.csv | tollgate signature infer - --input-format csv

The types are those that mlflow.models.infer_signature gives the data frame that
pandas reads: whole numbers are `long`, or `double` where some are missing; text
is `string`, also when it looks like a time; a column with a missing value is
optional. Where MLflow gives up without a word, the column is named.

Give data that is like real requests: what is never missing here must never be
missing there.")]
pub(crate) struct Infer {
    /// CSV, JSON lines, Parquet, Arrow IPC, a JSON list of records or a request
    /// body, all with the same columns; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How to read the files
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) input_format: PayloadFormat,
    /// A column that the model gives; may be given several times
    #[arg(long = "output-column", value_name = "NAME")]
    pub(crate) outputs: Vec<String>,
    /// Write the parts as texts, as an MLmodel file has them and
    /// `ModelSignature.from_dict` takes them
    #[arg(long)]
    pub(crate) texts: bool,
    /// The file to write, whole or not at all; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Infer) -> Result<Exit> {
    let paths: Vec<&Path> = arguments.files.iter().map(std::path::PathBuf::as_path).collect();
    let inferred = infer(&paths, arguments.input_format.asked(), &arguments.outputs)?;
    let document = inferred.document(if arguments.texts { Form::Mlmodel } else { Form::Mlflow });
    let text = document.text();
    let output = super::file(arguments.output.as_deref());
    if let Some(path) = output {
        super::deliver(Some(path), &text)?;
    }
    match arguments.format {
        Format::Json => {
            let report = InferReport {
                verdict: "pass",
                sources: paths.iter().map(|path| path.display().to_string()).collect(),
                rows: inferred.rows,
                hints: inferred.hints,
                document,
            };
            output::json("signature infer", &report);
        }
        Format::Human => {
            if output.is_none() {
                super::deliver(None, &text)?;
            }
            output::note(|out| tell(out, &inferred));
        }
    }
    Ok(Exit::Passed)
}

/// Columns with the same hint share a line.
fn tell(out: &mut String, inferred: &Inferred) -> fmt::Result {
    let style = output::style(Outcome::Warn);
    let rows = inferred.rows;
    writeln!(out, "inferred from {rows} {}", if rows == 1 { "row" } else { "rows" })?;
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for hint in &inferred.hints {
        let place = *places.entry(&hint.message).or_insert_with(|| {
            told.push((&hint.message, Vec::new()));
            told.len() - 1
        });
        if let Some((_, names)) = told.get_mut(place) {
            names.push(format!("`{}`", visible(&hint.column)));
        }
    }
    for (message, names) in told {
        writeln!(out, "{style}hint{style:#}  {}: {}", names.join(", "), visible(message))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tollgate_signatures::infer::Hint;
    use tollgate_signatures::schema::Signature;

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_a_column_is_called_is_only_read() {
        assert_harmless(|out, text| {
            let hint = Hint { column: text.to_owned(), message: text.to_owned() };
            let signature = Signature { inputs: None, outputs: None, params: None };
            tell(out, &Inferred { signature, rows: 2, hints: vec![hint.clone(), hint] })
        });
    }
}
