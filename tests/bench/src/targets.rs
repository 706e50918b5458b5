//! What the project set out to reach, and whether this run did.

use crate::figures::{ratio, time};
use crate::group::Results;

/// One figure to reach.
struct Target {
    text: &'static str,
    /// The row that should be fast.
    row: &'static str,
    bound: Bound,
}

enum Bound {
    /// At most so many times this row's time.
    Times(f64, &'static str),
    /// At most so many nanoseconds more than this row.
    Plus(f64, &'static str),
    /// At most so many nanoseconds.
    Nanoseconds(f64),
}

const TARGETS: [Target; 33] = [
    Target {
        text: "a decision over HTTP at half load, p50, at most 1.25 times a constant answer",
        row: "serve/decide-p50",
        bound: Bound::Times(1.25, "serve/constant-p50"),
    },
    Target {
        text: "the same, p99",
        row: "serve/decide-p99",
        bound: Bound::Times(1.25, "serve/constant-p99"),
    },
    Target {
        text: "p99 at full load while the policy is swapped, at most twice that without",
        row: "serve/reload-p99",
        bound: Bound::Times(2.0, "serve/full-p99"),
    },
    Target {
        text: "the decision log on, at least 0.95 of the requests at full load",
        row: "serve/decide-logged",
        bound: Bound::Times(1.0 / 0.95, "serve/decide-many"),
    },
    Target {
        text: "a server of 1,000 policies, at most 2 s until it serves them",
        row: "serve-start/1000",
        bound: Bound::Nanoseconds(2e9),
    },
    Target {
        text: "a decision over HTTP at full load, at least 0.8 of the requests",
        row: "serve/decide-many",
        bound: Bound::Times(1.25, "serve/constant-many"),
    },
    Target {
        text: "a decision inside of Envoy, p50, at most 40 µs more than none",
        row: "serve-envoy/module",
        bound: Bound::Plus(40_000.0, "serve-envoy/none"),
    },
    Target {
        text: "a decision by ext_authz, p50, at most 30 µs more than a constant answer",
        row: "serve-envoy/ext-authz",
        bound: Bound::Plus(30_000.0, "serve-envoy/constant"),
    },
    Target {
        text: "a typed decision, warm, at most 1/4 of Cedar on a prepared request",
        row: "decision/tollgate-typed-warm",
        bound: Bound::Times(1.0 / 4.0, "decision/cedar-prepared"),
    },
    Target {
        text: "a typed decision, warm, at most 1/4 of Cedar on one scaled to integers",
        row: "decision/tollgate-typed-warm",
        bound: Bound::Times(1.0 / 4.0, "decision/cedar-prepared-long"),
    },
    Target {
        text: "a decision from JSON to JSON, warm, at most 0.85 of JSONLogic's of the same answer",
        row: "decision/tollgate-json-warm",
        bound: Bound::Times(0.85, "decision/jsonlogic-answer"),
    },
    Target {
        text: "a decision from JSON to JSON, fresh, at most 1/4 of Rego's",
        row: "decision/tollgate-json-fresh",
        bound: Bound::Times(1.0 / 4.0, "decision/rego-json"),
    },
    Target {
        text: "a decision from JSON to JSON, fresh and baked, at most 1/4 of Rego's",
        row: "decision/tollgate-json-fresh-baked",
        bound: Bound::Times(1.0 / 4.0, "decision/rego-json"),
    },
    Target {
        text: "a decision from JSON to JSON, fresh and baked, at most 1/4 of Rego's in its RVM",
        row: "decision/tollgate-json-fresh-baked",
        bound: Bound::Times(1.0 / 4.0, "decision/rego-vm-json"),
    },
    Target {
        text: "the same in an instance made ahead, at most 0.6 of Cedar on a prepared request",
        row: "decision/tollgate-json-ahead-baked",
        bound: Bound::Times(0.6, "decision/cedar-prepared"),
    },
    Target {
        text: "the same in an instance made ahead, at most 0.6 of Rego's in its RVM",
        row: "decision/tollgate-json-ahead-baked",
        bound: Bound::Times(0.6, "decision/rego-vm-json"),
    },
    Target {
        text: "1,000,000 rows from columns, warm, at most 1.6 times the plugin's code natively",
        row: "columns/tollgate-warm",
        bound: Bound::Times(1.6, "columns/native-plugin"),
    },
    Target {
        text: "a check of 1 row, fresh, at most 1/100 of MLflow's parsing and enforcing",
        row: "check-1/tollgate-fresh",
        bound: Bound::Times(1.0 / 100.0, "check-1/mlflow"),
    },
    Target {
        text: "a check of 1 row, fresh and baked, at most 1/300 of MLflow's",
        row: "check-1/tollgate-fresh-baked",
        bound: Bound::Times(1.0 / 300.0, "check-1/mlflow"),
    },
    Target {
        text: "a check of 1,000 rows, warm, at most 1/20 of MLflow's",
        row: "check-1000/tollgate-warm",
        bound: Bound::Times(1.0 / 20.0, "check-1000/mlflow"),
    },
    Target {
        text: "a check of 1,000 rows, warm, at most twice the plugin's code natively",
        row: "check-1000/tollgate-warm",
        bound: Bound::Times(2.0, "check-1000/native-plugin"),
    },
    Target {
        text: "a check of 1,000 rows, warm, strict at most 1.15 times mode mlflow",
        row: "check-1000/tollgate-warm",
        bound: Bound::Times(1.15, "check-1000/tollgate-warm-mlflow"),
    },
    Target {
        text: "the same with a column of bytes",
        row: "check-general/tollgate-warm",
        bound: Bound::Times(1.15, "check-general/tollgate-warm-mlflow"),
    },
    Target {
        text: "the same with nested columns",
        row: "check-nested/tollgate-warm",
        bound: Bound::Times(1.15, "check-nested/tollgate-warm-mlflow"),
    },
    Target {
        text: "1,000 rows of nested columns, at most twice flat ones of as many bytes",
        row: "check-nested/tollgate-warm",
        bound: Bound::Times(2.0, "check-nested/flat"),
    },
    Target {
        text: "p99 of 7 policies while an eighth hangs, at most 1.5 times that beside one at work",
        row: "bulkhead/beside-hanging",
        bound: Bound::Times(1.5, "bulkhead/beside-busy"),
    },
    Target {
        text: "10,000,000 rows of Parquet, at most 0.7 of the time of a check with pyarrow",
        row: "frames/tollgate-parquet",
        bound: Bound::Times(0.7, "frames/pyarrow"),
    },
    Target {
        text: "10,000,000 rows of Parquet, at most the time of pandera",
        row: "frames/tollgate-parquet",
        bound: Bound::Times(1.0, "frames/pandera"),
    },
    Target {
        text: "statistics of scored rows by 20 groups, at most the time of pandas",
        row: "scored/tollgate",
        bound: Bound::Times(1.0, "scored/pandas"),
    },
    Target {
        text: "`tollgate gate`, nothing in any cache, at most twice that with a warm one",
        row: "gate/cold-cache",
        bound: Bound::Times(2.0, "gate/warm-cache"),
    },
    Target {
        text: "100 rules over 10,000 facts that are at hand, at most 50 ms",
        row: "rules/10000-facts",
        bound: Bound::Nanoseconds(50e6),
    },
    Target {
        text: "a log decided anew at most as long as `tollgate decide` on the same rows",
        row: "log-diff/tollgate-diff",
        bound: Bound::Times(1.0, "log-diff/tollgate-decide"),
    },
    Target {
        text: "`tollgate gate`, the whole process with a warm cache, at most 30 ms",
        row: "gate/warm-cache",
        bound: Bound::Nanoseconds(30e6),
    },
];

/// A target after the run.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) text: &'static str,
    /// None when a row that it needs was not measured.
    pub(crate) reached: Option<bool>,
    /// What was measured, for a person.
    pub(crate) found: String,
}

/// Judges every target by the medians.
pub(crate) fn judge(results: &[Results]) -> Vec<Judged> {
    let median = |id: &str| results.iter().find_map(|group| group.median(id));
    TARGETS
        .iter()
        .map(|target| {
            let (reached, found) = match (median(target.row), &target.bound) {
                (None, _) => (None, format!("{} is missing", target.row)),
                (Some(ours), Bound::Nanoseconds(most)) => (Some(ours <= *most), time(ours)),
                (Some(ours), Bound::Plus(most, other)) => match median(other) {
                    None => (None, format!("{other} is missing")),
                    Some(theirs) => (
                        Some(ours <= theirs + most),
                        format!("{}, and {} without", time(ours), time(theirs)),
                    ),
                },
                (Some(ours), Bound::Times(most, other)) => match median(other) {
                    None => (None, format!("{other} is missing")),
                    Some(theirs) => (
                        Some(ours <= most * theirs),
                        format!(
                            "{} of {}, which is {}",
                            time(ours),
                            time(theirs),
                            ratio(ours / theirs)
                        ),
                    ),
                },
            };
            Judged { text: target.text, reached, found }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::group::{Results, RowResult};
    use crate::measure::Times;

    fn results(rows: &[(&'static str, f64)]) -> Results {
        let row = |(id, median): &(&'static str, f64)| RowResult {
            id,
            label: String::new(),
            times: Ok(Times { median: *median, least: *median, greatest: *median }),
        };
        Results {
            title: "",
            unit: "",
            reference: "",
            rounds: 1,
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn a_target_may_be_so_much_more_than_another_row() {
        for (ours, reached) in [(140_000.0, true), (140_001.0, false)] {
            let rows = [("serve-envoy/none", 100_000.0), ("serve-envoy/module", ours)];
            let judged = judge(&[results(&rows)]);
            let found: Vec<_> = judged.iter().filter_map(|judged| judged.reached).collect();
            assert_eq!(found, [reached]);
        }
    }

    #[test]
    fn targets_are_reached_missed_or_not_measured() {
        let judged = judge(&[results(&[
            ("decision/tollgate-typed-warm", 500.0),
            ("decision/cedar-prepared", 2_000.0),
            ("columns/tollgate-warm", 7.1),
            ("columns/native-plugin", 2.3),
            ("gate/warm-cache", 29e6),
        ])]);
        let measured: Vec<_> = judged.iter().filter(|judged| judged.reached.is_some()).collect();
        let reached: Vec<_> = measured.iter().filter_map(|judged| judged.reached).collect();
        assert_eq!(reached, [true, false, true]);
        assert_eq!(measured[0].found, "500 ns of 2.00 µs, which is 0.25×");
    }
}
