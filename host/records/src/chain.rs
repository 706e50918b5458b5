//! Whether records follow one another.

use crate::record::{Flaw, Head, Record};

/// What has been seen of a chain: where it ends so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain(Option<Head>);

impl Chain {
    /// A chain of which nothing was seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where it ends; none when it has no records.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.0
    }

    /// Takes the next record, when it is the next one.
    ///
    /// # Errors
    /// When another one would be.
    pub fn next(&mut self, record: &Record) -> Result<(), Flaw> {
        let expected = self.0.map_or(1, |head| head.seq.saturating_add(1));
        if record.seq != expected {
            return Err(Flaw::Seq { expected, found: record.seq });
        }
        let before = self.0.map(|head| head.hash);
        if record.previous != before {
            let shown = |hash: Option<_>| match hash {
                Some(hash) => format!("{hash}"),
                None => "no record".to_owned(),
            };
            let (expected, found) = (shown(before), shown(record.previous));
            return Err(Flaw::Previous { expected, found });
        }
        self.0 = Some(record.head());
        Ok(())
    }
}
