//! What a round came to, for whoever reads it.

use serde::Serialize;
use tollgate_engine::types::Outcome;

use crate::reaction::Act;

/// What a round came to.
#[derive(Debug, Clone, Serialize)]
pub struct RoundReport {
    /// Its number, from 1; rounds before a restart count.
    pub round: u64,
    /// As of when, RFC 3339.
    pub as_of: String,
    /// What is watched: `churn v8`.
    pub watched: String,
    /// The version, where it is one of a registry.
    pub version: Option<u64>,
    /// The worst outcome of all profiles, or `error`, where nothing was judged.
    pub verdict: &'static str,
    /// Why nothing was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One a profile.
    pub profiles: Vec<ProfileLine>,
    /// What was done, and what could not be.
    #[serde(flatten)]
    pub deeds: Deeds,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// The verdict; none where nothing was judged.
    #[serde(skip)]
    pub outcome: Option<Outcome>,
}

/// What a profile came to.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileLine {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The worst outcome of its findings.
    pub verdict: &'static str,
    /// The rules that do not.
    pub rules: Vec<RuleLine>,
}

/// A rule that does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLine {
    /// Its id.
    pub rule: String,
    /// How it counts: evidence that is missing is `inconclusive`, whatever the
    /// profile makes of it.
    pub outcome: &'static str,
    /// Why.
    pub message: String,
    /// For how many rounds on end; 0 where nothing is to be done about it.
    pub rounds: u64,
}

/// What was done in a round, and what could not be.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Deeds {
    /// What was recorded: the round, and before it one that an earlier run left.
    pub recorded: Vec<RecordLine>,
    /// What was done.
    pub done: Vec<Deed>,
    /// What was to be done and could not be; it is tried again.
    pub waiting: Vec<Deed>,
}

impl Deeds {
    pub(crate) fn done(&mut self, id: &str, act: Act, what: &str) {
        self.done.push(Deed { id: id.to_owned(), act, what: what.to_owned() });
    }

    pub(crate) fn waiting(&mut self, id: &str, act: Act, what: &str) {
        self.waiting.push(Deed { id: id.to_owned(), act, what: what.to_owned() });
    }
}

/// A record of a round.
#[derive(Debug, Clone, Serialize)]
pub struct RecordLine {
    /// The log.
    pub log: String,
    /// Its number in it.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// Where the torn end of the log was moved to; none where it was whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<String>,
}

/// Something that was done, or was to be.
#[derive(Debug, Clone, Serialize)]
pub struct Deed {
    /// Its id: the same however often it is done.
    pub id: String,
    /// `notify` or `rollback`.
    pub act: Act,
    /// What came of it.
    pub what: String,
}
