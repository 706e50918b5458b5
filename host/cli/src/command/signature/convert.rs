//! `tollgate signature convert`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Result;
use tollgate_signatures::convert::{self, ConvertReport};

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate signature convert --to json-schema models/churn -o churn.schema.json
  tollgate signature convert --to oip --name digits models/digits
  tollgate signature convert --to mlmodel churn.schema.json --lossless

JSON Schema describes the request body: `dataframe_records` for named columns,
`dataframe_split` for unnamed ones, `inputs` for tensors. What it accepts,
`tollgate check` accepts, but for what is said to be lost. OIP metadata is what
GET /v2/models/{name} answers.

The result goes to standard output or to --output, what is lost to standard
error. Exit codes: 0 converted, 1 something would be lost and --lossless was
given, 2 a file is wrong. More: host/cli/SIGNATURES.md.")]
pub(crate) struct Convert {
    /// The form to write
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) to: Form,
    /// The form of the file; guessed when left out
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) from: Option<Form>,
    /// Write nothing when something would be lost
    #[arg(long, alias = "strict")]
    pub(crate) lossless: bool,
    /// What OIP metadata calls the model
    #[arg(long, default_value = "model")]
    pub(crate) name: String,
    /// The file to write, whole or not at all; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// An MLmodel file, a model's folder, a JSON Schema or OIP metadata
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// MLflow's lists, as a JSON file
    Mlflow,
    /// MLflow's texts, as in an MLmodel file; `ModelSignature.from_dict` takes them
    Mlmodel,
    /// A JSON Schema of the request body, draft 2020-12
    JsonSchema,
    /// Model metadata of the Open Inference Protocol, version 2
    Oip,
}

pub(crate) fn run(arguments: &Convert) -> Result<Exit> {
    let given = convert::read(&arguments.file, arguments.from.map(form))?;
    let to = form(arguments.to);
    let (document, lost) = convert::write(&given.signature, to, &arguments.name);
    let mut losses = given.losses;
    losses.extend(lost);
    let refused = arguments.lossless && !losses.is_empty();
    let document = (!refused).then_some(document);
    let report = ConvertReport {
        verdict: if refused { "fail" } else { "pass" },
        source: given.source,
        from: given.form,
        to,
        losses,
        document,
    };
    let text = report.document.as_ref().map(convert::Document::text);
    let output = super::file(arguments.output.as_deref());
    if let (Some(text), Some(path)) = (&text, output) {
        super::deliver(Some(path), text)?;
    }
    match arguments.format {
        Format::Json => output::json("signature convert", &report),
        Format::Human => {
            if let (Some(text), None) = (&text, output) {
                super::deliver(None, text)?;
            }
            output::note(|out| super::tell(out, &report.losses));
            if refused {
                let count = report.losses.len();
                let things = if count == 1 { "thing" } else { "things" };
                output::note(|out| {
                    writeln!(out, "{count} {things} would be lost: nothing is written")
                });
            }
        }
    }
    Ok(if refused { Exit::Failed } else { Exit::Passed })
}

fn form(form: Form) -> convert::Form {
    match form {
        Form::Mlflow => convert::Form::Mlflow,
        Form::Mlmodel => convert::Form::Mlmodel,
        Form::JsonSchema => convert::Form::JsonSchema,
        Form::Oip => convert::Form::Oip,
    }
}
