//! The decision log of a server: a decision is in it before anybody is told it,
//! and one that cannot be is told nobody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use tollgate::judge::Answer;
use tollgate::text::visible;
use tollgate_decisions::{
    Closed, Context, DecisionLog, OpenError, Refused, RolloutChange, Settings,
};

use crate::metrics::Metrics;
use crate::problem::{Problem, UNLOGGED};

/// A decision log, and what is counted of it.
pub(crate) struct Logging {
    log: DecisionLog,
    refused: Counter,
    /// The second of the last line on a decision that was refused.
    told: AtomicU64,
}

impl Logging {
    pub(crate) fn open(settings: Settings, metrics: &Metrics) -> Result<Self, OpenError> {
        let log = DecisionLog::open(settings)?;
        for aside in log.set_aside() {
            let aside = aside.display().to_string();
            tracing::warn!(
                aside = %visible(&aside),
                "the end of the decision log was left by a server that was killed, and is set aside"
            );
        }
        Ok(Self { log, refused: metrics.log_refused.clone(), told: AtomicU64::new(0) })
    }

    /// Whether each decision waits for the disk.
    pub(crate) fn waits(&self) -> bool {
        self.log.awaits_disk()
    }

    /// Logs a decision; none where that would have to wait and may not here, so
    /// that it is to be made again where it may.
    pub(crate) fn write(
        &self,
        answer: &Answer<'_>,
        context: &Context<'_>,
        may_wait: bool,
    ) -> Option<Result<(), Problem>> {
        let taken = match may_wait {
            true => self.log.write(answer, context).map(Some),
            false => self.log.write_at_once(answer, context),
        };
        match taken {
            Ok(taken) => taken.map(|_| Ok(())),
            Err(refused) => Some(Err(self.refused(&refused))),
        }
    }

    /// Takes one of many rows, none of which is told before all are settled.
    pub(crate) fn write_row(
        &self,
        answer: &Answer<'_>,
        context: &Context<'_>,
    ) -> Result<(), Problem> {
        self.log.write_ahead(answer, context).map(drop).map_err(|refused| self.refused(&refused))
    }

    /// Waits until the rows that were taken count as logged.
    pub(crate) fn settle(&self) -> Result<(), Problem> {
        self.log.settle().map_err(|refused| self.refused(&refused))
    }

    /// Says what became of a rollout, which goes on or back all the same.
    pub(crate) fn tell(&self, change: &RolloutChange<'_>) {
        if let Err(refused) = self.log.tell(change) {
            tracing::error!(problem = %refused, "a change of a rollout is not in the decision log");
        }
    }

    /// Why is told to whoever runs the server: it may name files.
    fn refused(&self, refused: &Refused) -> Problem {
        self.refused.inc();
        let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        if self.told.swap(second, Ordering::Relaxed) != second {
            let problem = refused.to_string();
            tracing::error!(problem = %visible(&problem), "decisions are refused");
        }
        Problem::new(UNLOGGED, "the decision cannot be logged, so it is not given")
    }

    /// Brings the metrics up to date.
    pub(crate) fn measure(&self, metrics: &Metrics) {
        let health = self.log.health();
        let set = |counter: &Counter, value| counter.inner().store(value, Ordering::Relaxed);
        set(&metrics.log_written, health.written);
        set(&metrics.log_dropped, health.dropped);
        set(&metrics.log_sampled_away, health.sampled_away);
        metrics.log_waiting.set(i64::try_from(health.waiting).unwrap_or(i64::MAX));
        metrics.log_lag.set(health.lag.as_secs_f64());
        metrics.log_failing.set(health.failing.is_some().into());
    }

    /// What people see of it.
    pub(crate) fn shown(&self) -> Value {
        let health = self.log.health();
        json!({
            "written": health.written,
            "waiting": health.waiting,
            "lag_seconds": health.lag.as_secs_f64(),
            "dropped": health.dropped,
            "sampled_away": health.sampled_away,
            "refused": self.refused.get(),
            "problem": health.failing,
        })
    }

    /// Writes what waits, and takes no more; tells how it ended.
    pub(crate) fn close(&self) -> Result<(), String> {
        let Closed { head, lost } = self.log.close();
        if let Some(head) = head {
            tracing::info!(record = head.seq, hash = %head.hash, "the decision log is closed");
        }
        if lost == 0 {
            return Ok(());
        }
        let problem = self.log.health().failing;
        let problem = problem.unwrap_or_else(|| "its writer failed".to_owned());
        Err(format!("{lost} decisions are not in the decision log: {problem}"))
    }
}
