//! `tollgate log`

mod attest;
mod diff;
mod export;
mod query;
mod replay;
mod show;
mod verify;

use std::path::Path;

use clap::Subcommand;
use miette::Result;
use tollgate_records::gate;
use tollgate_records::log::Records;
use tollgate_records::record::Record;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Verify that no record was changed, removed or put in
    Verify(verify::Verify),
    /// Show what is recorded
    Show(show::Show),
    /// Find decisions by policy, action, reason, time and inputs
    Query(query::Query),
    /// Judge again what is recorded, and compare
    Replay(replay::Replay),
    /// Show what another policy would have decided on what is logged
    Diff(diff::Diff),
    /// Write a decision log as a Parquet file
    Export(export::Export),
    /// Sign what a record says, as an in-toto attestation
    Attest(attest::Attest),
}

pub(crate) fn run(arguments: &Log) -> Exit {
    match arguments {
        Log::Verify(verify) => {
            output::shown("log verify", verify.format, || self::verify::run(verify))
        }
        Log::Show(show) => output::shown("log show", show.format, || self::show::run(show)),
        Log::Replay(replay) => {
            output::shown("log replay", replay.format, || self::replay::run(replay))
        }
        Log::Query(query) => {
            output::shown("log query", query.format.errors(), || self::query::run(query))
        }
        Log::Export(export) => {
            output::shown("log export", Format::Human, || self::export::run(export))
        }
        Log::Diff(diff) => output::shown("log diff", diff.format, || self::diff::run(diff)),
        Log::Attest(attest) => {
            output::shown("log attest", attest.format, || self::attest::run(attest))
        }
    }
}

/// The record with this number, or the last one of a gate run; all up to it
/// are verified.
fn one(log: &Path, seq: Option<u64>) -> Result<Record> {
    let mut last = None;
    for record in Records::open(log)? {
        let record = record?;
        match seq {
            Some(seq) if record.seq == seq => return Ok(record),
            Some(_) => {}
            None if record.kind == gate::KIND => last = Some(record),
            None => {}
        }
    }
    let log = log.display();
    last.ok_or_else(|| match seq {
        Some(seq) => miette::miette!("`{log}` has no record {seq}"),
        None => miette::miette!("`{log}` has no record of a gate run"),
    })
}
