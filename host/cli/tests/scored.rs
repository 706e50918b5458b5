//! `tollgate facts`: rows become facts, and gates judge them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{report, root, text, tollgate};
use serde_json::Value;
use tempfile::TempDir;

/// Numbers from 0 to 1, the same in every run.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// Files of a test, and the folder of a model.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("model")).unwrap();
        let version = r#"{ "name": "churn", "version": "8" }"#;
        fs::write(folder.path().join("model/model_version.json"), version).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) -> String {
        fs::write(self.0.path().join(name), content).unwrap();
        self.path(name)
    }

    /// Runs `tollgate facts` into a file; its exit code and what it tells.
    fn facts(&self, file: &str, arguments: &[&str]) -> (i32, String) {
        let out = self.path(file);
        let output = tollgate(&[&["facts"], arguments, &["-o", &out]].concat());
        let told = text(&output.stderr).replace(&format!("{}/", self.0.path().display()), "");
        (output.status.code().unwrap(), told)
    }

    /// Judges these facts; the exit code, and each finding.
    fn gate(&self, facts: &[&str], profile: &str) -> (i32, Vec<String>) {
        let profile = format!("policies/gates/{profile}.yaml");
        let model = self.path("model");
        let mut arguments = vec!["gate", "--candidate", &model, "--profile", &profile];
        let paths: Vec<String> = facts.iter().map(|name| self.path(name)).collect();
        for path in &paths {
            arguments.extend(["--facts", path]);
        }
        arguments.extend(["--format", "json"]);
        let output = tollgate(&arguments);
        let report = report(&output);
        let findings = report["profiles"][0]["findings"].as_array().unwrap();
        let told = findings.iter().map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            format!("{} {}: {}", text("outcome"), text("rule"), text("message"))
        });
        (output.status.code().unwrap(), told.collect())
    }
}

/// Scores that are the chance of the outcome, in two groups; of the second one
/// they are so many times as high as they should be.
fn scored(rows: usize, bias: f64) -> String {
    let mut draws = Draws(7);
    let mut csv = "gender,p_churn,churned,amount,country\n".to_owned();
    for row in 0..rows {
        let (gender, times) = if row % 2 == 0 { ("female", 1.0) } else { ("male", bias) };
        let chance = draws.next();
        let came = u8::from(draws.next() < chance);
        let country = if draws.next() < 0.6 { "DE" } else { "FR" };
        let amount = draws.next() * 100.0;
        writeln!(csv, "{gender},{},{came},{amount},{country}", chance * times).unwrap();
    }
    csv
}

const JUDGED: [&str; 6] = ["--score", "p_churn", "--threshold", "0.5", "--outcome", "churned"];
const GROUPED: [&str; 2] = ["--group", "group=gender"];

#[test]
fn a_fair_file_passes_and_a_biased_one_fails() {
    let place = Place::new();
    let fair = place.write("fair.csv", &scored(8_000, 1.0));
    let biased = place.write("biased.csv", &scored(8_000, 0.6));
    let arguments = [&JUDGED[..], &GROUPED].concat();
    for (file, facts) in [(&fair, "fair.json"), (&biased, "biased.json")] {
        let (code, told) = place.facts(facts, &[&[file.as_str()][..], &arguments].concat());
        assert_eq!((code, told.trim()), (0, "27 facts of 8000 rows"));
    }
    let (code, findings) = place.gate(&["fair.json"], "fairness");
    assert_eq!(code, 0, "{findings:#?}");
    let (code, findings) = place.gate(&["biased.json"], "fairness");
    assert_eq!(code, 1, "{findings:#?}");
    assert!(findings.iter().all(|told| told.starts_with("fail ")), "{findings:#?}");
    let (code, findings) = place.gate(&["fair.json"], "calibration");
    assert_eq!(code, 0, "{findings:#?}");
    let (code, findings) = place.gate(&["biased.json"], "calibration");
    assert_eq!(code, 3, "{findings:#?}");
}

