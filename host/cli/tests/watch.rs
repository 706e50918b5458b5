//! `tollgate watch` without a registry: rounds, streaks, notifications, the
//! state.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "watch/desk.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod desk;
#[path = "watch/receiver.rs"]
mod receiver;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::time::Duration;

use common::{command, report, text};
use desk::{Desk, refused, round, said};
use receiver::Mood;
use serde_json::{Value, json};

/// Two rounds on end, then people are told; and when nothing can be judged.
fn notifies() -> Value {
    json!([
        { "rounds": 2, "do": ["notify"] },
        { "when": "inconclusive", "rounds": 3, "do": ["notify"] },
    ])
}

#[test]
fn what_breaks_is_told_once_and_once_more_when_it_is_over() {
    let desk = Desk::new(&notifies());
    assert_eq!(desk.once().0, Some(0));
    desk.bad();
    // The first round is none on end.
    let (exit, report) = desk.once();
    assert_eq!((exit, &report["done"]), (Some(1), &json!([])));
    assert_eq!(report["profiles"][0]["rules"][0]["rounds"], 1);
    let (exit, report) = desk.once();
    assert_eq!(exit, Some(1));
    assert_eq!(report["done"][0]["act"], "notify");
    for _ in 0..3 {
        assert_eq!(desk.once().1["done"], json!([]));
    }
    desk.good();
    assert_eq!(desk.once().0, Some(0));
    assert_eq!(desk.once().0, Some(0));
    let expected =
        ["the live model: 1 rule is broken", "the live model: 1 rule is as it should be again"];
    assert_eq!(desk.headlines(), expected);

    let told = desk.receiver.told();
    let broken = &told[0];
    assert!(broken.text().contains("guard: errors: error_rate 0.04 is above 0.01"), "{broken:?}");
    assert!(broken.text().contains("2 rounds on end, since 2"), "{broken:?}");
    assert_eq!(broken.body["blocks"][0]["type"], "header");
    assert_ne!(told[0].key, told[1].key);

    // It breaks again: that is another thing, under another key.
    desk.bad();
    desk.once();
    desk.once();
    let told = desk.receiver.told();
    assert_eq!(told.len(), 3);
    assert_ne!(told[0].key, told[2].key);
}

/// A good round in between, and it is none on end.
#[test]
fn rounds_count_on_end_only() {
    let desk = Desk::new(&notifies());
    for _ in 0..3 {
        desk.bad();
        desk.once();
        desk.good();
        desk.once();
    }
    assert_eq!(desk.headlines(), Vec::<String>::new());
}

/// What cannot be judged is neither good nor bad: it breaks nothing, mends
/// nothing, and is told for itself.
#[test]
fn a_source_that_is_down_is_neither_good_nor_bad() {
    let desk = Desk::new(&notifies());
    let missing = || desk.facts(&json!({ "p99_ms": 40 }));
    // The gate fails what is missing; nothing was measured, and nothing is broken.
    missing();
    for _ in 0..2 {
        let (exit, report) = desk.once();
        assert_eq!((exit, &report["verdict"]), (Some(1), &json!("fail")));
        assert_eq!(report["profiles"][0]["rules"][0]["outcome"], "inconclusive");
    }
    assert_eq!(desk.headlines(), Vec::<String>::new());
    desk.once();
    assert_eq!(desk.headlines(), ["the live model: 1 rule cannot be judged"]);
    // Broken once, gone twice, broken once: two rounds that count.
    desk.bad();
    desk.once();
    assert_eq!(desk.headlines()[1..], ["the live model: 1 rule can be judged again"]);
    fs::remove_file(desk.path("live.json")).unwrap();
    for _ in 0..2 {
        let (exit, report) = desk.once();
        assert_eq!((exit, &report["verdict"]), (Some(2), &json!("error")));
    }
    assert_eq!(desk.headlines().len(), 2);
    desk.bad();
    desk.once();
    assert_eq!(desk.headlines()[2], "the live model: 1 rule is broken");
    // Gone again: that is no recovery, however long it takes.
    fs::write(desk.path("live.json"), "{\"metrics\": {").unwrap();
    for _ in 0..4 {
        assert_eq!(desk.once().0, Some(2));
    }
    assert_eq!(desk.headlines()[3..], ["the live model: nothing can be judged"]);
    desk.good();
    desk.once();
    let over = "the live model: 1 rule is as it should be again, it can be judged again";
    assert_eq!(desk.headlines()[4..], [over]);
}

