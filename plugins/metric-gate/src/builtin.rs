//! The metrics that need no introduction, as data.
//!
//! Names that differ between teams and tools mean one metric here. A gate's
//! own `metrics` add to this table and win over it.

/// A metric of the table.
#[derive(Debug)]
pub struct Builtin {
    /// Its canonical name.
    pub name: &'static str,
    /// Which way is better, where there is one.
    pub greater_is_better: Option<bool>,
    /// The unit of a fact that states none; empty for a metric without one.
    pub unit: &'static str,
    /// The least and the most that a value can be, in `unit`.
    pub range: (Option<i8>, Option<i8>),
    /// Whether a prefix of [`SPLIT_PREFIXES`] says a split of the data.
    pub is_evaluated: bool,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Names that say another unit than `unit`.
    pub in_units: &'static [(&'static str, &'static str)],
}

/// What an evaluation puts before the name, and the split of the data that it
/// says: `test_auc` is `auc{split=test}`.
pub const SPLIT_PREFIXES: [(&str, &str); 6] = [
    ("test_", "test"),
    ("validation_", "validation"),
    ("val_", "validation"),
    ("eval_", "validation"),
    ("train_", "train"),
    ("training_", "train"),
];

/// What holds for a metric of which a rule names no split: facts without one,
/// else those of the first of these. Training is not among them: it says how
/// well a model remembers.
pub const HELD_OUT: [&str; 2] = ["test", "validation"];

const UP: Option<bool> = Some(true);
const DOWN: Option<bool> = Some(false);

/// A share, a probability, a distance between distributions that has an end.
const SHARE: (Option<i8>, Option<i8>) = (Some(0), Some(1));
/// A loss, a divergence, a duration, a count.
const NOT_NEGATIVE: (Option<i8>, Option<i8>) = (Some(0), None);
/// A share of what could be explained, which can be worse than nothing.
const AT_MOST_ONE: (Option<i8>, Option<i8>) = (None, Some(1));
/// A correlation.
const CORRELATION: (Option<i8>, Option<i8>) = (Some(-1), Some(1));

const fn metric(
    name: &'static str,
    greater_is_better: Option<bool>,
    unit: &'static str,
) -> Builtin {
    Builtin {
        name,
        greater_is_better,
        unit,
        range: (None, None),
        is_evaluated: false,
        aliases: &[],
        in_units: &[],
    }
}

impl Builtin {
    const fn within(mut self, range: (Option<i8>, Option<i8>)) -> Self {
        self.range = range;
        self
    }

    const fn evaluated(mut self) -> Self {
        self.is_evaluated = true;
        self
    }

    const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn in_units(mut self, names: &'static [(&'static str, &'static str)]) -> Self {
        self.in_units = names;
        self
    }
}

