//! How a request stands: what each person says last.

use std::collections::BTreeMap;

use super::{Request, Says, Vote, person_key, same};

/// How the newest revision of a request stands. For people who look: a gate
/// judges by its own rules.
#[derive(Debug, Clone, Default)]
pub struct Standing<'a> {
    /// Approvals of the version as it is now, one a person, the requesters'
    /// left out.
    pub approvals: Vec<&'a Vote>,
    /// Rejections that their voters have not taken back.
    pub rejections: Vec<&'a Vote>,
    /// Approvals of somebody who requested it.
    pub own: Vec<&'a Vote>,
    /// Votes on what it was before.
    pub void: Vec<&'a Vote>,
}

impl<'a> Standing<'a> {
    /// Of all revisions of one request, oldest first, and its votes.
    #[must_use]
    pub fn of(revisions: &[Request], votes: &'a [Vote]) -> Self {
        let mut standing = Self::default();
        let Some(newest) = revisions.last() else { return standing };
        let mut last: BTreeMap<String, &Vote> = BTreeMap::new();
        for vote in votes {
            if vote.digests != newest.digests {
                standing.void.push(vote);
                continue;
            }
            let said = last.entry(person_key(&vote.by)).or_insert(vote);
            if vote.at >= said.at {
                *said = vote;
            }
        }
        for vote in last.into_values() {
            let is_own = revisions.iter().any(|request| same(&request.requested_by, &vote.by));
            match vote.says {
                Says::Rejected => standing.rejections.push(vote),
                Says::Approved if is_own => standing.own.push(vote),
                Says::Approved => standing.approvals.push(vote),
            }
        }
        standing
    }

    /// `rejected`, `approved` by somebody, or `pending`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.rejections.is_empty(), self.approvals.is_empty()) {
            (false, _) => "rejected",
            (true, false) => "approved",
            (true, true) => "pending",
        }
    }

    /// Whether it waits for votes: nobody rejects it, and fewer than `quorum`
    /// people approve it.
    #[must_use]
    pub fn is_open(&self, quorum: usize) -> bool {
        self.rejections.is_empty() && self.approvals.len() < quorum
    }
}
