//! The counters of a policy: told before a decision, counted after it.

use prometheus_client::metrics::counter::Counter;
use tollgate::facts::Instant;
use tollgate::input::{CaseKey, Outside};
use tollgate_counters::{Counters, Location, StoreError};

use crate::config::CountersConfig;
use crate::metrics::Metrics;

/// The counters of a policy.
pub(crate) struct Counting {
    counters: Counters,
    key: CaseKey,
    waits: bool,
    failed: Counter,
}

impl Counting {
    pub(crate) fn open(
        policy: &str,
        config: &CountersConfig,
        metrics: &Metrics,
    ) -> Result<Self, StoreError> {
        let failed = vec![("policy", policy.to_owned())];
        Ok(Self {
            counters: Counters::open(policy, config.counters.clone(), &config.store)?,
            key: CaseKey::new(&config.key),
            waits: config.store != Location::Memory,
            failed: metrics.counters_failed.get_or_create_owned(&failed),
        })
    }

    /// Whether a call may wait for what is outside of this process.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Says what is known of a request's case, and gives its key. What cannot be
    /// known is unknown, and never zero.
    pub(crate) fn tell(&self, request: &[u8], outside: &mut Outside) -> Option<String> {
        match self.key.of(request) {
            Ok(key) => {
                if self.counters.tell(&key, Instant::now(), outside).is_err() {
                    self.failed.inc();
                }
                Some(key)
            }
            Err(error) => {
                self.counters.unknown(&error.to_string(), outside);
                None
            }
        }
    }

    /// Of rows nothing is known: each would have to wait for the one before.
    pub(crate) fn unknown_of_rows(&self, outside: &mut Outside) {
        self.counters.unknown("counters are kept of single requests, not of rows", outside);
    }

    /// Counts what was decided on the case with this key.
    pub(crate) fn count(&self, key: &str, action: &str) {
        if let Err(error) = self.counters.count(key, action, Instant::now()) {
            self.failed.inc();
            tracing::error!(problem = %error, "a decision was not counted");
        }
    }
}
