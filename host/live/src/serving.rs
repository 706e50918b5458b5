//! The judge that answers now, and which version it is.

use std::path::{Path, PathBuf};

use semver::Version;
use tollgate::facts::Instant;
use tollgate::judge::{Checker, Decider, Gate};
use tollgate_engine::{Digest, EngineError, Plugin, World};

/// A judge of any world.
#[derive(Clone)]
pub enum Judge {
    /// Decides on scores.
    Decider(Decider),
    /// Checks payloads.
    Checker(Checker),
    /// Judges evidence.
    Gate(Gate),
}

impl Judge {
    /// What it judges.
    #[must_use]
    pub fn world(&self) -> World {
        match self {
            Self::Decider(_) => World::Policy,
            Self::Checker(_) => World::Signature,
            Self::Gate(_) => World::Gate,
        }
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        match self {
            Self::Decider(decider) => decider.plugin(),
            Self::Checker(checker) => checker.plugin(),
            Self::Gate(gate) => gate.plugin(),
        }
    }

    /// Makes instances ahead, or none any more. Gates are asked too seldom.
    pub(crate) fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        match self {
            Self::Decider(decider) => decider.prepare(count),
            Self::Checker(checker) => checker.prepare(count),
            Self::Gate(_) => Ok(0),
        }
    }
}

/// A judge that was loaded from a file and proved itself.
#[derive(Clone)]
pub struct Loaded {
    /// The judge.
    pub judge: Judge,
    /// The version of the document; a signature or a schema has none.
    pub version: Option<Version>,
    /// The file.
    pub file: PathBuf,
    /// The digest of the file's bytes.
    pub digest: Digest,
}

/// One version of one name, live: what a call asks, and holds until it has its
/// answer, whatever is swapped meanwhile.
#[derive(Clone)]
pub struct Serving {
    pub(crate) loaded: Loaded,
    pub(crate) generation: u64,
    pub(crate) since: Instant,
}

impl Serving {
    /// The judge.
    #[must_use]
    pub fn judge(&self) -> &Judge {
        &self.loaded.judge
    }

    /// The judge of scores; none when this judges something else.
    #[must_use]
    pub fn decider(&self) -> Option<&Decider> {
        match self.judge() {
            Judge::Decider(decider) => Some(decider),
            _ => None,
        }
    }

    /// The judge of payloads; none when this judges something else.
    #[must_use]
    pub fn checker(&self) -> Option<&Checker> {
        match self.judge() {
            Judge::Checker(checker) => Some(checker),
            _ => None,
        }
    }

    /// The judge of evidence; none when this judges something else.
    #[must_use]
    pub fn gate(&self) -> Option<&Gate> {
        match self.judge() {
            Judge::Gate(gate) => Some(gate),
            _ => None,
        }
    }

    /// The version of the document; none of a signature or a schema.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.loaded.version.as_ref()
    }

    /// The generation of its pin; 0 where nothing is pinned.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The digest of the file that it was loaded from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.loaded.digest
    }

    /// The file that it was loaded from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.loaded.file
    }

    /// Since when it answers, by the clock of this machine.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }
}