/// What is left out passes nothing.
#[test]
fn a_file_without_its_groups_outcomes_or_some_of_its_cells_does_not_pass() {
    let place = Place::new();
    let rows = scored(8_000, 1.0);
    let fair = place.write("fair.csv", &rows);
    let fails = |facts: &str, arguments: &[&str], told_code: i32| {
        let (code, told) = place.facts(facts, arguments);
        assert_eq!(code, told_code, "{told}");
        let (code, findings) = place.gate(&[facts], "fairness");
        assert!([1, 3].contains(&code), "{code}: {findings:#?}");
        told
    };
    fails("whole.json", &[&[fair.as_str()][..], &JUDGED].concat(), 0);
    let selected = ["--score", "p_churn", "--threshold", "0.5"];
    fails("selected.json", &[&[fair.as_str()][..], &selected, &GROUPED].concat(), 0);
    let arguments = [&JUDGED[..], &GROUPED].concat();
    // One score, one outcome, one group of 8,000.
    let line = rows.lines().nth(5).unwrap();
    let cells: Vec<&str> = line.split(',').collect();
    for (at, wrong) in [(0, ""), (1, "NaN"), (1, ""), (1, "high"), (2, ""), (2, "2"), (2, "yes")] {
        let mut cells = cells.clone();
        cells[at] = wrong;
        let holes = rows.replacen(line, &cells.join(","), 1);
        let file = place.write("holes.csv", &holes);
        let told = fails("holes.json", &[&[file.as_str()][..], &arguments].concat(), 3);
        assert!(told.contains("`holes.csv` line 6"), "{told}");
    }
    // Whoever says how many may be left out gets the rest, and is told.
    let allowed = [&arguments[..], &["--max-left-out", "0.001"]].concat();
    let file = place.path("holes.csv");
    let (code, told) = place.facts("holes.json", &[&[file.as_str()][..], &allowed].concat());
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 of 8000 rows are left out"), "{told}");
    assert_eq!(place.gate(&["holes.json"], "fairness").0, 0);
}

/// A share of all rows may be all rows of a group.
#[test]
fn a_group_may_not_be_left_out_under_the_share_of_the_whole() {
    let place = Place::new();
    let mut rows = scored(8_000, 1.0);
    for row in 0..40 {
        writeln!(rows, "diverse,{},1,1,DE", if row < 30 { "" } else { "0.9" }).unwrap();
    }
    let file = place.write("rows.csv", &rows);
    let arguments = [&[file.as_str()][..], &JUDGED, &GROUPED, &["--max-left-out", "0.01"]].concat();
    let (code, told) = place.facts("facts.json", &arguments);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("30 of 40 rows of `group=diverse` cannot be used"), "{told}");
    assert!(place.gate(&["facts.json"], "fairness").0 != 0);
}

#[test]
fn a_distribution_that_moved_fails_and_one_that_did_not_passes() {
    let place = Place::new();
    let reference = place.write("reference.csv", &scored(8_000, 1.0));
    let moved = scored(8_000, 1.0).replace(",DE\n", ",NL\n");
    let moved = place.write("moved.csv", &moved);
    let mut draws = scored(9_000, 1.0);
    draws.truncate(draws.trim_end().rfind('\n').unwrap() + 1);
    let same = place.write("same.csv", &draws);
    let asked = ["--score", "p_churn", "--feature", "amount", "--category", "country"];
    let with = ["--reference", reference.as_str()];
    for (file, facts, expected) in [(&same, "same.json", 0), (&moved, "moved.json", 1)] {
        let (code, told) = place.facts(facts, &[&[file.as_str()][..], &asked, &with].concat());
        assert_eq!(code, 0, "{told}");
        let (code, findings) = place.gate(&[facts], "drift-statistics");
        assert_eq!(code, expected, "{findings:#?}");
    }
    // Frozen once, and taken from its facts from then on.
    let frozen = [&[reference.as_str()][..], &asked, &["--subject", "reference"]].concat();
    assert_eq!(place.facts("reference.json", &frozen).0, 0);
    let frozen = place.path("reference.json");
    let with = ["--reference", frozen.as_str()];
    let (code, told) = place.facts("today.json", &[&[same.as_str()][..], &asked, &with].concat());
    assert_eq!(code, 0, "{told}");
    let (code, findings) = place.gate(&["today.json", "reference.json"], "drift-statistics");
    assert_eq!(code, 0, "{findings:#?}");
    let (code, _) = place.gate(&["today.json"], "drift-statistics");
    assert_eq!(code, 1, "without its reference nothing has not moved");
    // Compared with itself nothing moves.
    let (code, told) = place.facts(
        "self.json",
        &[&[reference.as_str()][..], &asked, &["--reference", &reference]].concat(),
    );
    assert_eq!(code, 2, "{told}");
}

