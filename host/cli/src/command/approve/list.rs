//! `tollgate approve list`

use std::collections::BTreeMap;

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate_approvals::{Request, Standing, Vote};

use super::{Place, print};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those that wait for votes: nobody rejects them, and fewer than
    /// --quorum people approve them
    #[arg(long)]
    pub(crate) open: bool,
    /// How many approvals --open waits for; what a gate asks for its profile says
    #[arg(long, value_name = "N", default_value_t = 2, requires = "open")]
    pub(crate) quorum: usize,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    store: String,
    requests: Vec<Listed<'a>>,
}

/// The newest revision of a request, and how it stands.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    request: &'a Request,
    status: &'static str,
    approved_by: Vec<&'a str>,
    rejected_by: Vec<&'a str>,
}

pub(super) fn run(arguments: &List) -> Result<Exit> {
    let (location, store) = arguments.place.look()?;
    let (requests, votes) = match store {
        Some(mut store) => store.all()?,
        None => Default::default(),
    };
    let all = grouped(requests, votes);
    let mut shown: Vec<(&Request, Standing<'_>)> = all
        .iter()
        .filter_map(|(revisions, votes)| Some((revisions.last()?, Standing::of(revisions, votes))))
        .filter(|(_, standing)| !arguments.open || standing.is_open(arguments.quorum))
        .collect();
    // What was asked for last comes first.
    shown.sort_by_key(|(request, _)| std::cmp::Reverse(request.at));
    match arguments.place.format {
        Format::Json => {
            let requests = shown.iter().map(|(request, standing)| Listed {
                request,
                status: standing.status(),
                approved_by: people(&standing.approvals),
                rejected_by: people(&standing.rejections),
            });
            let store = location.to_string();
            output::json(
                "approve",
                &Report { action: "list", store, requests: requests.collect() },
            );
        }
        Format::Human => output::page(|out| print::list(out, &shown, &location.to_string())),
    }
    Ok(Exit::Passed)
}

fn people<'a>(votes: &[&'a Vote]) -> Vec<&'a str> {
    votes.iter().map(|vote| vote.by.as_str()).collect()
}

/// By request: its revisions and its votes, oldest first.
fn grouped(requests: Vec<Request>, votes: Vec<Vote>) -> Vec<(Vec<Request>, Vec<Vote>)> {
    let mut all: BTreeMap<String, (Vec<Request>, Vec<Vote>)> = BTreeMap::new();
    for request in requests {
        all.entry(request.id.key()).or_default().0.push(request);
    }
    for vote in votes {
        all.entry(vote.request.key()).or_default().1.push(vote);
    }
    all.into_values().collect()
}
