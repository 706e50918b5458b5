//! The server's numbers, as Prometheus reads them.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tollgate_telemetry::Spans;

/// Labels by name, in the order that each metric states.
pub(crate) type Labels = Vec<(&'static str, String)>;

type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// All metrics. Whoever counts often keeps its own counter of a family.
pub(crate) struct Metrics {
    registry: Registry,
    /// By policy, version and action.
    pub(crate) decisions: Family<Labels, Counter>,
    /// By policy, version and reason.
    pub(crate) reasons: Family<Labels, Counter>,
    /// By policy, version and cause.
    pub(crate) without: Family<Labels, Counter>,
    /// By policy and version.
    pub(crate) decision_seconds: Histograms,
    /// By policy, version and where instances came from.
    pub(crate) instances: Family<Labels, Counter>,
    /// By policy and version.
    pub(crate) fuel: Family<Labels, Counter>,
    /// By check and verdict.
    pub(crate) checks: Family<Labels, Counter>,
    /// By gate and verdict.
    pub(crate) gates: Family<Labels, Counter>,
    /// By kind (`check`, `gate`) and name.
    pub(crate) judge_seconds: Histograms,
    /// By port and status.
    pub(crate) requests: Family<Labels, Counter>,
    /// Connections that were refused, by why.
    pub(crate) refused: Family<Labels, Counter>,
    /// By policy and whether both versions agree.
    pub(crate) shadow: Family<Labels, Counter>,
    /// By policy.
    pub(crate) shadow_skipped: Family<Labels, Counter>,
    /// By policy.
    pub(crate) rollouts_returned: Family<Labels, Counter>,
    /// By policy.
    pub(crate) counters_failed: Family<Labels, Counter>,
    /// Decisions that were not given, since they could not be logged.
    pub(crate) log_refused: Counter,
    pub(crate) log_written: Counter,
    pub(crate) log_dropped: Counter,
    pub(crate) log_sampled_away: Counter,
    pub(crate) log_waiting: Gauge,
    pub(crate) log_lag: Gauge<f64, AtomicU64>,
    pub(crate) log_failing: Gauge,
    pub(crate) connections: Gauge,
    /// By kind, name and whether it went live.
    pub(crate) reloads: Family<Labels, Counter>,
    /// 1 for what answers, by kind, name and version.
    pub(crate) live: Family<Labels, Gauge>,
}

/// Upper bounds in seconds: a fresh decision takes some 5 µs.
const BOUNDS: [f64; 16] = [
    5e-6, 10e-6, 20e-6, 35e-6, 50e-6, 75e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
    50e-3, 250e-3, 1.0,
];

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

impl Metrics {
    pub(crate) fn new(spans: &Spans) -> Self {
        let mut registry = Registry::with_prefix("tollgate");
        let seconds = || Histograms::new_with_constructor(histogram as fn() -> Histogram);
        let (decision_seconds, judge_seconds) = (seconds(), seconds());
        let mut counted = |name: &str, help: &str| {
            let family = Family::<Labels, Counter>::default();
            registry.register(name, help, family.clone());
            family
        };
        let decisions = counted("decisions", "Decisions, by the action to take");
        let reasons = counted("decision_reasons", "Reasons of decisions");
        let without = counted("undecided", "Cases without a decision, by why");
        let instances = counted("instances", "Instances of plugins, by where they came from");
        let fuel = counted("fuel", "WebAssembly operations of decisions");
        let checks = counted("checks", "Payloads that were checked, by verdict");
        let gates = counted("gates", "Gate runs, by verdict");
        let shadow = counted("compared", "Requests that both versions of a rollout saw");
        let skipped = "Requests of a rollout that only one version saw, since too many waited";
        let shadow_skipped = counted("not_compared", skipped);
        let returned = "Rollouts that went back to the champion, since a guardrail broke";
        let rollouts_returned = counted("rollouts_returned", returned);
        let counters_failed = counted("counters_failed", "Counters not read or not counted");
        let requests = counted("http_requests", "HTTP requests, by port and status");
        let refused = counted("refused_connections", "Connections refused or cut off, by why");
        // A series that is there from the beginning has a rate from the first on.
        refused.get_or_create_owned(&vec![("why", "system".to_owned())]);
        let reloads = counted("reloads", "Versions that went live or were refused");
        let mut single = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(format!("decision_log_{name}"), help, counter.clone());
            counter
        };
        let refused_help = "Decisions that were not given, since they could not be logged";
        let log_refused = single("refused", refused_help);
        let log_written = single("written", "Decisions that are in the log, on the disk");
        let log_dropped = single("dropped", "Decisions that are not in the log for want of room");
        let log_sampled_away =
            single("sampled_away", "Decisions that are not of the share that is logged");
        let (log_waiting, log_failing) = (Gauge::default(), Gauge::default());
        let log_lag = Gauge::<f64, AtomicU64>::default();
        let waiting = "Decisions that wait to be written to the log";
        registry.register("decision_log_waiting", waiting, log_waiting.clone());
        let lag = "For how long the oldest of them has waited, in seconds";
        registry.register("decision_log_lag_seconds", lag, log_lag.clone());
        let failing = "1 while the decision log cannot be written";
        registry.register("decision_log_failing", failing, log_failing.clone());
        let exported = "Spans that the collector of traces took";
        registry.register("spans_exported", exported, spans.exported.clone());
        registry.register("spans_lost", "Spans that it did not get, by why", spans.lost.clone());
        let (connections, live) = (Gauge::default(), Family::<Labels, Gauge>::default());
        registry.register("connections", "Open connections", connections.clone());
        registry.register("live", "1 for each judge that answers", live.clone());
        let help = "Time of decisions, extraction and rendering included";
        registry.register("decision_seconds", help, decision_seconds.clone());
        registry.register("judge_seconds", "Time of checks and gate runs", judge_seconds.clone());
        Self {
            registry,
            decisions,
            reasons,
            without,
            decision_seconds,
            instances,
            fuel,
            checks,
            gates,
            judge_seconds,
            shadow,
            shadow_skipped,
            rollouts_returned,
            counters_failed,
            requests,
            refused,
            log_refused,
            log_written,
            log_dropped,
            log_sampled_away,
            log_waiting,
            log_lag,
            log_failing,
            connections,
            reloads,
            live,
        }
    }

    /// All of it in OpenMetrics' text form.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
