//! Counters that guardrails read: how often something was decided of a customer
//! today, and how long ago it was. The README says what holds.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`counter`] | what is counted, and what a policy gets to read of it |
//! | [`store`] | where it is kept: memory, SQLite, Redis |
//!
//! A plugin has no memory: [`Counters::tell`] gives a case its counters before
//! it is decided on, [`Counters::count`] counts what was decided.

pub mod counter;
pub mod store;

use tollgate::facts::Instant;
use tollgate::input::Outside;

pub use self::counter::{Counter, Measure};
use self::store::Store;
pub use self::store::{Location, StoreError};

/// The counters of a policy, and where they are kept. For many threads.
#[derive(Debug)]
pub struct Counters {
    /// What tells the counters of one policy from those of another in a store
    /// that both use.
    space: String,
    counters: Vec<Counter>,
    store: Store,
}

impl Counters {
    /// Counters of the policy `space`, kept at `location`.
    ///
    /// # Errors
    /// When what keeps them cannot be opened. Redis is not asked before the
    /// first case: it may come up later than who uses it.
    pub fn open(
        space: &str,
        counters: Vec<Counter>,
        location: &Location,
    ) -> Result<Self, StoreError> {
        Ok(Self { space: space.to_owned(), counters, store: Store::open(location)? })
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> &[Counter] {
        &self.counters
    }

    /// Where they are kept, without secrets.
    #[must_use]
    pub fn location(&self) -> &str {
        self.store.name()
    }

    /// Puts the counters of the case with this key beside it. What cannot be
    /// read is unknown, which is not zero.
    pub fn tell(&self, key: &str, now: Instant, outside: &mut Outside) -> Result<(), StoreError> {
        match self.store.read(&self.space, key, &self.counters) {
            Ok(seen) => {
                for (counter, seen) in self.counters.iter().zip(seen) {
                    if let Some(value) = counter.value(seen, now) {
                        outside.counter(&counter.name, value);
                    }
                }
                Ok(())
            }
            Err(error) => {
                self.unknown(&error.to_string(), outside);
                Err(error)
            }
        }
    }

    /// Says of a case that none of its counters are known, and why.
    pub fn unknown(&self, why: &str, outside: &mut Outside) {
        for counter in &self.counters {
            outside.unknown_counter(&counter.name, why);
        }
    }

    /// Counts that `action` was taken for the case with this key. Counts that
    /// are read between a decision and its counting do not hold it yet: of many
    /// decisions on one customer at the same moment, each sees those that were
    /// counted before.
    ///
    /// # Errors
    /// When it was not counted.
    pub fn count(&self, key: &str, action: &str, now: Instant) -> Result<(), StoreError> {
        let counted: Vec<&Counter> =
            self.counters.iter().filter(|counter| counter.counts(action)).collect();
        if counted.is_empty() {
            return Ok(());
        }
        self.store.add(&self.space, key, &counted, now)
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