/// Live sources are asked in each round; one that is down is told of, and its
/// facts are missing.
#[test]
fn live_sources_are_asked_in_each_round() {
    let desk = Desk::new(&notifies());
    let sources = json!({ "sources": [
        { "name": "service", "facts": "service.json" },
        { "name": "monitoring", "prometheus": "http://127.0.0.1:9", "timeout": "1s",
          "queries": [{ "metric": "p99_ms", "query": "p99", "unit": "ms" }] },
    ] });
    fs::write(desk.path("sources.json"), sources.to_string()).unwrap();
    let run = |errors: f64| {
        let facts = json!({ "metrics": { "error_rate": errors } });
        fs::write(desk.path("service.json"), facts.to_string()).unwrap();
        let mut command = command(&["watch", "--once", "--format", "json"]);
        command.arg("--profile").arg(desk.path("guard.yaml"));
        command.arg("--sources").arg(desk.path("sources.json"));
        command.arg("--state").arg(desk.path("state.json"));
        command.env("TOLLGATE_WEBHOOK_URL", &desk.receiver.address);
        round(command)
    };
    let (exit, report) = run(0.001);
    // The gate fails what is missing, and nothing is broken.
    assert_eq!(
        (exit, &report["profiles"][0]["rules"][0]["outcome"]),
        (Some(1), &json!("inconclusive"))
    );
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.contains("`monitoring`") && note.contains("does not answer"), "{note}");
    for _ in 0..2 {
        run(0.04);
    }
    assert_eq!(
        desk.headlines(),
        ["the live model: 1 rule is broken, 1 rule cannot be judged"],
        "the one for two rounds, the other for three"
    );
}

/// A webhook that is down, refuses or is slow is told later, once.
#[test]
fn what_does_not_arrive_waits() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.bad();
    let quick = ["--once", "--format", "json", "--timeout", "1"];
    for mood in [Mood::Status(500), Mood::Status(404), Mood::Status(302), Mood::Silent] {
        desk.receiver.set(mood);
        let (exit, report) = round(desk.command(&quick));
        // People do not know: that is worth more than the verdict.
        assert_eq!(exit, Some(2), "{mood:?}: {report}");
        assert_eq!(report["waiting"][0]["act"], "notify", "{mood:?}: {report}");
    }
    // Nobody is there at all.
    let mut command = desk.command(&quick);
    command.env("TOLLGATE_WEBHOOK_URL", "http://127.0.0.1:9/services/SECRET");
    assert_eq!(round(command).0, Some(2));
    assert_eq!(desk.headlines(), Vec::<String>::new());
    // It is over before anybody was told: both are told, in order.
    desk.good();
    desk.receiver.set(Mood::Fine);
    let (exit, report) = desk.once();
    assert_eq!((exit, report["done"].as_array().unwrap().len()), (Some(0), 2));
    let expected =
        ["the live model: 1 rule is broken", "the live model: 1 rule is as it should be again"];
    assert_eq!(desk.headlines(), expected);
    desk.once();
    assert_eq!(desk.headlines().len(), 2);
}

