//! Which version of each policy is live, and how that changes.
//!
//! A [`Pin`] that exists makes sense: nothing that is marked bad is current,
//! previous or fallback.

mod error;
mod file;
mod manifest;
mod read;
mod snapshot;
mod version;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use tollgate::facts::Instant;
use tollgate_engine::Digest;

pub use self::error::{PinError, PinsError};
pub use self::file::PinFile;
pub use self::snapshot::Snapshot;
pub use self::version::PinnedVersion;

/// The JSON Schema of a pin file.
pub const PINS_SCHEMA: &str = include_str!("../schemas/pins.schema.json");

/// So many bytes has a pin file at most, as a ConfigMap has.
const LARGEST: usize = 1 << 20;

/// The pin of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The version that answers.
    pub current: PinnedVersion,
    /// What a rollback goes back to.
    pub previous: Option<PinnedVersion>,
    /// What a rollback goes back to that is asked to, or has nothing else.
    pub fallback: Option<PinnedVersion>,
    /// What was rolled back. None of these is any of the above.
    pub bad: BTreeSet<PinnedVersion>,
    /// How often the pin was written; 0 where nobody counts.
    pub generation: u64,
    /// The digests of the documents that were pinned.
    pub digests: BTreeMap<PinnedVersion, Digest>,
    /// What was changed, oldest first.
    pub history: Vec<Change>,
}

/// One change of a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of the pin after it.
    pub generation: u64,
    /// When, by the clock of who made it. Nothing hangs on it.
    pub at: Instant,
    /// Who made it.
    pub by: String,
    /// What was done.
    pub action: Action,
    /// What was current before.
    pub from: Option<PinnedVersion>,
    /// What is current since.
    pub to: PinnedVersion,
    /// Why.
    pub reason: String,
}

/// What is done to a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Another version is live.
    Pin,
    /// An earlier version is live again, and the one that was is bad.
    Rollback,
}

/// What a rollback goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The version before.
    #[default]
    Previous,
    /// The one that is known to be safe.
    Fallback,
}

/// Who changes a pin, when and why.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: String,
}

impl Action {
    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Rollback => "rollback",
        }
    }
}

impl Target {
    /// Its name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Fallback => "fallback",
        }
    }
}

impl Pin {
    /// A version that nobody pinned but by writing it.
    pub(crate) fn bare(current: PinnedVersion) -> Self {
        Self {
            current,
            previous: None,
            fallback: None,
            bad: BTreeSet::new(),
            generation: 0,
            digests: BTreeMap::new(),
            history: Vec::new(),
        }
    }

    /// The first pin of a policy.
    #[must_use]
    pub fn first(version: PinnedVersion, digest: Digest, audit: &Audit) -> Self {
        let mut pin = Self::bare(version.clone());
        pin.digests.insert(version, digest);
        pin.changed(Action::Pin, None, audit);
        pin
    }

    /// The pin after another version became current: what was current is
    /// previous, what was previous is the fallback. A version that was marked
    /// bad comes back with `even_if_bad` only, and is not marked any more.
    ///
    /// # Errors
    /// When the version is current already, is marked bad, or had another
    /// document when it was pinned before.
    pub fn pinned(
        &self,
        name: &str,
        version: PinnedVersion,
        digest: Digest,
        even_if_bad: bool,
        audit: &Audit,
    ) -> Result<Self, PinError> {
        let name = || name.to_owned();
        if let Some(known) = self.digests.get(&version).filter(|known| **known != digest) {
            let (version, pinned) = (version.to_string(), *known);
            return Err(PinError::Changed { name: name(), version, found: digest, pinned });
        }
        if version == self.current {
            return Err(PinError::Current { name: name(), version: version.to_string() });
        }
        if self.bad.contains(&version) && !even_if_bad {
            let version = version.to_string();
            return Err(PinError::Bad { name: name(), version });
        }
        let line = [Some(&self.current), self.previous.as_ref(), self.fallback.as_ref()];
        let mut line = line.into_iter().flatten().filter(|it| **it != version);
        let previous = line.next().cloned();
        let kept = || self.fallback.clone().filter(|it| *it != version);
        let fallback = line.next().cloned().or_else(kept);
        let mut pin = Self { current: version.clone(), previous, fallback, ..self.clone() };
        pin.bad.remove(&version);
        pin.digests.insert(version, digest);
        pin.changed(Action::Pin, Some(&self.current), audit);
        Ok(pin)
    }

    /// The pin after a rollback: what was current is marked bad, and is none of
    /// previous and fallback ever again. The fallback stays. What lies between
    /// current and the target was passed over, and is not gone back to.
    ///
    /// # Errors
    /// When there is nothing to go back to.
    pub fn rolled_back(&self, name: &str, target: Target, audit: &Audit) -> Result<Self, PinError> {
        let wanted = match target {
            Target::Previous => self.previous.as_ref(),
            Target::Fallback => self.fallback.as_ref(),
        };
        let Some(to) = wanted else {
            return Err(PinError::NothingBefore {
                name: name.to_owned(),
                current: self.current.to_string(),
                target: target.name(),
                other: match target {
                    Target::Previous if self.fallback.is_some() => "; `--to fallback` has one",
                    Target::Fallback if self.previous.is_some() => "; `--to previous` has one",
                    _ => "",
                },
            });
        };
        let mut pin = Self { current: to.clone(), ..self.clone() };
        pin.bad.insert(self.current.clone());
        pin.previous = match target {
            Target::Previous => self.fallback.clone().filter(|it| it != to),
            Target::Fallback => None,
        };
        pin.changed(Action::Rollback, Some(&self.current), audit);
        Ok(pin)
    }

    fn changed(&mut self, action: Action, from: Option<&PinnedVersion>, audit: &Audit) {
        self.generation += 1;
        self.history.push(Change {
            generation: self.generation,
            at: audit.at,
            by: audit.by.clone(),
            action,
            from: from.cloned(),
            to: self.current.clone(),
            reason: audit.reason.clone(),
        });
    }
}

#[cfg(test)]
mod tests;
