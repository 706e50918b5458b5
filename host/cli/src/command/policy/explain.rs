//! `tollgate policy explain`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Result;
use tollgate_authoring::explain::explain;
use tollgate_authoring::page;

use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output;

/// What a page has where nobody says it: wide enough for tables, and no wider
/// than paper.
const WIDTH: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate policy explain policies/fraud.yaml
  tollgate policy explain policies/gates/offline.yaml --format markdown
  tollgate policy explain policies/fraud.yaml --format html > fraud.html

The table of a policy is what its plugin decided when it was asked: at every
number and text of the settings, beside each, and in between. That of a gate
profile is what its plugin finds without any evidence: what each rule expects,
and what it is where evidence is missing.")]
pub(crate) struct Explain {
    /// A policy document, a gate profile, or what `tollgate bake` made of one
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to write the page
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PageFormat,
    /// How many columns a page for a terminal has
    #[arg(long, value_name = "COLUMNS", default_value_t = WIDTH)]
    pub(crate) width: usize,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    /// For a terminal
    #[default]
    Human,
    /// For a wiki or a comment
    Markdown,
    /// One page that needs nothing else
    Html,
    /// For a program
    Json,
}

pub(crate) fn run(arguments: &Explain) -> Exit {
    let format = match arguments.format {
        PageFormat::Json => Format::Json,
        _ => Format::Human,
    };
    output::shown("policy explain", format, || page(arguments))
}

fn page(arguments: &Explain) -> Result<Exit> {
    let plugins = crate::command::plugins(&arguments.shared)?;
    let explanation = explain(&plugins, &arguments.file)?;
    match arguments.format {
        PageFormat::Human => {
            output::page(|out| page::human(out, &explanation, arguments.width));
        }
        PageFormat::Markdown => output::page(|out| page::markdown(out, &explanation)),
        PageFormat::Html => output::page(|out| page::html(out, &explanation)),
        PageFormat::Json => output::json("policy explain", &explanation),
    }
    Ok(Exit::Passed)
}