/// A receiver that refuses one thing does not keep the rest from arriving; a
/// place that is gone is not forgotten.
#[test]
fn what_nobody_can_be_told_any_more_waits() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.bad();
    desk.receiver.set(Mood::Status(500));
    desk.once();
    fs::create_dir(desk.path("mail")).unwrap();
    let mut command = desk.bare(&["--once", "--format", "json", "--email-to", "a@example.org"]);
    command.arg("--state").arg(desk.path("state.json"));
    command.arg("--email-out").arg(desk.path("mail"));
    let (exit, report) = round(command);
    assert_eq!(exit, Some(2));
    let what = report["waiting"][0]["what"].as_str().unwrap();
    assert!(what.contains("no webhook is given any more"), "{what}");
    desk.receiver.set(Mood::Fine);
    desk.once();
    assert_eq!(desk.headlines(), ["the live model: 1 rule is broken"]);
}

#[test]
fn mail_is_left_in_a_folder_and_given_to_a_command() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.bad();
    fs::create_dir(desk.path("mail")).unwrap();
    let copy = desk.path("letter");
    let script = desk.path("sendmail");
    fs::write(&script, format!("#!/bin/sh\ncat > {}\n", copy.display())).unwrap();
    let run = |script: &str| {
        let arguments = ["--once", "--format", "json", "--email-to", "oncall@example.org"];
        let mut command = desk.bare(&arguments);
        command.arg("--state").arg(desk.path("state.json"));
        command.arg("--email-out").arg(desk.path("mail")).arg("--sendmail").arg(script);
        round(command)
    };
    let (exit, report) = run(&format!("/bin/false {}", script.display()));
    assert_eq!((exit, report["done"].as_array().unwrap().len()), (Some(2), 1), "{report}");
    let (exit, report) = run(&format!("/bin/sh {}", script.display()));
    assert_eq!((exit, report["done"].as_array().unwrap().len()), (Some(1), 1), "{report}");
    let files: Vec<_> = fs::read_dir(desk.path("mail")).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    let letter = fs::read_to_string(files[0].path()).unwrap();
    assert_eq!(letter, fs::read_to_string(&copy).unwrap());
    assert!(letter.contains("Subject: the live model: 1 rule is broken\r\n"), "{letter}");
    assert!(letter.contains("To: <oncall@example.org>\r\n"), "{letter}");
    assert!(letter.contains("error_rate 0.04 is above 0.01"), "{letter}");
}

/// Whatever is wrong with the state is said, and nothing is done.
#[test]
fn a_state_that_cannot_be_used_is_an_error() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.once();
    desk.bad();
    let path = desk.path("state.json");
    let whole = fs::read_to_string(&path).unwrap();
    let command = || desk.command(&["--once"]);
    for half in [0, 1, whole.len() / 2, whole.len() - 3] {
        fs::write(&path, &whole[..half]).unwrap();
        refused(&desk, command(), &["is damaged"]);
    }
    fs::write(&path, whole.replace("\"form\": 1", "\"form\": 9")).unwrap();
    refused(&desk, command(), &["form 9"]);
    fs::write(&path, whole.replace("\"guard\"", "\"other\"")).unwrap();
    refused(&desk, command(), &["is the state of a watch of facts by other"]);
    let mut elsewhere = desk.bare(&["--once"]);
    elsewhere.env("TOLLGATE_WEBHOOK_URL", &desk.receiver.address);
    elsewhere.arg("--state").arg(desk.path("no/state.json"));
    refused(&desk, elsewhere, &["there is no folder"]);
    fs::write(&path, &whole).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&path, desk.path("link.json")).unwrap();
        let mut link = desk.bare(&["--once"]);
        link.env("TOLLGATE_WEBHOOK_URL", &desk.receiver.address);
        link.arg("--state").arg(desk.path("link.json"));
        refused(&desk, link, &["is a link"]);
    }
    // As it was, it is fine.
    assert_eq!(desk.once().0, Some(1));
    assert_eq!(desk.headlines().len(), 1);
}

