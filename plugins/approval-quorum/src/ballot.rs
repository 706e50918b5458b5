//! Votes: who cast them, and whether they count.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::instant::{Instant, RUN};
use gate_evidence::same::{key, same};
use tollgate_sdk::gate::{Fact, FactValue};

use crate::request::{LABEL, Request, label};
use crate::run::{BOUND_TO, Moment, Run};

/// What a vote says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Something else.
    Else,
}

impl Says {
    fn noun(self) -> &'static str {
        match self {
            Self::Approved => "approval",
            Self::Rejected => "rejection",
            Self::Else => "vote",
        }
    }
}

/// A vote of somebody with a voice, on what is promoted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vote<'a> {
    /// The fact.
    pub index: u32,
    /// Who cast it.
    pub by: &'a str,
    /// In which role.
    pub role: Option<&'a str>,
    /// What it says.
    pub says: Says,
    /// When it was cast, where that can be read.
    pub at: Option<(Instant, &'a str)>,
}

/// What a fact is worth.
pub(crate) enum Worth<'a> {
    /// It counts, or may.
    Vote(Vote<'a>),
    /// It does not; why.
    Void(u32, String),
    /// It may be a no of somebody with a voice; what is not known of it.
    Unclear(u32, String),
}

impl<'a> Vote<'a> {
    /// Who cast it, and as what.
    pub(crate) fn voter(&self) -> String {
        match self.role {
            Some(role) => format!("{} ({role})", self.by),
            None => self.by.into(),
        }
    }

    /// Whether an approval no longer stands.
    pub(crate) fn has_expired(&self, run: &Run<'_>, as_of: Instant) -> bool {
        match (run.demand.expires_after, self.at) {
            (Some(stands), Some((at, _))) => as_of.since(at) > stands.nanoseconds(),
            _ => false,
        }
    }
}

/// All votes that there are.
pub(crate) fn votes<'a>(
    facts: &'a [Fact],
    run: &Run<'_>,
    moment: &Moment<'_>,
    request: &Request<'_>,
) -> Vec<Worth<'a>> {
    (0u32..)
        .zip(facts)
        .filter(|(_, fact)| fact.subject == RUN && fact.name == "approval")
        .map(|(index, fact)| weigh(index, fact, run, moment, request))
        .collect()
}

/// What one fact is worth.
fn weigh<'a>(
    index: u32,
    fact: &'a Fact,
    run: &Run<'_>,
    moment: &Moment<'_>,
    request: &Request<'_>,
) -> Worth<'a> {
    let says = match &fact.value {
        FactValue::Text(text) if same(text, "approved") => Says::Approved,
        FactValue::Text(text) if same(text, "rejected") => Says::Rejected,
        _ => Says::Else,
    };
    let (by, role) = (label(fact, "by"), label(fact, "role"));
    let act = format!("the {} of {}", says.noun(), by.unwrap_or("somebody"));
    let time = fact.observed_at.as_deref();
    let at = time.and_then(|text| Some((Instant::parse(text)?, text)));
    if let Some(reason) = not_of_this(&act, fact, run, moment, request) {
        return Worth::Void(index, reason);
    }
    let unsaid = unsaid(fact, run);
    let by = match (by, unsaid) {
        (Some(by), None) => by,
        (_, unsaid) => {
            let reason = format!("{act} does not say {}", unsaid.unwrap_or("whose it is"));
            return match says {
                Says::Approved => Worth::Void(index, reason),
                _ => Worth::Unclear(index, reason),
            };
        }
    };
    if says == Says::Approved {
        // Who asks may take it back, but not grant it.
        if request.requesters.contains(&key(by)) {
            return Worth::Void(index, format!("{by} is the requester and does not count"));
        }
        if at.is_none() {
            let reason = match time {
                Some(text) => format!(
                    "{act} was given at `{text}`, which is no time such as `2026-11-21T15:54:00Z`"
                ),
                None => format!("{act} does not say when it was given"),
            };
            return Worth::Void(index, reason);
        }
    }
    Worth::Vote(Vote { index, by, role, says, at })
}

/// Why a vote is about something else, or is nobody's with a voice.
fn not_of_this(
    act: &str,
    fact: &Fact,
    run: &Run<'_>,
    moment: &Moment<'_>,
    request: &Request<'_>,
) -> Option<String> {
    if let Some(of) = label(fact, LABEL).filter(|of| !same(of, request.id)) {
        return Some(format!("{act} is for `{of}`"));
    }
    let is_other =
        |(bound, digest): &(&str, &&str)| label(fact, bound).is_some_and(|of| !same(of, digest));
    let bound = BOUND_TO.iter().map(|(bound, _)| *bound);
    let others: Vec<&str> =
        bound.zip(&moment.digests).filter(is_other).map(|(bound, _)| bound).collect();
    if !others.is_empty() {
        return Some(format!("{act} is of another {}", others.join(" and ")));
    }
    let roles = &run.demand.roles;
    if let Some(role) = label(fact, "role")
        && !roles.is_empty()
        && !roles.iter().any(|with_voice| same(with_voice, role))
    {
        return Some(format!("{act} does not count: {role} has no voice in {}", run.target));
    }
    let text = fact.observed_at.as_deref()?;
    (Instant::parse(text)? > moment.as_of)
        .then(|| format!("{act} is of {text}, which is after the time that this run judges as of"))
}

/// What a vote must say and does not.
fn unsaid(fact: &Fact, run: &Run<'_>) -> Option<&'static str> {
    let said = |key| label(fact, key).is_some();
    [
        (said("by"), "whose it is"),
        (said(LABEL), "for which request it is"),
        (said("model"), "of which model it is"),
        (said("policy"), "of which policy it is"),
        (said("report"), "of which report it is"),
        (said("role") || run.demand.roles.is_empty(), "in which role it was given"),
    ]
    .into_iter()
    .find_map(|(said, what)| (!said).then_some(what))
}
