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
    /// Whether no value outside 0 to 1 (in `ratio`) can be right.
    pub is_share: bool,
    /// Whether the names with a prefix of [`EVALUATION_PREFIXES`] mean it too.
    pub is_evaluated: bool,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Names that say another unit than `unit`.
    pub in_units: &'static [(&'static str, &'static str)],
}

/// What a held-out evaluation puts before the name: `test_auc`.
pub const EVALUATION_PREFIXES: [&str; 4] = ["test_", "validation_", "val_", "eval_"];

const UP: Option<bool> = Some(true);
const DOWN: Option<bool> = Some(false);

const fn metric(
    name: &'static str,
    greater_is_better: Option<bool>,
    unit: &'static str,
) -> Builtin {
    Builtin {
        name,
        greater_is_better,
        unit,
        is_share: false,
        is_evaluated: false,
        aliases: &[],
        in_units: &[],
    }
}

impl Builtin {
    const fn share(mut self) -> Self {
        self.is_share = true;
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
    metric(name, UP, "ratio").share().evaluated().or(aliases)
}

const fn loss(name: &'static str, aliases: &'static [&'static str]) -> Builtin {
    metric(name, DOWN, "").evaluated().or(aliases)
}

const fn latency(
    name: &'static str,
    aliases: &'static [&'static str],
    in_units: &'static [(&'static str, &'static str)],
) -> Builtin {
    metric(name, DOWN, "ms").or(aliases).in_units(in_units)
}

/// The table.
pub static BUILTIN: &[Builtin] = &[
    // Classification
    score("accuracy", &["accuracy_score"]),
    score("precision", &["precision_score"]),
    score("recall", &["recall_score", "sensitivity", "tpr"]),
    score("f1", &["f1_score"]),
    score("auc", &["roc_auc", "auc_roc", "auroc", "roc_auc_score"]),
    score("aupr", &["pr_auc", "auc_pr", "auprc", "precision_recall_auc"]),
    loss("log_loss", &["logloss"]),
    // Regression
    loss("mse", &["mean_squared_error"]),
    loss("rmse", &["root_mean_squared_error"]),
    loss("mae", &["mean_absolute_error"]),
    metric("r2", UP, "").evaluated().or(&["r2_score", "r_squared"]),
    metric("mape", DOWN, "ratio").evaluated().or(&["mean_absolute_percentage_error"]),
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
    metric("throughput_rps", UP, "rps").or(&["throughput", "requests_per_second"]),
    metric("error_rate", DOWN, "ratio").share().or(&["failure_rate"]),
    metric("memory_mb", DOWN, "MB").or(&["memory_usage_mb"]).in_units(&[
        ("memory_bytes", "B"),
        ("memory_mib", "MiB"),
        ("memory_gb", "GB"),
    ]),
    metric("cold_start_s", DOWN, "s")
        .or(&["cold_start_sec", "cold_start_seconds"])
        .in_units(&[("cold_start_ms", "ms")]),
    metric("logging_complete", None, "").or(&["logs_captured"]),
    metric("traffic_sigma", None, "").or(&["traffic_z", "traffic_z_score"]),
    // Business
    metric("revenue_lift", UP, "ratio"),
    metric("conversion_rate", UP, "ratio").share(),
    metric("customer_satisfaction", UP, ""),
    metric("business_metric_lift", UP, "ratio").or(&["lift"]),
    metric("sla_violations", DOWN, "count"),
    metric("shadow_days", UP, "d").in_units(&[("shadow_hours", "h")]),
    metric("p_value", DOWN, "").share(),
    metric("rollback_minutes", DOWN, "min")
        .in_units(&[("rollback_seconds", "s"), ("rollback_duration_s", "s")]),
    // Agreement, drift, calibration, fairness
    metric("agreement_rate", UP, "ratio").share().or(&["agreement"]),
    metric("feature_coverage", UP, "ratio").share(),
    metric("demographic_parity", DOWN, "ratio").share().or(&["demographic_parity_difference"]),
    metric("equalized_odds", DOWN, "ratio")
        .share()
        .or(&["equalised_odds", "equalized_odds_difference"]),
    metric("ece", DOWN, "ratio").share().or(&["expected_calibration_error"]),
    metric("calibration_psi", DOWN, ""),
    metric("psi", DOWN, "").or(&["population_stability_index"]),
    metric("kl_divergence", DOWN, "").or(&["kl"]),
];