/// A profile that has changed is judged anew, and who was told is told so.
#[test]
fn another_version_of_a_profile_is_judged_anew() {
    let desk = Desk::new(&notifies());
    desk.bad();
    desk.once();
    desk.once();
    desk.profile(&json!([{ "rounds": 3, "do": ["notify"] }]));
    for told in [2, 2, 3] {
        desk.once();
        assert_eq!(desk.headlines().len(), told, "{:?}", desk.headlines());
    }
    let anew = "the live model: what was wrong before is judged anew";
    assert_eq!(desk.headlines()[1..], [anew, "the live model: 1 rule is broken"]);
}

#[test]
fn a_clock_that_is_set_back_is_told_of_and_changes_nothing() {
    let desk = Desk::new(&notifies());
    desk.bad();
    desk.once();
    let mut state = desk.state();
    let future = json!("2999-01-01T00:00:00Z");
    state["last"] = future.clone();
    state["streaks"][0]["since"] = future;
    fs::write(desk.path("state.json"), state.to_string()).unwrap();
    let (exit, report) = desk.once();
    assert_eq!(exit, Some(1));
    assert!(report["notes"][0].as_str().unwrap().contains("clock was set back"), "{report}");
    assert_eq!(desk.headlines(), ["the live model: 1 rule is broken"]);
    assert_eq!(desk.once().1["notes"], json!([]));
}

#[test]
fn what_is_asked_wrongly_is_refused_before_the_first_round() {
    let desk = Desk::new(&Value::Null);
    let command = || desk.command(&["--once"]);
    refused(&desk, command(), &["does not say what is to be done"]);
    desk.profile(&json!([{ "do": ["rollback"] }]));
    refused(&desk, command(), &["rolls back, and no model of a registry is watched"]);
    desk.profile(&json!([{ "rules": ["erors"], "do": ["notify"] }]));
    refused(&desk, command(), &["rule `erors`", "`errors`, `latency`"]);
    for wrong in [
        json!([]),
        json!([{}]),
        json!([{ "do": [] }]),
        json!([{ "do": ["page"] }]),
        json!([{ "do": ["notify"], "rounds": 0 }]),
        json!([{ "do": ["notify"], "when": "pass" }]),
        json!([{ "do": ["notify"], "round": 2 }]),
    ] {
        desk.profile(&wrong);
        refused(&desk, command(), &["watch"]);
    }
    desk.profile(&json!([{ "do": ["notify"] }]));
    refused(&desk, desk.bare(&["--once"]), &["nobody says where"]);
    refused(&desk, desk.command(&["--once", "--profile", "policies/gates/drift.yaml"]), &["drift"]);
    let twice = desk.path("guard.yaml");
    refused(
        &desk,
        desk.command(&["--once", "--profile", twice.to_str().unwrap()]),
        &["two profiles"],
    );
    for arguments in [
        &["--every", "0s"][..],
        &["--every", "30"],
        &["--every", "30s", "--once"],
        &[],
        &["--every", "30s", "--facts", "-"],
        &["--once", "--sendmail", "/bin/true"],
        &["--once", "--sendmail", " ", "--email-to", "a@b"],
        &["--once", "--email-out", "/no/such/folder", "--email-to", "a@b"],
        &["--once", "--email-out", ".", "--email-to", "nobody"],
    ] {
        refused(&desk, desk.command(arguments), &[]);
    }
    // A program is told on one line, as it is of rounds.
    for wrong in
        [&["--format", "json"][..], &["--once", "--format", "json", "--profile", "no.yaml"]]
    {
        let output = desk.command(wrong).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(2), 1));
        let error = report(&output);
        assert_eq!((&error["command"], &error["verdict"]), (&json!("watch"), &json!("error")));
    }
    let mut wrong = desk.bare(&["--once"]);
    wrong.env("TOLLGATE_WEBHOOK_URL", "hooks.example.org/SECRET");
    refused(&desk, wrong, &["address"]);
    assert!(!desk.path("state.json").exists() || desk.state()["rounds"] == 0);
}

