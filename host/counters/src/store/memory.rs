//! Counters in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tollgate::facts::Instant;

use super::StoreError;
use crate::counter::{Counter, Seen};

/// Some 200 bytes each.
const MOST_KEYS: usize = 1_000_000;

/// By policy and key. Looked up, never walked, so its order does not matter.
type Kept = HashMap<(String, String), Vec<(String, Seen)>>;

#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Kept>);

impl Memory {
    pub(super) fn read(&self, space: &str, key: &str, counters: &[Counter]) -> Vec<Option<Seen>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&(space.to_owned(), key.to_owned()));
        let seen = |counter: &Counter| {
            kept?.iter().find(|(name, _)| *name == counter.name).map(|(_, seen)| *seen)
        };
        counters.iter().map(seen).collect()
    }

    pub(super) fn add(
        &self,
        space: &str,
        key: &str,
        counters: &[&Counter],
        at: Instant,
    ) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (space.to_owned(), key.to_owned());
        // Nobody is forgotten to make room: his next block would be his first.
        if kept.len() >= MOST_KEYS && !kept.contains_key(&key) {
            return Err(StoreError::Full(MOST_KEYS));
        }
        let kept = kept.entry(key).or_default();
        for counter in counters {
            match kept.iter_mut().find(|(name, _)| *name == counter.name) {
                Some((_, seen)) => *seen = counter.after(Some(*seen), at),
                None => kept.push((counter.name.clone(), counter.after(None, at))),
            }
        }
        Ok(())
    }
}
