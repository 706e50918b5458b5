//! What is asked for on the command line.

mod signature;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use tollgate::rows::RowFormat;
use tollgate_engine::types::Outcome;

use crate::exit::Exit;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Judges payloads, model versions and scores with versioned WebAssembly
/// policies.
#[derive(Debug, Parser)]
#[command(
    name = "tollgate",
    version,
    styles = STYLES,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Exit codes: 0 passed, 1 failed, 2 the command, a file or a plugin is wrong,
3 cannot be judged or a person must look. Reports go to standard output,
everything else to standard error; what becomes of a report changes no exit
code."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check whether a payload honours a model's signature or a JSON Schema
    Check(Check),
    /// Judge whether a model version may move on
    Gate(Gate),
    /// Decide what to do with a score
    Decide(Decide),
    /// Infer, compare and convert signatures
    #[command(subcommand)]
    Signature(Signature),
    /// List and inspect plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Freeze a policy document and its plugin into one component
    Bake(Bake),
    /// Compile a component from standard input to standard output
    #[command(hide = true)]
    CompileComponent(CompileComponent),
}

/// What this program calls itself with.
#[derive(Debug, Args)]
pub(crate) struct CompileComponent {
    /// Bytes of memory that it may take
    pub(crate) memory: u64,
    /// Seconds of processor time that it may take
    pub(crate) seconds: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate check --signature models/churn --payload request.json
  curl -s $URL/sample | tollgate check --signature MLmodel --payload -
  curl -s $URL/invocations -d @request.json -H 'Content-Type: application/json' \\
      | tollgate check --signature MLmodel --outputs --payload -
  tollgate check --signature models/churn --payload scoring-2026-10.parquet
  tollgate check --signature MLmodel            is the signature itself sound?
  tollgate check --signature MLmodel --protocol oip --payload infer.json
  tollgate check --schema request.schema.json --payload request.json
  tollgate check --policy checks/orders.yaml --payload order.json

In `strict` mode a payload that MLflow would change silently (2.5 to a long,
\"abc\" to true) is refused, and the finding says what the model would have got.")]
#[command(group = ArgGroup::new("subject").args(["signature", "schema", "policy"]).required(true))]
pub(crate) struct Check {
    /// The signature: an MLmodel file, a model's folder, or a JSON file
    #[arg(long, value_name = "PATH")]
    pub(crate) signature: Option<PathBuf>,
    /// A JSON Schema instead of a signature: drafts 4 to 2020-12, JSON or YAML
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outputs", "mode", "protocol"])]
    pub(crate) schema: Option<PathBuf>,
    /// A policy document of any signature plugin, or a component that `tollgate
    /// bake` made of one; its settings say the rest, also how many findings a
    /// request may have and whether it may be empty
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outputs", "mode", "protocol"])]
    pub(crate) policy: Option<PathBuf>,
    /// A schema that the schema refers to; may be given several times
    // Without the conflicts clap forgets what it requires where another subject
    // is given, and the flag would do nothing.
    #[arg(long, value_name = "URI=FILE", value_parser = resource)]
    #[arg(requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) resource: Vec<(String, PathBuf)>,
    /// Make `format` a rule where the schema's draft makes it a remark
    #[arg(long, requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) formats: bool,
    /// Refuse a schema with keywords that its draft does not know, or that
    /// nothing can break; otherwise a warning tells of these
    #[arg(long, requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) strict_schema: bool,
    /// A request body, or a file of rows; `-` is standard input
    ///
    /// A file of rows is read in batches, whatever its size. CSV needs a
    /// header row; JSON lines have one record a line. One row may take 16 MiB.
    /// A byte order mark at the beginning is no part of any of them. In CSV
    /// white space around names, numbers and booleans does not count; around
    /// text it is a part of the text.
    ///
    /// With `--schema` each row by itself is the instance, in every format.
    /// With `--policy` other files than JSON lines are judged as columns; lines
    /// are records of a frame for `mlflow-signature`, and payloads of their own
    /// for every other plugin.
    #[arg(long, value_name = "FILE")]
    pub(crate) payload: Option<PathBuf>,
    /// The payload is the answer to a request: judge it by the signature's outputs
    #[arg(long, requires = "payload")]
    pub(crate) outputs: bool,
    /// What the payload is
    #[arg(long, value_enum, default_value_t)]
    pub(crate) payload_format: PayloadFormat,
    /// What the payload is written in
    #[arg(long, value_enum, default_value_t)]
    pub(crate) protocol: Protocol,
    /// Refuse what MLflow refuses, or also what it changes silently
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: Mode,
    /// Show at most so many findings
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) max_findings: u32,
    /// Leave the payload's values out of the report
    #[arg(long)]
    pub(crate) hide_values: bool,
    #[command(flatten)]
    pub(crate) emptiness: Emptiness,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// The bodies of MLflow's own scoring server
    #[default]
    Mlflow,
    /// The Open Inference Protocol v2: KServe, Triton, MLServer
    Oip,
}