/// A dry run says what it would do, does nothing, and remembers nothing.
#[test]
fn a_dry_run_does_nothing() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.bad();
    let (exit, report) = round(desk.command(&["--once", "--dry-run", "--format", "json"]));
    assert_eq!(exit, Some(1));
    let what = report["done"][0]["what"].as_str().unwrap();
    assert!(what.ends_with("would be told: the live model: 1 rule is broken"), "{what}");
    assert_eq!(desk.headlines(), Vec::<String>::new());
    assert!(!desk.path("state.json").exists());
}

/// The records of a log: when, and which verdict.
fn records(desk: &Desk) -> Vec<(String, String)> {
    let log = fs::read_to_string(desk.path("rounds.jsonl")).unwrap();
    let records = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let record = |it: Value| (text(&it["time"]), text(&it["body"]["report"]["verdict"]));
    records.map(record).collect()
}

fn verdicts(desk: &Desk) -> Vec<String> {
    records(desk).into_iter().map(|(_, verdict)| verdict).collect()
}

/// Records as they say, each to be judged again to the same report.
fn replays(desk: &Desk) {
    let output = command(&["log", "replay"]).arg(desk.path("rounds.jsonl")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// With a log, one round.
fn recorded(desk: &Desk) -> Value {
    let mut command = desk.command(&["--once", "--format", "json"]);
    command.arg("--record").arg(desk.path("rounds.jsonl"));
    round(command).1
}

/// Rounds are recorded where they say something new or raise something, and
/// come out alike when they are judged again.
#[test]
fn rounds_that_say_something_are_recorded() {
    let desk = Desk::new(&notifies());
    assert_eq!(recorded(&desk)["recorded"][0]["seq"], 1);
    for rate in [0.001, 0.002, 0.003] {
        desk.facts(&json!({ "error_rate": rate, "p99_ms": 40 }));
        assert_eq!(recorded(&desk)["recorded"], json!([]), "figures are nothing new");
    }
    desk.bad();
    assert_eq!(recorded(&desk)["recorded"][0]["seq"], 2);
    // The same again, and people are told of it.
    let second = recorded(&desk);
    assert_eq!(
        (&second["recorded"][0]["seq"], &second["done"][0]["act"]),
        (&json!(3), &json!("notify"))
    );
    assert_eq!(recorded(&desk)["recorded"], json!([]));
    // Two rules are broken now: the verdict is the same, and the evidence is not.
    desk.facts(&json!({ "error_rate": 0.04, "p99_ms": 60 }));
    assert_eq!(recorded(&desk)["recorded"][0]["seq"], 4);
    // What could not be judged has nothing to record.
    fs::remove_file(desk.path("live.json")).unwrap();
    assert_eq!(recorded(&desk)["recorded"], json!([]));
    desk.good();
    assert_eq!(recorded(&desk)["recorded"].as_array().unwrap().len(), 1);
    assert_eq!(verdicts(&desk), ["pass", "fail", "fail", "fail", "pass"]);
    replays(&desk);

    // A log that is new begins with how things are.
    fs::rename(desk.path("rounds.jsonl"), desk.path("rounds-1.jsonl")).unwrap();
    assert_eq!(recorded(&desk)["recorded"][0]["seq"], 1);
    assert_eq!(verdicts(&desk), ["pass"]);
}

/// Killed between the state and the log, and between the log and the state.
#[test]
fn a_record_that_a_kill_left_is_added_once() {
    let desk = Desk::new(&notifies());
    recorded(&desk);
    desk.bad();
    let log = desk.path("rounds.jsonl");
    let held = fs::File::options().append(true).open(&log).unwrap();
    held.lock().unwrap();
    // Who keeps plugins looks at the log before the state is written.
    let mut command = desk.command(&["--once", "--no-keep-plugins"]);
    let mut child = command.arg("--record").arg(&log).spawn().unwrap();
    while desk.state()["rounds"] != 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(held);
    let left = fs::read(desk.path("state.json")).unwrap();
    let due = desk.state()["kept"]["due"]["at"].clone();
    assert_eq!((verdicts(&desk).len(), due.is_string()), (1, true));
    // Who goes on without a log is told; nothing is forgotten.
    let output = desk.command(&["--once"]).output().unwrap();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("no log is given any more"), "{error}");

    // It is added with its own time, and the round after it raises something.
    assert_eq!(recorded(&desk)["recorded"].as_array().unwrap().len(), 2);
    let all = records(&desk);
    assert_eq!((all.len(), &all[1].0), (3, &due.as_str().unwrap().to_owned()));
    // As if the state had not been written any more after it was added.
    fs::write(desk.path("state.json"), left).unwrap();
    assert_eq!(recorded(&desk)["recorded"].as_array().unwrap().len(), 1);
    let again = records(&desk);
    assert_eq!((again.len(), &again[..3]), (4, &all[..]));
    replays(&desk);
}

/// A log that cannot be written, or is none, ends the watch before anything is
/// done.
#[test]
fn what_cannot_be_recorded_is_not_acted_on() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    desk.bad();
    let with = |log: &str| {
        let mut command = desk.command(&["--once"]);
        command.arg("--record").arg(log);
        command
    };
    refused(&desk, with(desk.path("no/rounds.jsonl").to_str().unwrap()), &["there is no folder"]);
    refused(&desk, with("-"), &["records are kept in a file"]);
    fs::write(desk.path("other"), "{}\n").unwrap();
    refused(&desk, with(desk.path("other").to_str().unwrap()), &["is no record"]);
    refused(&desk, desk.command(&["--once", "--no-keep-plugins"]), &["nothing is recorded"]);
    // A dry run records nothing.
    let mut dry = with(desk.path("rounds.jsonl").to_str().unwrap());
    assert_eq!(dry.arg("--dry-run").output().unwrap().status.code(), Some(1));
    assert!(!desk.path("rounds.jsonl").exists());
    assert_eq!(recorded(&desk)["done"][0]["act"], "notify");
}

