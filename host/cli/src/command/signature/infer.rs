//! `tollgate signature infer`

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::path::Path;

use miette::Result;
use tollgate_engine::types::Outcome;
use tollgate_signatures::convert::Form;
use tollgate_signatures::infer::{InferReport, Inferred, infer};

use crate::arguments::{Format, Infer};
use crate::exit::Exit;
use crate::output::{self, visible};

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
