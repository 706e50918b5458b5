//! `tollgate log attest`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic as _, Result};
use serde::Serialize;
use tollgate::source::{Content, read_bytes};
use tollgate_records::attest::{SigningKey, attest};

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  openssl genpkey -algorithm ed25519 -out key.pem
  openssl pkey -in key.pem -pubout -out public.pem
  tollgate log attest records.jsonl --seq 3 --key key.pem -o churn-v8.dsse.json
  tollgate verify churn-v8.dsse.json --key public.pem

The attestation is an in-toto statement (predicate type
https://in-toto.io/attestation/test-result/v0.1) in a DSSE envelope: the model and
the policies by their digests, the result, and each rule under its outcome. What
failed is attested as FAILED, and what is inconclusive as well, since in-toto has no
word for it: the record's `verdict` tells them apart. Keys are PKCS#8 in PEM,
Ed25519 or P-256. The records up to this one are verified before.")]
pub(crate) struct Attest {
    /// The file of records
    #[arg(value_name = "FILE")]
    pub(crate) log: PathBuf,
    /// The number of the record; the last one when none is given
    #[arg(long, value_name = "N")]
    pub(crate) seq: Option<u64>,
    /// The private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The attestation to write, whole or not at all; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Serialize)]
struct AttestReport {
    output: String,
    seq: u64,
    record: String,
    key: String,
}

pub(crate) fn run(arguments: &Attest) -> Result<Exit> {
    let to_standard_output = output::is_standard_output(&arguments.output);
    if arguments.format == Format::Json && to_standard_output {
        miette::bail!(
            "the report as JSON and the attestation cannot both go to standard output: give \
             `--output` a file"
        );
    }
    let pem = read_bytes(&arguments.key, Content::Document).into_diagnostic()?;
    let key = SigningKey::from_pem(&arguments.key.display().to_string(), &pem)?;
    let record = super::one(&arguments.log, arguments.seq)?;
    let envelope = attest(&record, &key)?;
    output::write(&arguments.output, envelope.to_json().as_bytes())?;
    let report = AttestReport {
        output: arguments.output.display().to_string(),
        seq: record.seq,
        record: record.hash.to_string(),
        key: key.public().id(),
    };
    match arguments.format {
        Format::Json => output::json("log attest", &report),
        Format::Human if to_standard_output => {}
        Format::Human => output::page(|out| {
            writeln!(
                out,
                "{}: record {}, signed by key {}",
                visible(&report.output),
                report.seq,
                report.key
            )
        }),
    }
    Ok(Exit::Passed)
}