/// Lines as they come, until one that satisfies.
fn lines_until(child: &mut Child, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.as_mut().unwrap()).lines() {
        let value: Value = serde_json::from_str(&line.unwrap()).unwrap();
        lines.push(value);
        if wanted(lines.last().unwrap()) {
            return lines;
        }
    }
    panic!("it ended: {lines:?}");
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
}

#[test]
fn a_watch_goes_on_until_it_is_asked_to_end() {
    let desk = Desk::new(&notifies());
    let start = || desk.command(&["--every", "1s", "--format", "json"]).spawn().unwrap();
    let mut child = start();
    lines_until(&mut child, |line| line["round"] == 2);
    // Another one is told who is there.
    let output = desk.command(&["--once"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains(&format!("(process {})", child.id())), "{error}");
    desk.bad();
    lines_until(&mut child, |line| line["done"][0]["act"] == "notify");
    signal(&child, "-TERM");
    // The verdict of the last round, not 0.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(desk.headlines().len(), 1);
    let rounds = desk.state()["rounds"].as_u64().unwrap();
    assert!(rounds >= 4, "{rounds}");

    // And on from there.
    let mut child = start();
    let lines = lines_until(&mut child, |line| line["round"] == rounds + 2);
    assert_eq!(lines[0]["round"], rounds + 1);
    desk.good();
    lines_until(&mut child, |line| line["verdict"] == "pass");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(desk.headlines().len(), 2);
}

/// Killed at each notification, before the answer and after it: each is told
/// once at least, twice at most and under one key then, and in the end nothing
/// is left to tell.
#[test]
fn a_watch_that_is_killed_forgets_nothing_and_repeats_under_one_key() {
    for answers in [false, true] {
        for killed in ["broken", "over"] {
            let desk = Desk::new(&json!([{ "do": ["notify"] }]));
            let run = |kind: &str| {
                let child = desk.command(&["--once"]).spawn().unwrap();
                if kind == killed {
                    desk.receiver.kill(child.id(), 1, answers);
                }
                child.wait_with_output().unwrap();
                desk.receiver.spare();
            };
            desk.bad();
            run("broken");
            desk.good();
            run("over");
            desk.once();
            desk.once();
            let mut keys: BTreeMap<String, (usize, String)> = BTreeMap::new();
            for told in desk.receiver.told() {
                let entry = keys.entry(told.key.clone()).or_insert((0, told.text().to_owned()));
                entry.0 += 1;
                assert_eq!(entry.1, told.text(), "one key, one text");
            }
            assert_eq!(keys.len(), 2, "{answers} {killed}: {keys:?}");
            assert!(keys.values().all(|(count, _)| (1..=2).contains(count)), "{keys:?}");
            assert_eq!(desk.state()["tasks"], json!([]), "{answers} {killed}");
        }
    }
}

/// Killed at any moment of many rounds.
#[test]
fn a_watch_that_is_killed_whenever_goes_on() {
    let desk = Desk::new(&json!([{ "do": ["notify"] }]));
    for round in 0..12_u64 {
        if round % 4 < 2 {
            desk.bad()
        } else {
            desk.good()
        }
        let mut command = desk.command(&["--once"]);
        let mut child = command.arg("--record").arg(desk.path("rounds.jsonl")).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(5 * round));
        let _ = child.kill();
        child.wait().unwrap();
        // Whatever was written is whole.
        if desk.path("state.json").exists() {
            desk.state();
        }
    }
    desk.good();
    recorded(&desk);
    recorded(&desk);
    assert_eq!(desk.state()["tasks"], json!([]));
    // Nothing was recorded twice, and nothing left out.
    let verdicts = verdicts(&desk);
    assert!(verdicts.windows(2).all(|pair| pair[0] != pair[1]), "{verdicts:?}");
    assert_eq!(verdicts.last().map(String::as_str), Some("pass"));
    replays(&desk);
    // Every one that was told of what broke was told that it is over.
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for told in desk.receiver.told() {
        keys.insert(told.key.clone(), told.text().to_owned());
    }
    let count = |word: &str| keys.values().filter(|text| text.contains(word)).count();
    assert_eq!(count("is broken"), count("should be again"), "{keys:?}");
}

