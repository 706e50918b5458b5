//! `tollgate approve approve` and `tollgate approve reject`

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate_approvals::{NewVote, Request, Right, Says, Vote};

use super::{Place, Reference, print};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate approve show churn-v8-Production
  tollgate approve approve churn-v8-Production@1 --note 'report read, slices are fine'

An approval stands for the version, the policies and the report of the revision
that you looked at; @1 says which, and may be left out while there is only one.
Your newest vote counts. Who you are is said by a signed token.")]
pub(crate) struct Approve {
    /// The request, `churn-v8-Production` or `churn-v8-Production@2`
    #[arg(value_name = "ID")]
    pub(crate) id: Reference,
    /// What you looked at
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    /// Your role, where you have several that may vote
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollgate approve reject churn-v8-Production@1 --note 'recall of new merchants fell'

A rejection blocks until you approve, or until the version, the policies or the
report change. Who you are is said by a signed token.")]
pub(crate) struct Reject {
    /// The request, `churn-v8-Production` or `churn-v8-Production@2`
    #[arg(value_name = "ID")]
    pub(crate) id: Reference,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    /// Your role, where you have several that may vote
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// What both have.
pub(super) struct Ballot<'a> {
    id: &'a Reference,
    note: &'a str,
    role: Option<&'a str>,
    place: &'a Place,
}

impl Approve {
    pub(super) fn shared(&self) -> Ballot<'_> {
        let role = self.role.as_deref();
        Ballot { id: &self.id, note: &self.note, role, place: &self.place }
    }
}

impl Reject {
    pub(super) fn shared(&self) -> Ballot<'_> {
        let role = self.role.as_deref();
        Ballot { id: &self.id, note: &self.note, role, place: &self.place }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    store: String,
    request: &'a Request,
    vote: &'a Vote,
}

pub(super) fn run(ballot: &Ballot<'_>, says: Says) -> Result<Exit> {
    let (mut store, identity) = ballot.place.enter()?;
    let role = identity.role(Right::Vote, ballot.role)?.to_owned();
    let (request, vote) = store.vote(&NewVote {
        request: ballot.id.id.clone(),
        revision: ballot.id.revision,
        by: identity.person.clone(),
        role,
        says,
        note: ballot.note.to_owned(),
        voucher: identity.voucher.clone(),
    })?;
    let action = match says {
        Says::Approved => "approve",
        Says::Rejected => "reject",
    };
    match ballot.place.format {
        Format::Json => {
            let store = store.location().to_string();
            output::json("approve", &Report { action, store, request: &request, vote: &vote });
        }
        Format::Human => {
            let requesters = store.revisions(&request.id)?;
            output::page(|out| print::voted(out, &request, &vote, &requesters));
        }
    }
    Ok(Exit::Passed)
}
