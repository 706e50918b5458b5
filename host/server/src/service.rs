//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tollgate::document::suggestion::closest;
use tollgate::judge::Registry;

use crate::body::Bodies;
use crate::config::Config;
use crate::judges::{Judges, ServedCheck, ServedGate, ServedPolicy};
use crate::metrics::Metrics;
use crate::problem::{NOT_FOUND, NOT_LOADED, Problem};
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
    draining: AtomicBool,
}

impl Service {
    pub(crate) fn new(
        config: Arc<Config>,
        judges: Judges,
        metrics: Arc<Metrics>,
        openapi: Bytes,
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
        find(&self.judges.policies, "policy", name, self.config.policies.keys())
    }

    pub(crate) fn check(&self, name: &str) -> Result<Arc<ServedCheck>, Problem> {
        find(&self.judges.checks, "check", name, self.config.checks.keys())
    }

    pub(crate) fn gate(&self, name: &str) -> Result<Arc<ServedGate>, Problem> {
        find(&self.judges.gates, "gate", name, self.config.gates.keys())
    }
}

fn find<'n, J>(
    registry: &Registry<Arc<J>>,
    kind: &str,
    name: &str,
    mut known: impl Iterator<Item = &'n String> + Clone,
) -> Result<Arc<J>, Problem> {
    if let Some(judge) = registry.get(name) {
        return Ok(judge);
    }
    if known.clone().any(|known| known == name) {
        let problem = Problem::new(NOT_LOADED, format!("{kind} `{name}` is not loaded"));
        return Err(problem);
    }
    let near = closest(name, known.by_ref().map(String::as_str));
    let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    Err(Problem::new(NOT_FOUND, format!("there is no {kind} of that name{near}")))
}