#[test]
fn arms_of_a_test_are_the_candidate_and_the_champion() {
    let place = Place::new();
    let visits = |treated: f64, both: bool| {
        let mut draws = Draws(3);
        let mut csv = "arm,signed_up,revenue\n".to_owned();
        for row in 0..24_000 {
            let is_treated = both && row % 2 == 0;
            let (arm, rate) = if is_treated { ("treatment", treated) } else { ("control", 0.1) };
            let signed = draws.next() < rate;
            writeln!(csv, "{arm},{signed},{}", draws.next() * 10.0).unwrap();
        }
        csv
    };
    let arguments = [
        "--variant",
        "arm=treatment:candidate,control:champion",
        "--conversion",
        "conversion_rate=signed_up",
        "--mean",
        "revenue",
    ];
    let windowed = [&arguments[..], &["--label", "window=14d"]].concat();
    let better = place.write("better.csv", &visits(0.13, true));
    let alike = place.write("alike.csv", &visits(0.1, true));
    let alone = place.write("alone.csv", &visits(0.13, false));
    let judged = |file: &str, arguments: &[&str]| {
        let (told_code, told) = place.facts("ab.json", &[&[file][..], arguments].concat());
        let (code, findings) = place.gate(&["ab.json"], "ab-test-statistics");
        (told_code, told, code, findings)
    };
    let (told, _, code, findings) = judged(&better, &windowed);
    assert_eq!((told, code), (0, 0), "{findings:#?}");
    let (told, _, code, findings) = judged(&alike, &windowed);
    assert_eq!((told, code), (0, 1), "{findings:#?}");
    let (told, said, code, findings) = judged(&alone, &windowed);
    assert_eq!(told, 3, "{said}");
    assert!(code != 0, "{findings:#?}");
    // Nobody says for how long it went on.
    let (told, _, code, findings) = judged(&better, &arguments);
    assert_eq!((told, code), (0, 3), "{findings:#?}");
}

/// The forms of one table give the same facts, to the last digit.
#[test]
fn formats_come_to_the_same() {
    let place = Place::new();
    let folder = root().join("host/scored/tests/reference");
    let csv = fs::read_to_string(folder.join("rows.csv")).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let cell = |cell: &str| match cell {
        "True" | "False" => cell.to_lowercase(),
        _ if cell.parse::<f64>().is_ok() => cell.to_owned(),
        _ => format!("\"{cell}\""),
    };
    let rows: Vec<Vec<String>> = lines.map(|row| row.iter().map(|it| cell(it)).collect()).collect();
    let named = |row: &Vec<String>| {
        let pairs = names.iter().zip(row).map(|(name, cell)| format!("\"{name}\": {cell}"));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    };
    let jsonl: Vec<String> = rows.iter().map(named).collect();
    place.write("rows.jsonl", &jsonl.join("\n"));
    let data: Vec<String> = rows.iter().map(|row| format!("[{}]", row.join(", "))).collect();
    let table = format!("{{\"columns\": {names:?}, \"data\": [{}]}}", data.join(", "));
    place.write("eval_results_table.json", &table);
    fs::copy(folder.join("rows.csv"), place.0.path().join("rows.csv")).unwrap();
    fs::copy(folder.join("rows.parquet"), place.0.path().join("rows.parquet")).unwrap();
    let facts = |name: &str| -> Vec<Value> {
        let path = place.path(name);
        let output = tollgate(&[
            "facts",
            &path,
            "--score",
            "p_churn",
            "--threshold",
            "0.5",
            "--outcome",
            "churned",
            "--group",
            "gender,age_band",
            "--metric",
            "auc",
            "--mean",
            "amount",
            "--category",
            "country",
            "--conversion",
            "signed_up",
            "--edges",
            "amount=0,50,100",
            "--feature",
            "amount",
            "--format",
            "json",
        ]);
        let mut report = report(&output);
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        let mut facts = report["facts"].take().as_array().unwrap().clone();
        facts.iter_mut().for_each(|fact| drop(fact["source"].take()));
        facts
    };
    let expected = facts("rows.csv");
    for name in ["rows.parquet", "rows.jsonl", "eval_results_table.json"] {
        assert_eq!(facts(name), expected, "{name}");
    }
}

