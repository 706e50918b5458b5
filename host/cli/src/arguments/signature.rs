//! `tollgate signature`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, PayloadFormat};

#[derive(Debug, Subcommand)]
pub(crate) enum Signature {
    /// Say what changed between two signatures, and whom it breaks
    Diff(Diff),
    /// Infer a signature from data files, as MLflow does
    Infer(Infer),
    /// Write a signature in another form, and say what is lost
    Convert(Convert),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate signature diff models/churn-v7 models/churn-v8
  tollgate signature diff old/MLmodel signature.json --for both
  tollgate signature diff models/churn-v7 models/churn-v8 --format json

Callers send inputs and parameters and read outputs; the model takes the one
and gives the other. A change breaks callers when the new signature refuses what
the old one took, or no longer promises what it gave: then the major version
must rise. It breaks the model when a model made for the old signature would get
something else: then the model must change along with its signature.

Exit codes: 0 compatible, 1 breaking for those that --for names, 2 a file is
wrong. The rules, as a table: host/cli/SIGNATURES.md.")]
pub(crate) struct Diff {
    /// The old signature: an MLmodel file, a model's folder, or a JSON file
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The new signature
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Whom a breaking change must not meet
    #[arg(long = "for", value_enum, default_value_t, value_name = "WHOM")]
    pub(crate) reader: Reader,
    /// Exit with 0 where it would be 1; errors stay 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reader {
    /// Who sends requests and reads answers
    #[default]
    Callers,
    /// A model that is kept while its signature changes
    Model,
    /// Both
    Both,
}

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
