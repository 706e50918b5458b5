//! Reports to render.
#![allow(dead_code, reason = "each test program uses what it needs")]

use serde_json::json;
use tollgate::report::{
    AuditCounts, AuditReport, AuditedModel, AuditedProfile, AuditedVersion, CheckReport,
    ColumnReport, FactReport, FindingReport, GateDigests, GateReport, MeasureReport, PlaceReport,
    PluginReport, ProfileReport, RowsReport,
};
use tollgate_engine::Digest;
use tollgate_engine::types::{Baseline, Bound, Edge, Measure, Outcome};
use tollgate_reports::{Format, Report};

pub(crate) const FORMATS: [(&str, Format); 8] = [
    ("json", Format::Json),
    ("markdown", Format::Markdown),
    ("junit", Format::Junit),
    ("sarif", Format::Sarif),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("tap", Format::Tap),
    ("html", Format::Html),
];

/// A report of its own, which a rendering borrows.
pub(crate) enum Sample {
    Gate(GateReport),
    Check(CheckReport),
    Audit(AuditReport),
    Error(&'static str, Vec<String>),
}

impl Sample {
    pub(crate) fn render(&self, format: Format) -> String {
        let report = match self {
            Self::Gate(report) => Report::Gate(report),
            Self::Check(report) => Report::Check(report),
            Self::Audit(report) => Report::Audit(report),
            Self::Error(error, details) => Report::Error { command: "gate", error, details },
        };
        report.render(format)
    }
}

fn plugin(name: &str) -> PluginReport {
    PluginReport {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        contract: "1.2.0",
        digest: Digest::of(name.as_bytes()),
        baked_from: None,
    }
}

fn fact(name: &str, subject: &str, value: serde_json::Value) -> FactReport {
    FactReport {
        name: name.to_owned(),
        subject: subject.to_owned(),
        value,
        unit: None,
        samples: Some(1200),
        observed_at: Some("2026-11-20T10:00:00Z".to_owned()),
        source: Some(format!("{subject}/run.json")),
    }
}

fn found(rule: &str, outcome: Outcome, message: &str, line: u64, facts: &[u32]) -> FindingReport {
    FindingReport {
        pointer: Some(format!("/rules/{}", line / 10)),
        line: Some(line),
        facts: facts.to_vec(),
        ..FindingReport::new(rule, outcome, message)
    }
}

type Limit = Option<(f64, bool)>;

fn bound(low: Limit, high: Limit) -> Bound {
    let edge = |limit: Limit| limit.map(|(at, included)| Edge { at, included });
    Bound { low: edge(low), high: edge(high) }
}

fn measure(name: &str, value: f64, bound: Bound) -> Measure {
    Measure { name: name.to_owned(), value, unit: None, bound: Some(bound), baseline: None }
}

fn measured(finding: FindingReport, measure: Measure) -> FindingReport {
    FindingReport { measured: Some(MeasureReport(measure)), ..finding }
}

/// What a plugin for contract 1.2.0 says: numbers with their bounds, of which
/// some cannot be drawn, over versions and beside a champion.
fn with_measures() -> Sample {
    let champion = |value| Some(Baseline { name: "champion".to_owned(), value });
    let group = |outcome, group: &str, value, limit, facts: &[u32]| {
        let name = format!("accuracy{{group={group}}}");
        let finding = found("groups", outcome, &format!("{name} was looked at"), 31, facts);
        let measure = measure(&name, value, bound(Some((limit, true)), None));
        measured(finding, Measure { baseline: champion(limit + 0.02), ..measure })
    };
    let of = |rule: &str, outcome, name: &str, value, bound| {
        measured(found(rule, outcome, "it was looked at", 52, &[]), measure(name, value, bound))
    };
    let milliseconds = |finding: FindingReport| {
        let measured = finding.measured.map(|MeasureReport(measure)| {
            MeasureReport(Measure { unit: Some("ms".to_owned()), ..measure })
        });
        FindingReport { measured, ..finding }
    };
    let auc = measured(
        auc(),
        Measure {
            baseline: champion(0.905),
            ..measure("auc", 0.91, bound(Some((0.895, true)), None))
        },
    );
    let offline = profile(
        "offline",
        vec![
            auc,
            group(Outcome::Fail, "female", 0.81, 0.84, &[2, 3]),
            group(Outcome::Pass, "male", 0.88, 0.86, &[4, 5]),
            group(Outcome::Inconclusive, "unknown", f64::NAN, 0.86, &[]),
            of("range", Outcome::Pass, "share", 0.5, bound(Some((0.4, false)), Some((0.6, false)))),
            of(
                "none",
                Outcome::Fail,
                "sla_violations",
                2.0,
                bound(Some((0.0, true)), Some((0.0, true))),
            ),
            milliseconds(of("p99", Outcome::Pass, "p99_ms", 41.3, bound(None, Some((50.0, true))))),
            of("endless", Outcome::Inconclusive, "ratio", f64::INFINITY, bound(None, None)),
        ],
    );
    let Sample::Gate(mut report) = gate(vec![offline]) else { unreachable!() };
    report.facts.extend([
        fact("version", "candidate", json!("8")),
        fact("version", "champion", json!("7")),
        fact("auc", "v4", json!(0.87)),
        fact("auc", "v5", json!("NaN")),
        fact("auc", "v6", json!(0.89)),
    ]);
    Sample::Gate(report)
}

fn profile(name: &str, findings: Vec<FindingReport>) -> ProfileReport {
    ProfileReport {
        name: name.to_owned(),
        version: "1.2.0".to_owned(),
        document: format!("policies/gates/{name}.yaml"),
        verdict: tollgate::report::worst(&findings),
        findings,
        plugin: plugin("metric-gate"),
        settings: Digest::of(b"settings"),
    }
}

fn digests() -> GateDigests {
    let [model, policy, report] = ["model", "policy", "report"].map(|of| Digest::of(of.as_bytes()));
    GateDigests { model, policy, report }
}

fn gate(profiles: Vec<ProfileReport>) -> Sample {
    Sample::Gate(GateReport {
        verdict: profiles.iter().map(|it| it.verdict).max().unwrap_or(Outcome::Inconclusive),
        candidate: "churn v8".to_owned(),
        champion: Some("churn v7".to_owned()),
        as_of: "2026-11-30T10:00:00Z".to_owned(),
        digests: digests(),
        configuration: Vec::new(),
        profiles,
        facts: vec![
            fact("auc", "candidate", json!(0.91)),
            fact("auc", "champion", json!(0.905)),
            fact("accuracy{group=female}", "candidate", json!(0.81)),
            fact("accuracy{group=female}", "champion", json!(0.86)),
            fact("accuracy{group=male}", "candidate", json!(0.88)),
            fact("accuracy{group=male}", "champion", json!(0.88)),
            FactReport {
                unit: Some("ms".to_owned()),
                samples: None,
                ..fact("p99_ms", "candidate", json!("NaN"))
            },
            fact("owner_signed_off", "candidate", json!(true)),
        ],
    })
}

fn auc() -> FindingReport {
    FindingReport {
        expected: Some(">= 0.895".to_owned()),
        actual: Some("0.91".to_owned()),
        ..found("auc-max-regression", Outcome::Pass, "auc 0.91 is at least 0.895", 12, &[0, 1])
    }
}

pub(crate) fn check(findings: Vec<FindingReport>, rows: bool) -> CheckReport {
    CheckReport {
        verdict: tollgate::report::worst(&findings),
        signature: "models/churn/MLmodel".to_owned(),
        payload: Some(if rows { "scoring.csv" } else { "request.json" }.to_owned()),
        part: Some("inputs"),
        mode: Some("strict"),
        findings,
        more_findings: 0,
        rows: rows.then(|| RowsReport {
            format: "csv",
            count: 900,
            unread: 3,
            batches: 1,
            columns: vec![ColumnReport {
                name: "amount".to_owned(),
                dtype: None,
                failed: 2,
                warned: 0,
            }],
        }),
        plugin: plugin("mlflow-signature"),
    }
}

fn audit(models: Vec<AuditedModel>) -> Sample {
    let mut counts = AuditCounts::default();
    models.iter().for_each(|model| counts.add(model));
    Sample::Audit(AuditReport {
        verdict: counts.verdict(),
        as_of: "2026-11-30T10:00:00Z".to_owned(),
        counts,
        models,
    })
}

fn audited(
    name: &str,
    verdict: Option<Outcome>,
    problem: Option<&str>,
    profiles: Vec<AuditedProfile>,
) -> AuditedModel {
    AuditedModel {
        name: name.to_owned(),
        verdict,
        problem: None,
        versions: vec![AuditedVersion {
            version: 8,
            stage: "Production".to_owned(),
            aliases: vec!["champion".to_owned()],
            judged_for: Some("Production".to_owned()),
            champion: Some(7),
            verdict,
            problem: problem.map(str::to_owned),
            notes: Vec::new(),
            passed: 12,
            profiles,
        }],
    }
}

fn registry() -> Vec<AuditedModel> {
    let wrong = |name: &str, findings| AuditedProfile::from(profile(name, findings));
    let sunset = "`sunset_on` of `candidate` is `2026-10-01`, which has come";
    vec![
        audited("churn", Some(Outcome::Pass), None, Vec::new()),
        audited(
            "fraud_detector",
            Some(Outcome::Fail),
            None,
            vec![
                wrong("metadata-minimum", vec![found("owner", Outcome::Fail, "no owner", 22, &[])]),
                wrong("deprecation", vec![found("deprecation", Outcome::Fail, sunset, 12, &[])]),
            ],
        ),
        audited(
            "loans",
            Some(Outcome::Warn),
            None,
            vec![wrong("offline", vec![auc(), found("skip", Outcome::Warn, "skipped", 44, &[])])],
        ),
        audited("mixed", None, Some("its files come from another run"), Vec::new()),
        AuditedModel {
            name: "nothing".to_owned(),
            verdict: Some(Outcome::Inconclusive),
            problem: Some("it has no versions, so nothing was judged".to_owned()),
            versions: Vec::new(),
        },
    ]
}

/// Passing, failing and inconclusive gates and checks, and what is none.
pub(crate) fn samples() -> Vec<(&'static str, Sample)> {
    let slice = |outcome, group: &str, facts: &[u32]| {
        found("groups", outcome, &format!("accuracy{{group={group}}} was looked at"), 31, facts)
    };
    let cell =
        |row, value: &str| PlaceReport { row, line: Some(row + 1), value: Some(value.to_owned()) };
    let rows = vec![
        FindingReport {
            pointer: Some("/40/amount".to_owned()),
            expected: Some("a number".to_owned()),
            actual: Some("12,5".to_owned()),
            occurrences: 2,
            column: Some("amount".to_owned()),
            places: vec![cell(41, "12,5"), cell(57, "n/a")],
            ..FindingReport::new("type", Outcome::Fail, "column `amount` is no double")
        },
        FindingReport::new("extra-input", Outcome::Warn, "column `x` is not in the signature"),
    ];
    let missing = FindingReport {
        pointer: Some("/dataframe_records".to_owned()),
        expected: Some("amount".to_owned()),
        ..FindingReport::new("missing-inputs", Outcome::Fail, "input `amount` is missing")
    };
    let none = FindingReport::new("no-rows", Outcome::Inconclusive, "there are no rows");
    let untold =
        CheckReport { verdict: Outcome::Fail, more_findings: 12, ..check(Vec::new(), false) };
    vec![
        ("gate-passes", gate(vec![profile("offline", vec![auc()])])),
        (
            "gate-fails",
            gate(vec![
                profile(
                    "offline",
                    vec![
                        auc(),
                        slice(Outcome::Fail, "female", &[2, 3]),
                        slice(Outcome::Pass, "male", &[4, 5]),
                        found("skipped", Outcome::Warn, "skipped: `ece` is not there", 44, &[]),
                    ],
                ),
                profile(
                    "readiness",
                    vec![found("sign-off", Outcome::Pass, "owner_signed_off is true", 9, &[7])],
                ),
            ]),
        ),
        (
            "gate-inconclusive",
            gate(vec![
                profile(
                    "staging",
                    vec![found("p99", Outcome::Inconclusive, "p99_ms is NaN", 12, &[6])],
                ),
                ProfileReport { verdict: Outcome::Inconclusive, ..profile("empty", Vec::new()) },
            ]),
        ),
        ("gate-measures", with_measures()),
        ("check-passes", Sample::Check(check(Vec::new(), false))),
        ("check-fails", Sample::Check(check(vec![missing], false))),
        ("check-rows", Sample::Check(check(rows, true))),
        ("check-inconclusive", Sample::Check(check(vec![none], true))),
        ("check-untold", Sample::Check(untold)),
        ("audit", audit(registry())),
        ("audit-passes", audit(registry().into_iter().take(1).collect())),
        ("audit-empty", audit(Vec::new())),
        (
            "error",
            Sample::Error(
                "`offline.yaml` has 2 mistakes",
                vec![
                    "offline.yaml:3:1: `pluginn` is not known".to_owned(),
                    "offline.yaml:9:5: `7` is above 1".to_owned(),
                ],
            ),
        ),
    ]
}

/// Reports in which this stands wherever a stranger may write.
pub(crate) fn of_strangers(text: &str) -> Vec<Sample> {
    let text = || text.to_owned();
    let finding = |outcome, facts: &[u32]| FindingReport {
        rule: text(),
        outcome,
        message: text(),
        pointer: Some(text()),
        line: Some(3),
        expected: Some(text()),
        actual: Some(text()),
        occurrences: 3,
        facts: facts.to_vec(),
        column: Some(text()),
        places: vec![PlaceReport { row: 1, line: Some(2), value: Some(text()) }],
        measured: Some(MeasureReport(Measure {
            name: text(),
            value: 0.5,
            unit: Some(text()),
            bound: Some(bound(Some((0.4, true)), Some((0.9, false)))),
            baseline: Some(Baseline { name: text(), value: 0.7 }),
        })),
    };
    let all = || {
        [Outcome::Pass, Outcome::Warn, Outcome::Inconclusive, Outcome::Fail]
            .map(|outcome| finding(outcome, &[0, 1, 2]))
            .to_vec()
    };
    let plugin = || PluginReport { name: text(), version: text(), ..plugin("p") };
    let fact = |subject: &str, value| FactReport {
        name: text(),
        subject: subject.to_owned(),
        value,
        unit: Some(text()),
        samples: Some(1),
        observed_at: Some(text()),
        source: Some(text()),
    };
    vec![
        Sample::Gate(GateReport {
            verdict: Outcome::Fail,
            candidate: text(),
            champion: Some(text()),
            // The host's own.
            as_of: "2026-11-30T10:00:00Z".to_owned(),
            digests: digests(),
            configuration: Vec::new(),
            profiles: vec![ProfileReport {
                name: text(),
                version: text(),
                document: text(),
                verdict: Outcome::Fail,
                findings: all(),
                plugin: plugin(),
                settings: Digest::of(b""),
            }],
            facts: vec![
                fact("candidate", json!(1)),
                fact(&text(), json!(2.5)),
                fact(&text(), json!(text())),
            ],
        }),
        Sample::Check(CheckReport {
            signature: text(),
            payload: Some(text()),
            plugin: plugin(),
            ..check(all(), true)
        }),
        Sample::Audit(AuditReport {
            verdict: None,
            as_of: "2026-11-30T10:00:00Z".to_owned(),
            counts: AuditCounts { models: 1, errors: 1, ..AuditCounts::default() },
            models: vec![AuditedModel {
                name: text(),
                verdict: None,
                problem: Some(text()),
                versions: vec![AuditedVersion {
                    version: 1,
                    stage: text(),
                    aliases: vec![text()],
                    judged_for: Some(text()),
                    champion: None,
                    verdict: None,
                    problem: Some(text()),
                    notes: vec![text()],
                    passed: 1,
                    profiles: vec![AuditedProfile {
                        name: text(),
                        version: text(),
                        document: text(),
                        verdict: Outcome::Fail,
                        findings: all(),
                    }],
                }],
            }],
        }),
    ]
}