#[test]
fn rounds_as_a_person_reads_them() {
    let desk = Desk::new(&notifies());
    let mut pages = String::new();
    let mut page = |desk: &Desk| {
        let mut command = desk.command(&["--once"]);
        let output = command.arg("--record").arg(desk.path("rounds.jsonl")).output().unwrap();
        let mut shown = said(&output);
        for secret in [&desk.receiver.address[..], desk.folder.path().to_str().unwrap()] {
            let secret = secret.trim_end_matches("/services/T0/SECRET");
            shown = shown.replace(secret, "…");
        }
        pages += &without_times(&shown);
    };
    page(&desk);
    desk.bad();
    page(&desk);
    page(&desk);
    desk.facts(&json!({ "error_rate": 0.001 }));
    page(&desk);
    fs::remove_file(desk.path("live.json")).unwrap();
    page(&desk);
    desk.receiver.set(Mood::Status(500));
    desk.bad();
    page(&desk);
    page(&desk);
    insta::assert_snapshot!(pages);
}

/// Times and hashes as they are written here, which differ from run to run.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.starts_with("20") && word.contains("T") && word.contains('Z');
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        for word in line.split_inclusive(' ') {
            out += &if is_time(word) {
                let end: String = word.chars().skip_while(|c| *c != 'Z').skip(1).collect();
                format!("TIME{end}")
            } else if word.starts_with("sha256:") {
                "HASH\n".to_owned()
            } else {
                word.to_owned()
            };
        }
    }
    out
}
