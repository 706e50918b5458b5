//! Whether records follow one another.

use tollgate_engine::Digest;

use crate::record::{Flaw, Head, Record};

/// What has been seen of a chain: where it ends so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain {
    head: Option<Head>,
    start: Start,
}

/// With which record a chain may begin.
#[derive(Debug, Clone, Copy, Default)]
enum Start {
    /// The first there ever was.
    #[default]
    First,
    /// The one that follows this hash.
    Behind(Digest),
    /// Any.
    Anywhere,
}

impl Chain {
    /// A chain of which nothing was seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A chain of which the records up to the one with this hash are kept
    /// elsewhere.
    #[must_use]
    pub fn behind(hash: Digest) -> Self {
        Self { head: None, start: Start::Behind(hash) }
    }

    /// A piece of a chain, whatever was before it.
    #[must_use]
    pub fn anywhere() -> Self {
        Self { head: None, start: Start::Anywhere }
    }

    /// Where it ends; none when it has no records.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// Takes the next record, when it is the next one.
    ///
    /// # Errors
    /// When another one would be.
    pub fn next(&mut self, record: &Record) -> Result<(), Flaw> {
        self.follow(record.head(), record.previous)
    }

    /// Takes the next record by its place and the hash that it follows.
    ///
    /// # Errors
    /// When another one would be the next.
    pub fn follow(&mut self, next: Head, previous: Option<Digest>) -> Result<(), Flaw> {
        let (expected, before) = match (self.head, self.start) {
            (Some(head), _) => (head.seq.saturating_add(1), Some(head.hash)),
            (None, Start::First) => (1, None),
            (None, Start::Behind(hash)) => (next.seq, Some(hash)),
            (None, Start::Anywhere) => (next.seq, previous),
        };
        if next.seq != expected {
            return Err(Flaw::Seq { expected, found: next.seq });
        }
        if previous != before {
            let shown = |hash: Option<_>| match hash {
                Some(hash) => format!("{hash}"),
                None => "no record".to_owned(),
            };
            let (expected, found) = (shown(before), shown(previous));
            return Err(Flaw::Previous { expected, found });
        }
        self.head = Some(next);
        Ok(())
    }
}
