//! `tollgate approve show`

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate_approvals::{Request, Standing, StoreError, Vote};

use super::{Place, Reference, print};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The request, `churn-v8-Production`
    #[arg(value_name = "ID")]
    pub(crate) id: Reference,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    store: String,
    status: &'static str,
    /// Oldest first; the last one is what is asked for now.
    revisions: &'a [Request],
    votes: &'a [Vote],
}

pub(super) fn run(arguments: &Show) -> Result<Exit> {
    let (location, store) = arguments.place.look()?;
    let id = &arguments.id.id;
    let (revisions, votes) = match store {
        Some(mut store) => (store.revisions(id)?, store.votes(id)?),
        None => Default::default(),
    };
    let store = location.to_string();
    if revisions.is_empty() {
        return Err(StoreError::NoRequest { name: store, request: id.to_string() }.into());
    }
    let standing = Standing::of(&revisions, &votes);
    match arguments.place.format {
        Format::Json => output::json(
            "approve",
            &Report {
                action: "show",
                store,
                status: standing.status(),
                revisions: &revisions,
                votes: &votes,
            },
        ),
        Format::Human => output::page(|out| print::show(out, &revisions, &votes, &standing)),
    }
    Ok(Exit::Passed)
}
