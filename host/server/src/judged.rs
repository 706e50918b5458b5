//! The one place where it is counted what judges come to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tollgate::judge::{Answer, Decider, NoDecision};
use tollgate_engine::types::Outcome;
use tollgate_engine::{CallError, CallStats, Cause, InstanceUse};

use crate::metrics::Metrics;

/// Why a case has no decision, as metrics name it.
const CAUSES: [&str; 8] =
    ["input", "refused", "deadline", "fuel", "memory", "busy", "trap", "answer"];

/// The counters of one version of a policy, found once.
pub(crate) struct JudgedPolicy {
    /// By action, in the order of the policy's surface.
    actions: Vec<Counter>,
    fallback: Counter,
    none: Counter,
    reasons: Vec<Counter>,
    causes: Vec<Counter>,
    instances: [Counter; 3],
    fuel: Counter,
    seconds: Histogram,
    /// The second of the last line in the log.
    told: AtomicU64,
}

const USES: [InstanceUse; 3] = [InstanceUse::New, InstanceUse::Ready, InstanceUse::Warm];

impl JudgedPolicy {
    pub(crate) fn new(metrics: &Metrics, name: &str, decider: &Decider) -> Self {
        let document = decider.document();
        let of = || vec![("policy", name.to_owned()), ("version", document.version.to_string())];
        let with = |key, value: &str| {
            let mut labels = of();
            labels.push((key, value.to_owned()));
            labels
        };
        let surface = decider.policy().surface();
        let action = |action: &str| metrics.decisions.get_or_create_owned(&with("action", action));
        Self {
            actions: surface.actions.iter().map(|it| action(it)).collect(),
            fallback: action(document.fallback.as_deref().unwrap_or("none")),
            none: action("none"),
            reasons: surface
                .reasons
                .iter()
                .map(|reason| metrics.reasons.get_or_create_owned(&with("reason", reason)))
                .collect(),
            causes: CAUSES
                .iter()
                .map(|cause| metrics.without.get_or_create_owned(&with("cause", cause)))
                .collect(),
            instances: USES.map(|instance| {
                metrics.instances.get_or_create_owned(&with("instance", instance.name()))
            }),
            fuel: metrics.fuel.get_or_create_owned(&of()),
            seconds: metrics.decision_seconds.get_or_create_owned(&of()),
            told: AtomicU64::new(0),
        }
    }

    /// Whether this is the first question of this second.
    pub(crate) fn is_first_of_second(&self) -> bool {
        let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        self.told.swap(second, Ordering::Relaxed) != second
    }

    /// Counts one answer; what a single call took, where it was one.
    pub(crate) fn record(&self, answer: &Answer<'_>, took: Option<(Duration, &CallStats)>) {
        match answer.decision() {
            Ok(decision) => {
                self.actions.get(decision.action as usize).unwrap_or(&self.none).inc();
                for reason in &decision.reasons {
                    if let Some(counter) = self.reasons.get(*reason as usize) {
                        counter.inc();
                    }
                }
            }
            Err(problem) => {
                if answer.action().is_some() { &self.fallback } else { &self.none }.inc();
                let cause = cause(problem);
                let found = CAUSES.iter().zip(&self.causes).find(|(name, _)| **name == cause);
                if let Some((_, counter)) = found {
                    counter.inc();
                }
            }
        }
        let Some((time, stats)) = took else { return };
        self.seconds.observe(time.as_secs_f64());
        self.fuel.inc_by(stats.fuel);
        // What was not read was not called for.
        if !matches!(answer.decision(), Err(NoDecision::Input(_))) {
            let found = USES.iter().zip(&self.instances).find(|(it, _)| **it == stats.instance);
            if let Some((_, counter)) = found {
                counter.inc();
            }
        }
    }
}

fn cause(problem: &NoDecision) -> &'static str {
    match problem {
        NoDecision::Input(_) => "input",
        NoDecision::Call(CallError::Refused(_)) => "refused",
        NoDecision::Call(CallError::Fault(fault)) => of_fault(&fault.cause),
        _ => "answer",
    }
}

/// What a fault is called in metrics.
fn of_fault(cause: &Cause) -> &'static str {
    match cause {
        Cause::Deadline(_) => "deadline",
        Cause::Fuel(_) => "fuel",
        Cause::Memory(_) | Cause::Tables(_) => "memory",
        Cause::Busy(_) => "busy",
        Cause::Output(_) | Cause::Answer(_) => "answer",
        _ => "trap",
    }
}

/// The counters of one check or gate.
pub(crate) struct Judged {
    verdicts: [Counter; 4],
    error: Counter,
    seconds: Histogram,
}

const VERDICTS: [Outcome; 4] = [Outcome::Pass, Outcome::Warn, Outcome::Inconclusive, Outcome::Fail];

impl Judged {
    pub(crate) fn check(metrics: &Metrics, name: &str) -> Self {
        let of = |verdict: &str| vec![("check", name.to_owned()), ("verdict", verdict.to_owned())];
        Self {
            verdicts: VERDICTS.map(|it| metrics.checks.get_or_create_owned(&of(it.name()))),
            error: metrics.checks.get_or_create_owned(&of("error")),
            seconds: Self::seconds(metrics, "check", name),
        }
    }

    pub(crate) fn gate(metrics: &Metrics, name: &str) -> Self {
        let of = |verdict: &str| vec![("gate", name.to_owned()), ("verdict", verdict.to_owned())];
        Self {
            verdicts: VERDICTS.map(|it| metrics.gates.get_or_create_owned(&of(it.name()))),
            error: metrics.gates.get_or_create_owned(&of("error")),
            seconds: Self::seconds(metrics, "gate", name),
        }
    }

    fn seconds(metrics: &Metrics, kind: &str, name: &str) -> Histogram {
        let labels = vec![("kind", kind.to_owned()), ("name", name.to_owned())];
        metrics.judge_seconds.get_or_create_owned(&labels)
    }

    /// Counts one verdict; none where the judge failed.
    pub(crate) fn record(&self, verdict: Option<Outcome>, time: Duration) {
        let found = VERDICTS.iter().zip(&self.verdicts).find(|(it, _)| Some(**it) == verdict);
        found.map_or(&self.error, |(_, counter)| counter).inc();
        self.seconds.observe(time.as_secs_f64());
    }
}