fn line(place: &Place, arguments: &[&str]) -> String {
    let (code, told) = place.facts("facts.json", arguments);
    let wrote = fs::remove_file(place.path("facts.json")).is_ok();
    let words: Vec<&str> = told.split_whitespace().filter(|word| *word != "│").collect();
    format!("{code}{} {}", if wrote { " written" } else { "" }, words.join(" "))
}

#[test]
fn what_is_wrong_is_explained() {
    let place = Place::new();
    let rows = place.write("rows.csv", &scored(200, 1.0));
    let cut = fs::read_to_string(&rows).unwrap();
    let cut = place.write("cut.csv", &cut[..cut.len() - 30]);
    let twice = place.write("twice.csv", "p,y,p\n0.1,1,0.3\n");
    let none = place.write("none.csv", "p,y\n");
    let lines =
        place.write("rows.jsonl", "{\"p\": 0.5, \"y\": 1}\n{\"p\": 0.5, \"y\": 1, \"p\": 1}\n");
    let short = place.write("table.json", r#"{"columns": ["p", "y"], "data": [[0.1, 1], [0.2]]}"#);
    let other = place.write("other.json", r#"{"a": 1}"#);
    let ids: String = (0..5_001).fold("id,p\n".to_owned(), |all, id| format!("{all}c{id},0.5\n"));
    let ids = place.write("ids.csv", &ids);
    let all = place.path("all.parquet");
    fs::copy(root().join("host/scored/tests/reference/rows.parquet"), &all).unwrap();
    let scored = ["--score", "p", "--outcome", "y"];
    let cases: Vec<Vec<&str>> = vec![
        vec![&rows],
        vec![&rows, "--score", "p_chrun", "--outcome", "churned"],
        vec![&rows, "--score", "country", "--outcome", "churned"],
        vec![&all, "--score", "country", "--outcome", "churned"],
        vec![&all, "--score", "p_chrun", "--outcome", "churned"],
        vec![&rows, "--feature", "amount"],
        vec![&rows, "--metric", "f1", "--score", "p_churn"],
        vec![&rows, "--mean", "amount", "--group", "gender", "--group", "gender"],
        vec![&rows, "--mean", "amount", "--subject", "run"],
        vec![&rows, "--mean", "amount", "--label", "group=all", "--group", "group=gender"],
        vec![&rows, &rows, "--mean", "amount"],
        vec![&rows, "--category", "country", "--reference", "-"],
        [&[cut.as_str()], &JUDGED[..]].concat(),
        [&[twice.as_str()], &scored[..]].concat(),
        [&[none.as_str()], &scored[..]].concat(),
        [&[lines.as_str()], &scored[..]].concat(),
        vec![&lines, "--score", "q", "--outcome", "y"],
        [&[short.as_str()], &scored[..]].concat(),
        [&[other.as_str()], &scored[..]].concat(),
        vec![&ids, "--score", "p", "--threshold", "0.5", "--group", "id"],
    ];
    let told: Vec<String> = cases.iter().map(|case| line(&place, case)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// A file by two names is one, whose rows would count twice.
#[cfg(unix)]
#[test]
fn a_file_that_is_given_by_two_names_is_refused() {
    let place = Place::new();
    let rows = place.write("rows.csv", &scored(100, 1.0));
    let (hard, soft, copy) =
        (place.path("hard.csv"), place.path("soft.csv"), place.path("copy.csv"));
    fs::hard_link(&rows, &hard).unwrap();
    std::os::unix::fs::symlink(&rows, &soft).unwrap();
    fs::copy(&rows, &copy).unwrap();
    for (other, wanted) in [(&hard, 2), (&soft, 2), (&rows, 2), (&copy, 0)] {
        let (code, told) = place.facts("f.json", &[&[&*rows, other][..], &JUDGED].concat());
        assert_eq!(code, wanted, "{told}");
        let says = if *other == rows {
            "`rows.csv` is given twice"
        } else {
            "is the same file as `rows.csv`"
        };
        assert!(code == 0 || told.replace("\n  │ ", " ").contains(says), "{told}");
    }
}