/// `URI=FILE`. The last `=` parts them, since a URI may hold one.
fn resource(text: &str) -> Result<(String, PathBuf), String> {
    match text.rsplit_once('=') {
        Some((uri, file)) if !uri.is_empty() && !file.is_empty() => Ok((uri.into(), file.into())),
        _ => Err("expected a URI and a file, `https://example.com/money.json=money.json`".into()),
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PayloadFormat {
    /// By the file's name (.csv, .jsonl, .ndjson, .parquet, .pq, .arrow,
    /// .feather, .json), else by its first bytes; else a request, and on
    /// standard input an error
    #[default]
    Auto,
    /// One request body
    Request,
    /// Comma-separated, with a header row
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
    /// Apache Arrow IPC, a file or a stream
    Arrow,
}

impl PayloadFormat {
    pub(crate) fn asked(self) -> tollgate_frames::PayloadFormat {
        use tollgate_frames::PayloadFormat;
        match self {
            Self::Auto => PayloadFormat::Auto,
            Self::Request => PayloadFormat::Request,
            Self::Csv => PayloadFormat::Rows(RowFormat::Csv),
            Self::Jsonl => PayloadFormat::Rows(RowFormat::Jsonl),
            Self::Parquet => PayloadFormat::Rows(RowFormat::Parquet),
            Self::Arrow => PayloadFormat::Rows(RowFormat::Arrow),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Mode {
    /// Also refuse what MLflow would change silently
    #[default]
    Strict,
    /// Answer as MLflow does
    Mlflow,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate gate --candidate models/churn-v8 --champion models/churn-v7 \\
      --profile policies/gates/offline.yaml
  tollgate gate --candidate models/churn-v8 --facts load-test.json \\
      --profile policies/gates/staging.yaml --profile policies/gates/production.yaml
  tollgate bake --policy policies/gates/offline.yaml -o offline.wasm
  tollgate gate --candidate models/churn-v8 --profile offline.wasm

A model's folder holds what MLflow gives: MLmodel, run.json (GET runs/get),
model_version.json, and facts.json with evidence from elsewhere. Facts may say
when they were `observed_at`: the newest counts, and a rule with `max_age` takes
none that is older, counted from --as-of.")]
pub(crate) struct Gate {
    /// The folder of the model version that wants to move on
    #[arg(long, value_name = "FOLDER")]
    pub(crate) candidate: PathBuf,
    /// The folder of the version to compare with
    #[arg(long, value_name = "FOLDER")]
    pub(crate) champion: Option<PathBuf>,
    /// More evidence, JSON or YAML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    /// What rules with `max_age` count from, RFC 3339; now, when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<tollgate::facts::Instant>,
    /// A gate profile, or one made by `tollgate bake`; all that are given must pass
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) profile: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

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
    /// One JSON object, JSON lines or CSV; `-` is standard input
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
    pub(crate) emptiness: Emptiness,
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

pub(crate) use signature::{Convert, Diff, Form, Infer, Reader, Signature};

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// List the built-in plugins
    List(Shared),
    /// Show what a plugin is: world, contract, imports, limits, settings
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A component file, or the name of a built-in plugin
    #[arg(value_name = "FILE")]
    pub(crate) plugin: PathBuf,
    /// Bake a baked component again, and fail when the bytes differ
    ///
    /// What a component says that it was baked from is a claim that anyone can
    /// write. The plugin it names is looked for among the built-in ones and
    /// those given with `--plugin`, and the document is the one in it.
    #[arg(long)]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollgate bake --policy policies/fraud.yaml -o fraud.wasm
  tollgate decide --policy fraud.wasm --input transaction.json

The component holds plugin, settings and document, imports nothing and has one
digest: sign it, ship it, pin it. The same document gives the same bytes.")]
pub(crate) struct Bake {
    /// The policy document or gate profile
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// The component to write, whole or not at all; `-` is standard output
    ///
    /// A link is replaced, and not what it names; devices and FIFOs are written
    /// to.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// A plugin file that documents may name; may be given several times
    #[arg(long = "plugin", value_name = "FILE", id = "plugin_file")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Compile plugins anew, and keep nothing on disk
    ///
    /// Compiled plugins are kept in `~/.cache/tollgate/compiled` (or below
    /// `$XDG_CACHE_HOME`), at most 512 MiB, the least recently used go first.
    /// The key that marks them as yours is `~/.local/state/tollgate/cache.key`
    /// (or below `$XDG_STATE_HOME`). Where either is a link, another user's or
    /// open to others there is no cache, and a warning says why.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// What commands that judge rows take.
#[derive(Debug, Args)]
pub(crate) struct Emptiness {
    /// Let pass what has no rows, which is inconclusive otherwise
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// What commands that judge take.
#[derive(Debug, Args)]
pub(crate) struct Verdict {
    /// The mildest outcome that fails the command
    #[arg(long, value_enum, default_value_t, value_name = "OUTCOME")]
    pub(crate) fail_on: FailOn,
    /// Exit with 0 where it would be 1 or 3; errors stay 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Warnings pass
    #[default]
    Fail,
    /// Warnings fail, too
    Warn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    #[default]
    Human,
    /// For a program; see policies/report.schema.json
    Json,
}

impl Verdict {
    /// How a command with this verdict ends.
    pub(crate) fn exit(&self, verdict: Outcome) -> Exit {
        let exit = Exit::of(verdict, self.fail_on == FailOn::Warn);
        if self.exit_zero { Exit::Passed } else { exit }
    }
}
