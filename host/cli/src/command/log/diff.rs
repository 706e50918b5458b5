//! `tollgate log diff`

mod print;

use std::path::PathBuf;

use clap::Args;
use miette::{Result, miette};
use tollgate::difference::Taken;
use tollgate::facts::Instant;
use tollgate::judge::{Decider, Opened};
use tollgate_decisions::diff::{Asked, diff};
use tollgate_engine::World;

use super::query::instant;
use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log diff decisions/ --policy policies/fraud.yaml
  tollgate log diff decisions/ --policy fraud-3.yaml --since 2026-11-29T00:00:00Z
  tollgate log diff decisions/ --policy fraud-3.yaml --rows allow:block --examples 100

The new policy decides on what is logged, and that is put beside what was done:
from which action to which, how many, and some of them. Memory stays the same
however long the log is. Compared are the decisions of the policy with the name
that the document has, in whatever versions.

A decision is not judged where the log does not hold all that the new policy reads:
an input that was not read before, comes from another place, is masked, or may be a
default that is another one now. Those, and decisions that were dropped or sampled
away, are told and are never counted as unchanged.

Exit codes: 0 all were compared, whether they come out differently or not, 2 a file
is wrong or the plugin fails, 3 not all were compared, or none.")]
pub(crate) struct Diff {
    /// The folder of a decision log, or a file of it
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The new policy document, or a component made by `tollgate bake`
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// The name of the policy that decided, where the new one has another
    #[arg(long, value_name = "NAME")]
    pub(crate) of: Option<String>,
    /// Not before
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) since: Option<Instant>,
    /// Before
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) until: Option<Instant>,
    /// Show the decisions of one transition only: `allow:block`
    #[arg(long, value_name = "FROM:TO", value_parser = transition)]
    pub(crate) rows: Option<(Taken, Taken)>,
    /// How many decisions to show of each transition
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) examples: usize,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

fn transition(text: &str) -> Result<(Taken, Taken), &'static str> {
    let taken = |action: &str| Taken { action: Some(action.to_owned()), fallback: false };
    let both = text.split_once(':').filter(|(from, to)| !from.is_empty() && !to.is_empty());
    let both = both.map(|(from, to)| (taken(from), taken(to)));
    both.ok_or("a transition is two actions, such as `allow:block`")
}

pub(crate) fn run(arguments: &Diff) -> Result<Exit> {
    let plugins = super::super::plugins(&arguments.shared)?;
    let opened = Opened::open(&plugins, &arguments.policy)?;
    if opened.plugin().world() != World::Policy {
        return Err(miette!("`{}` decides on no scores", opened.file()));
    }
    let new = Decider::new(opened)?;
    let actions = &new.policy().surface().actions;
    if let Some((_, Taken { action: Some(to), .. })) = &arguments.rows
        && !actions.contains(to)
    {
        let known = format!("it takes {}", actions.join(", "));
        return Err(miette!(help = known, "`{to}` is no action of the new policy"));
    }
    let asked = Asked {
        name: arguments.of.clone(),
        since: arguments.since,
        until: arguments.until,
        examples: arguments.examples,
        rows: arguments.rows.clone(),
    };
    let progress = output::progress("decisions");
    let report = diff(&arguments.log, &new, &asked, &mut |count| progress.set_position(count))?;
    progress.finish_and_clear();
    match arguments.format {
        Format::Json => output::json("log diff", &report),
        Format::Human => output::page(|out| print::print(out, &report)),
    }
    Ok(Exit::of(report.verdict(), false))
}
