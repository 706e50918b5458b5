//! What is live since when, for health and metrics.

use std::fmt;
use std::sync::Arc;

use semver::Version;
use tollgate::facts::Instant;
use tollgate_engine::Digest;

use crate::load::LoadError;
use crate::pins::PinnedVersion;

/// How one name stands.
#[derive(Debug, Clone)]
pub struct State {
    /// The name.
    pub name: String,
    /// What answers; none when no version ever could be loaded.
    pub live: Option<Standing>,
    /// Why the newest version that was found is not live, and since when; none
    /// when it is. What answers then is the last good one.
    pub refused: Option<Refusal>,
    /// What a rollback goes back to, kept loaded; none where nothing is pinned.
    pub previous: Option<Standby>,
    /// What `rollback --to fallback` goes back to, kept loaded.
    pub fallback: Option<Standby>,
    /// The versions that were rolled back.
    pub bad: Vec<PinnedVersion>,
    /// How many times a version went live: the first, and each reload.
    pub swaps: u64,
    /// How many times one was refused.
    pub refusals: u64,
}

/// A version that is kept ready to answer.
#[derive(Debug, Clone)]
pub struct Standby {
    /// The version.
    pub version: PinnedVersion,
    /// Why it is not ready; none when it is.
    pub problem: Option<Arc<LoadError>>,
}

/// A version that answers.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The version of the document; none of a signature or a schema.
    pub version: Option<Version>,
    /// The generation of the pin; 0 where nothing is pinned.
    pub generation: u64,
    /// The digest of the file.
    pub digest: Digest,
    /// Since when.
    pub since: Instant,
}

/// A version that did not go live.
#[derive(Clone)]
pub struct Refusal {
    /// Why.
    pub error: Arc<LoadError>,
    /// When that was met first.
    pub since: Instant,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.error, self.since)
    }
}

impl State {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            live: None,
            refused: None,
            previous: None,
            fallback: None,
            bad: Vec::new(),
            swaps: 0,
            refusals: 0,
        }
    }

    /// Whether something answers.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.live.is_some()
    }
}
