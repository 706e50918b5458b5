//! `tollgate bake`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tollgate::judge::{self, BakedDocument};
use tollgate::report::{BakedFrom, FindingReport};
use tollgate_engine::Digest;

use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Serialize)]
struct BakeReport {
    output: String,
    size: usize,
    digest: String,
    baked_from: BakedFrom,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<FindingReport>,
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
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Bake) -> Exit {
    output::shown("bake", arguments.format, || {
        if arguments.format == Format::Json && output::is_standard_output(&arguments.output) {
            miette::bail!(
                "the report as JSON and the component cannot both go to standard output: give \
                 `--output` a file"
            );
        }
        let plugins = super::plugins(&arguments.shared)?;
        let BakedDocument { component, from, remarks } = judge::bake(&plugins, &arguments.policy)?;
        let path = &arguments.output;
        output::write(path, &component)?;
        let report = BakeReport {
            output: path.display().to_string(),
            size: component.len(),
            digest: Digest::of(&component).to_string(),
            baked_from: from,
            remarks: remarks.into_iter().map(FindingReport::from).collect(),
        };
        let print = |out: &mut String| {
            writeln!(out, "{} ({} bytes)", visible(&report.output), report.size)?;
            writeln!(out, "{}", report.digest)?;
            writeln!(out, "baked from {}", report.baked_from.digest)?;
            for FindingReport { rule, outcome, message, pointer, .. } in &report.remarks {
                write!(out, "{} {}", outcome.name(), visible(rule))?;
                if let Some(place) = pointer {
                    write!(out, " at {} of the settings", visible(place))?;
                }
                writeln!(out, ": {}", visible(message))?;
            }
            Ok(())
        };
        match arguments.format {
            // The component is on standard output.
            Format::Human if output::is_standard_output(path) => output::note(print),
            Format::Human => output::page(print),
            Format::Json => output::json("bake", &report),
        }
        Ok(Exit::Passed)
    })
}
