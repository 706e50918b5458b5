//! The decisions of a log.

mod members;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use miette::Diagnostic;
use serde::de::DeserializeSeed as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tollgate::facts::Instant;
use tollgate_engine::Digest;
use tollgate_records::log::{self, Blocks, Raw};

pub use self::members::{Assigned, Said};
pub use self::table::each_row;
pub(crate) use self::table::{MASKED, PREFIX};
pub use crate::stated::{StatedInput, StatedPlugin, StatedPolicy};
pub use crate::value::Recorded;
use crate::{DECISION, GAP, POLICY};

/// Why decisions cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum ReadError {
    /// The file cannot be read, or the chain is broken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Log(#[from] log::ReadError),
    /// A record does not say what one of its kind says.
    #[error("record {seq} is of a `{kind}` and cannot be read as one: {problem}")]
    Body {
        /// The record.
        seq: u64,
        /// What it is of.
        kind: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A decision as it is recorded.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The number of its record.
    pub seq: u64,
    /// The hash of its record.
    pub hash: Digest,
    /// When it was made, as it is written.
    pub time: &'a str,
    /// What was said, by whom, and on what.
    pub said: Said<'a>,
    /// The record's body as it is written.
    pub body: &'a str,
}

impl Decision<'_> {
    /// When it was made.
    ///
    /// # Errors
    /// When what is written is no time.
    pub fn instant(&self) -> Result<Instant, ReadError> {
        self.time.parse().map_err(|problem| ReadError::Body {
            seq: self.seq,
            kind: DECISION.to_owned(),
            problem,
        })
    }

    /// Whether it was made in a span of time; its end does not belong to it.
    ///
    /// # Errors
    /// As [`Decision::instant`].
    pub fn is_within(
        &self,
        since: Option<Instant>,
        until: Option<Instant>,
    ) -> Result<bool, ReadError> {
        if since.is_none() && until.is_none() {
            return Ok(true);
        }
        let time = self.instant()?;
        Ok(since.is_none_or(|since| time >= since) && until.is_none_or(|until| time < until))
    }
}

/// A record of a decision log.
#[derive(Debug)]
pub enum Item<'a> {
    /// A decision.
    Decision(Box<Decision<'a>>),
    /// How many decisions are not in the log.
    Gap(Gap),
    /// Whose decisions follow, or something else.
    Other,
}

/// How many decisions are not in a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gap {
    /// There was no room for them.
    pub dropped: u64,
    /// They are not of the share that is logged.
    pub sampled_away: u64,
    /// They were longer than a record may be.
    pub too_long: u64,
}

impl Gap {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.dropped += other.dropped;
        self.sampled_away += other.sampled_away;
        self.too_long += other.too_long;
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// The policies that a log has described so far, by their records.
#[derive(Debug, Default)]
pub struct Policies(BTreeMap<u64, Arc<StatedPolicy>>);

impl Policies {
    /// The policy that a record describes.
    #[must_use]
    pub fn get(&self, seq: u64) -> Option<&Arc<StatedPolicy>> {
        self.0.get(&seq)
    }

    /// Reads a record; policies are remembered.
    ///
    /// # Errors
    /// When it does not say what one of its kind says.
    pub fn read<'a>(&mut self, raw: Raw<'a>) -> Result<Item<'a>, ReadError> {
        let seq = raw.head.seq;
        let broken = |problem: String| {
            let kind = raw.kind.to_owned();
            ReadError::Body { seq, kind, problem }
        };
        match raw.kind {
            DECISION => {
                let said = self.said(raw.body).map_err(|error| broken(error.to_string()))?;
                let (hash, time, body) = (raw.head.hash, raw.time, raw.body);
                Ok(Item::Decision(Box::new(Decision { seq, hash, time, said, body })))
            }
            GAP => serde_json::from_str(raw.body)
                .map(Item::Gap)
                .map_err(|error| broken(error.to_string())),
            POLICY => {
                let policy: Result<StatedPolicy, _> = serde_json::from_str(raw.body);
                let policy = policy.map_err(|error| broken(error.to_string()))?;
                self.0.insert(seq, Arc::new(StatedPolicy { seq, ..policy }));
                Ok(Item::Other)
            }
            _ => Ok(Item::Other),
        }
    }

    /// What the body of a decision says.
    ///
    /// # Errors
    /// When it is no such body.
    pub fn said<'a>(&self, body: &'a str) -> Result<Said<'a>, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(body);
        let said = members::Members(self).deserialize(&mut reader)?;
        reader.end()?;
        Ok(said)
    }
}

/// Gives each record of a log, a file or a folder, to `each`, which says whether
/// it wants more. Where the log begins does not matter.
///
/// # Errors
/// When the log cannot be read to its end, or a record does not say what one of
/// its kind says; and what `each` says.
pub fn each<E: From<ReadError>>(
    log: &Path,
    mut each: impl FnMut(&Policies, Item<'_>) -> Result<bool, E>,
) -> Result<(), E> {
    let mut policies = Policies::default();
    for block in Blocks::open(log).map_err(ReadError::from)? {
        for raw in block.map_err(ReadError::from)?.iter() {
            let item = policies.read(raw)?;
            if !each(&policies, item)? {
                return Ok(());
            }
        }
    }
    Ok(())
}
