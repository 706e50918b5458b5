//! Counts the people.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::same::key;
use tollgate_sdk::gate::Fact;
use tollgate_sdk::{Finding, Outcome};

use crate::ballot::{Says, Vote, Worth, votes};
use crate::request::{REQUEST, Request};
use crate::run::{Moment, QUORUM, Run, Stop};
use crate::settings::Settings;

/// The rule that nobody with a voice says no.
const REJECTION: &str = "approval-rejection";

/// How many voters and void votes a message names; the others are counted.
const NAMED: usize = 20;

/// Judges the approvals.
pub(crate) fn judge(facts: &[Fact], settings: &Settings) -> Vec<Finding> {
    attempt(facts, settings).unwrap_or_else(|Stop(findings)| findings)
}

fn attempt(facts: &[Fact], settings: &Settings) -> Result<Vec<Finding>, Stop> {
    let run = Run::read(facts, settings)?;
    if run.demand.quorum == 0 {
        let message = format!("{} needs no approval, as the settings say", run.target);
        let mut finding = Finding::new(QUORUM, Outcome::Pass, message);
        finding.facts = run.facts;
        return Ok([finding].into());
    }
    let moment = Moment::read(facts)?;
    let request = Request::find(facts, &run, moment.as_of, settings)?;
    let mut told =
        Finding::new(REQUEST, Outcome::Pass, format!("{} requested `{}`", request.by, request.id));
    told.facts.clone_from(&request.facts);

    let count = Count::of(votes(facts, &run, &moment, &request), &run, &moment);
    let mut quorum = count.quorum(&run, settings.severity);
    quorum.facts.extend(run.facts);
    quorum.facts.extend(moment.facts);
    Ok([told, count.rejection(settings.severity), quorum].into())
}

/// The people and what they say.
#[derive(Default)]
struct Count<'a> {
    approvals: Vec<Vote<'a>>,
    rejections: Vec<Vote<'a>>,
    /// Who says what cannot be told, why, and which facts say so.
    unclear: Vec<(String, Vec<u32>)>,
    /// Votes that do not count, and why.
    void: Vec<(u32, String)>,
}

impl<'a> Count<'a> {
    /// What each person says last.
    fn of(all: Vec<Worth<'a>>, run: &Run<'_>, moment: &Moment<'_>) -> Self {
        let mut count = Self::default();
        let mut people: BTreeMap<String, Vec<Vote<'a>>> = BTreeMap::new();
        for worth in all {
            match worth {
                Worth::Vote(vote) => people.entry(key(vote.by)).or_default().push(vote),
                Worth::Void(index, reason) => count.void.push((index, reason)),
                Worth::Unclear(index, reason) => count.unclear.push((reason, [index].into())),
            }
        }
        for votes in people.into_values() {
            count.add(&votes, run, moment);
        }
        count
    }

    /// Adds one person: the newest vote counts, and one that does not say when
    /// it was cast may be the newest.
    fn add(&mut self, votes: &[Vote<'a>], run: &Run<'_>, moment: &Moment<'_>) {
        let newest = votes.iter().filter_map(|vote| vote.at).map(|(at, _)| at).max();
        let counts = |vote: &&Vote<'a>| vote.at.is_none_or(|(at, _)| Some(at) == newest);
        let mut last = votes.iter().filter(counts);
        let Some(vote) = last.next() else { return };
        let indices = || votes.iter().filter(counts).map(|vote| vote.index).collect();
        if last.any(|other| other.says != vote.says) {
            let reason = format!("{} says different things at once", vote.voter());
            return self.unclear.push((reason, indices()));
        }
        match vote.says {
            Says::Approved if vote.has_expired(run, moment.as_of) => {
                let reason = format!(
                    "the approval of {} was given at {}, and stands for {}",
                    vote.by,
                    vote.at.map_or("", |(_, text)| text),
                    run.demand.expires_after.map_or_else(String::new, |stands| stands.to_string())
                );
                self.void.push((vote.index, reason));
            }
            Says::Approved => self.approvals.push(*vote),
            Says::Rejected => self.rejections.push(*vote),
            Says::Else => {
                let reason = format!("{} says neither `approved` nor `rejected`", vote.voter());
                self.unclear.push((reason, indices()));
            }
        }
    }

    /// Whether somebody says no.
    fn rejection(&self, severity: Outcome) -> Finding {
        let mut finding = if !self.rejections.is_empty() {
            let reject = |vote: &Vote<'_>| match vote.at {
                Some((_, text)) => format!("{} rejected it at {text}", vote.voter()),
                None => format!("{} rejected it", vote.voter()),
            };
            let told = list(self.rejections.iter().map(reject), "; ");
            Finding::new(REJECTION, severity, told)
                .expected("no rejection that its voter has not taken back by a later approval")
        } else if self.unclear.is_empty() {
            Finding::new(REJECTION, Outcome::Pass, "nobody with a voice rejects it")
        } else {
            let told = list(self.unclear.iter().map(|(reason, _)| reason.clone()), "; ");
            Finding::new(REJECTION, Outcome::Inconclusive, told)
        };
        finding.facts = self.rejections.iter().map(|vote| vote.index).collect();
        finding.facts.extend(self.unclear.iter().flat_map(|(_, facts)| facts));
        finding
    }

    /// Whether enough people say yes.
    fn quorum(&self, run: &Run<'_>, severity: Outcome) -> Finding {
        let (have, need) = (self.approvals.len(), run.demand.quorum);
        let is_enough = have >= need;
        let (outcome, mut message) = if is_enough {
            (
                Outcome::Pass,
                format!("{have} {} for {}, and {need} needed", approvals(have), run.target),
            )
        } else {
            (severity, format!("{have} of {need} {} for {}", approvals(need), run.target))
        };
        let voters = list(self.approvals.iter().map(Vote::voter), ", ");
        let void = list(self.void.iter().map(|(_, reason)| reason.clone()), "; ");
        let mut before = ": ";
        for part in [voters, void].into_iter().filter(|part| !part.is_empty()) {
            message = message + before + &part;
            before = "; ";
        }
        let roles = run.demand.roles.join(" or ");
        let of = if roles.is_empty() { String::new() } else { format!(" of {roles}") };
        let people = if need == 1 { "1 person".into() } else { format!("{need} people") };
        let mut finding = Finding::new(QUORUM, outcome, message)
            .expected(format!("{people}{of}, not the requester"))
            .actual(have.to_string());
        finding.facts = self.approvals.iter().map(|vote| vote.index).collect();
        finding.facts.extend(self.void.iter().take(NAMED).map(|(index, _)| *index));
        finding
    }
}

/// The first of them, and how many more.
fn list(all: impl Iterator<Item = String>, between: &str) -> String {
    let mut all = all;
    let named: Vec<String> = all.by_ref().take(NAMED).collect();
    let more = all.count();
    let mut text = named.join(between);
    if more > 0 {
        text = format!("{text}{between}and {more} more");
    }
    text
}

fn approvals(count: usize) -> &'static str {
    if count == 1 { "approval" } else { "approvals" }
}