const fn score(name: &'static str, aliases: &'static [&'static str]) -> Builtin {
    metric(name, UP, "ratio").within(SHARE).evaluated().or(aliases)
}

const fn loss(name: &'static str, aliases: &'static [&'static str]) -> Builtin {
    metric(name, DOWN, "").within(NOT_NEGATIVE).evaluated().or(aliases)
}

const fn latency(
    name: &'static str,
    aliases: &'static [&'static str],
    in_units: &'static [(&'static str, &'static str)],
) -> Builtin {
    metric(name, DOWN, "ms").within(NOT_NEGATIVE).or(aliases).in_units(in_units)
}

/// The table.
pub static BUILTIN: &[Builtin] = &[
    // Classification
    score("accuracy", &["accuracy_score"]),
    score("balanced_accuracy", &["balanced_accuracy_score"]),
    score("precision", &["precision_score"]),
    score("recall", &["recall_score", "sensitivity", "tpr"]),
    score("specificity", &["tnr"]),
    score("f1", &["f1_score"]),
    score("auc", &["roc_auc", "auc_roc", "auroc", "roc_auc_score"]),
    score("aupr", &["pr_auc", "auc_pr", "auprc", "precision_recall_auc"]),
    loss("log_loss", &["logloss"]),
    loss("brier_score", &["brier_score_loss"]),
    metric("mcc", UP, "").within(CORRELATION).evaluated().or(&["matthews_corrcoef"]),
    // Regression
    loss("mse", &["mean_squared_error"]),
    loss("rmse", &["root_mean_squared_error"]),
    loss("mae", &["mean_absolute_error"]),
    metric("r2", UP, "").within(AT_MOST_ONE).evaluated().or(&["r2_score", "r_squared"]),
    metric("mape", DOWN, "ratio")
        .within(NOT_NEGATIVE)
        .evaluated()
        .or(&["mean_absolute_percentage_error"]),
    metric("correlation", UP, "").within(CORRELATION).evaluated().or(&[
        "pearson",
        "pearson_r",
        "spearman",
        "spearman_rho",
        "kendall_tau",
    ]),
    // Ranking
    score("ndcg", &[]),
    score("map", &["mean_average_precision"]),
    score("mrr", &["mean_reciprocal_rank"]),
    // Serving
    latency(
        "p50_ms",
        &["p50_latency_ms", "latency_p50", "latency_p50_ms", "p50_latency"],
        &[("p50_seconds", "s"), ("latency_p50_seconds", "s")],
    ),
    latency(
        "p95_ms",
        &["p95_latency_ms", "latency_p95", "latency_p95_ms", "p95_latency"],
        &[("p95_seconds", "s"), ("latency_p95_seconds", "s")],
    ),
    latency(
        "p99_ms",
        &["p99_latency_ms", "latency_p99", "latency_p99_ms", "p99_latency"],
        &[("p99_seconds", "s"), ("latency_p99_seconds", "s")],
    ),
    metric("throughput_rps", UP, "rps")
        .within(NOT_NEGATIVE)
        .or(&["throughput", "requests_per_second"]),
    metric("error_rate", DOWN, "ratio").within(SHARE).or(&["failure_rate"]),
    metric("memory_mb", DOWN, "MB").within(NOT_NEGATIVE).or(&["memory_usage_mb"]).in_units(&[
        ("memory_bytes", "B"),
        ("memory_mib", "MiB"),
        ("memory_gb", "GB"),
    ]),
    metric("cold_start_s", DOWN, "s")
        .within(NOT_NEGATIVE)
        .or(&["cold_start_sec", "cold_start_seconds"])
        .in_units(&[("cold_start_ms", "ms")]),
    metric("logging_complete", None, "").or(&["logs_captured"]),
    metric("traffic_sigma", None, "").or(&["traffic_z", "traffic_z_score"]),
    // Business
    metric("revenue_lift", UP, "ratio"),
    metric("conversion_rate", UP, "ratio").within(SHARE),
    metric("customer_satisfaction", UP, ""),
    metric("business_metric_lift", UP, "ratio").or(&["lift"]),
    metric("sla_violations", DOWN, "count").within(NOT_NEGATIVE),
    metric("shadow_days", UP, "d").within(NOT_NEGATIVE).in_units(&[("shadow_hours", "h")]),
    metric("p_value", DOWN, "").within(SHARE),
    metric("rollback_minutes", DOWN, "min")
        .within(NOT_NEGATIVE)
        .in_units(&[("rollback_seconds", "s"), ("rollback_duration_s", "s")]),
    // Agreement, drift, calibration, fairness
    metric("agreement_rate", UP, "ratio").within(SHARE).or(&["agreement"]),
    metric("feature_coverage", UP, "ratio").within(SHARE),
    metric("demographic_parity", DOWN, "ratio")
        .within(SHARE)
        .evaluated()
        .or(&["demographic_parity_difference"]),
    metric("equalized_odds", DOWN, "ratio")
        .within(SHARE)
        .evaluated()
        .or(&["equalised_odds", "equalized_odds_difference"]),
    metric("ece", DOWN, "ratio").within(SHARE).evaluated().or(&["expected_calibration_error"]),
    metric("calibration_psi", DOWN, "").within(NOT_NEGATIVE).evaluated(),
    metric("psi", DOWN, "").within(NOT_NEGATIVE).or(&["population_stability_index"]),
    metric("kl_divergence", DOWN, "").within(NOT_NEGATIVE).or(&["kl"]),
    metric("js_divergence", DOWN, "").within(NOT_NEGATIVE).or(&["jensen_shannon_divergence"]),
    metric("wasserstein", DOWN, "").within(NOT_NEGATIVE).or(&["wasserstein_distance"]),
    metric("ks_statistic", DOWN, "").within(SHARE).or(&["ks"]),
];
