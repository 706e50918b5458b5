//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tollgate::document::suggestion::closest;

use crate::body::Bodies;
use crate::config::Config;
use crate::judges::{Judges, ServedCheck, ServedGate, ServedPolicy};
use crate::metrics::Metrics;
use crate::problem::{NOT_FOUND, NOT_LOADED, Problem};
use crate::registry::Registry;
use crate::work::Work;

/// What all requests share.
pub(crate) struct Service {
    pub(crate) config: Arc<Config>,
    pub(crate) judges: Judges,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) bodies: Bodies,
    pub(crate) work: Work,
    /// Room for requests of rows.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) openapi: Bytes,
    pub(crate) registry: Option<Registry>,
    draining: AtomicBool,
}

impl Service {
    pub(crate) fn new(
        config: Arc<Config>,
        judges: Judges,
        metrics: Arc<Metrics>,
        openapi: Bytes,
        registry: Option<Registry>,
    ) -> Self {
        let limits = &config.limits;
        Self {
            bodies: Bodies::new(limits),
            work: Work::new(limits),
            streams: Arc::new(Semaphore::new(limits.streams)),
            draining: AtomicBool::new(false),
            config,
            judges,
            metrics,
            openapi,
            registry,
        }
    }

    /// From here on the server is not ready.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        self.config.limits.body_timeout
    }

    pub(crate) fn policy(&self, name: &str) -> Result<Arc<ServedPolicy>, Problem> {
        let found = self.judges.policy(name);
        found.ok_or_else(|| unknown("policy", name, self.config.policies.keys()))
    }

    pub(crate) fn check(&self, name: &str) -> Result<Arc<ServedCheck>, Problem> {
        let found = self.judges.check(name);
        found.ok_or_else(|| unknown("check", name, self.config.checks.keys()))
    }

    pub(crate) fn gate(&self, name: &str) -> Result<Arc<ServedGate>, Problem> {
        let found = self.judges.gate(name);
        found.ok_or_else(|| unknown("gate", name, self.config.gates.keys()))
    }
}

/// Why nothing of this name answers.
fn unknown<'n>(kind: &str, name: &str, known: impl Iterator<Item = &'n String> + Clone) -> Problem {
    if known.clone().any(|known| known == name) {
        return Problem::new(NOT_LOADED, format!("{kind} `{name}` is not loaded"));
    }
    let near = closest(name, known.map(String::as_str));
    let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    Problem::new(NOT_FOUND, format!("there is no {kind} of that name{near}"))
}
