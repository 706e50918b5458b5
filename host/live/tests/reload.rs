//! A document that changes is loaded whole, or the last good one stays.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use common::{NAME, answering, is_right, live, misbehave, policy, refusal, state};
use tollgate_engine::{Limits, World};
use tollgate_live::settings::{Origin, ScoredModel, Served};
use tollgate_live::{InputsError, LoadError};

#[test]
fn what_is_wrong_keeps_the_last_good_one_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fraud.yaml");
    let live = live(Served::policy(&path));
    assert!(!live.is_ready() && live.serving(NAME).is_none());
    assert!(refusal(&live).unwrap().ends_with("does not exist"));

    fs::write(&path, policy(40)).unwrap();
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(40), None));

    let plugin = misbehave(folder.path());
    let whole = policy(41);
    let trapping = format!(
        "name: {NAME}\nversion: 1.0.0\nowner: tests\nfallback: block\n\
         plugin: {{ file: misbehave.bin, digest: \"{plugin}\" }}\n\
         examples: [{{ request: {{ score: 0.5 }}, action: block, fallback: true }}]\n\
         settings: {{ in: decide, how: panic }}\n"
    );
    let with = |examples: &str| format!("{}examples: [{examples}]\n", policy(41));
    let wrong = [
        (whole[..whole.len() / 2].to_owned(), ""),
        (String::new(), "is empty"),
        ("\0\0\0\0".to_owned(), ""),
        (whole.replace("version: 41.0.0", "version: 41"), "no semantic version"),
        (whole.replace("block: 0.41", "block: 7"), "`7` is above 1"),
        (whole.replace("threshold-policy", "treshold-policy"), "there is no plugin"),
        (
            with("{ request: { score: 0.4 }, action: block }"),
            "example 1 is not so: it comes to `allow`",
        ),
        (with("{ request: {}, action: block }"), "there is no decision"),
        (with("{ request: { score: 0.5 }, verdict: pass }"), "it names no `action`"),
        (with("{ request: { score: 0.5 }, action: block, fallback: true }"), "it is decided on"),
        (with("{ request: { score: 0.5 }, action: block, reasons: [x] }"), "its reasons are"),
        (trapping, "failed in `decide`"),
        (
            fs::read_to_string("../../policies/gates/offline.yaml").unwrap(),
            "is a document of world `gate`, and `policy` is served here",
        ),
    ];
    for (text, says) in &wrong {
        fs::write(&path, text).unwrap();
        let before = state(&live).refusals;
        live.refresh();
        let told = refusal(&live).unwrap_or_else(|| panic!("not refused: {text}"));
        assert!(told.contains(says), "{told}");
        assert_eq!(answering(&live), Some(40), "{text}");
        let since = state(&live).refused.unwrap().since;
        live.refresh();
        assert_eq!(state(&live).refusals, before + 1, "one refusal is counted once");
        assert_eq!(state(&live).refused.unwrap().since, since);
    }
    fs::remove_file(&path).unwrap();
    live.refresh();
    assert_eq!(answering(&live), Some(40));
    assert!(refusal(&live).unwrap().ends_with("does not exist"));

    fs::write(&path, with("{ request: { score: 0.41 }, action: block }")).unwrap();
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(41), None));
    assert_eq!(state(&live).swaps, 2);
}

/// Whatever the clock says of a file, another content is another content.
#[test]
fn a_clock_that_is_set_back_hides_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fraud.yaml");
    fs::write(&path, policy(40)).unwrap();
    let live = live(Served::policy(&path));
    for (version, modified) in [(41, 0), (42, 4_000_000_000), (43, 1)] {
        fs::write(&path, policy(version)).unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(modified);
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        live.refresh();
        assert_eq!(answering(&live), Some(version.into()));
    }
}

#[test]
fn a_watcher_sees_a_change_and_ends_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fraud.yaml");
    fs::write(&path, policy(40)).unwrap();
    let live = live(Served::policy(&path));
    let watcher = live.watch(Duration::from_millis(5)).unwrap();
    for version in [41, 42, 43] {
        // As most editors and all deployments do it.
        let beside = folder.path().join("new");
        fs::write(&beside, policy(version)).unwrap();
        fs::rename(&beside, &path).unwrap();
        let mut waited = 0;
        while answering(&live) != Some(version.into()) {
            thread::sleep(Duration::from_millis(5));
            waited += 1;
            assert!(waited < 4_000, "never seen");
        }
    }
    drop(watcher);
    fs::write(&path, policy(44)).unwrap();
    thread::sleep(Duration::from_millis(50));
    assert_eq!(answering(&live), Some(43));
}

/// Eight threads decide while the document is changed and loaded again a
/// thousand times; each answer is wholly that of one version.
#[test]
fn a_thousand_reloads_are_seen_by_nobody() {
    const VERSIONS: u32 = 90;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fraud.yaml");
    fs::write(&path, policy(1)).unwrap();
    let live = live(Served::policy(&path));
    let (done, decided) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..8 {
            let (live, done, decided) = (live.clone(), &done, &decided);
            scope.spawn(move || {
                let mut score = thread;
                while !done.load(Ordering::Relaxed) {
                    score = (score + 7) % 100;
                    let serving = live.serving(NAME).unwrap();
                    assert!(is_right(&serving, score), "{:?} {score}", serving.version());
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for reload in 0..1_000_u32 {
            let text = policy(1 + reload % VERSIONS);
            // Half of them are half written when they are read.
            if reload % 2 == 0 {
                fs::write(&path, &text[..text.len() - 3]).unwrap();
                live.reload();
            }
            fs::write(&path, &text).unwrap();
            live.reload();
            assert_eq!(
                live.serving(NAME).unwrap().version().unwrap().major,
                u64::from(1 + reload % VERSIONS)
            );
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(decided.into_inner() > 1_000);
    assert_eq!(state(&live).swaps, 1_001);
}

#[test]
fn a_policy_reads_what_its_model_supplies_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let signature = folder.path().join("signature.json");
    let columns = |kind: &str| {
        format!(
            r#"{{"inputs": "[{{\"name\": \"amount\", \"type\": \"{kind}\"}}, {{\"name\": \"country\", \"type\": \"string\"}}]",
                "outputs": "[{{\"type\": \"tensor\", \"tensor-spec\": {{\"dtype\": \"float64\", \"shape\": [-1]}}}}]"}}"#
        )
    };
    let document = |rule: &str| {
        format!(
            "{}  rules: [{{ id: high, when: \"{rule}\", action: block }}]\n  inputs: {{ velocity: {{ kind: integer }} }}\n",
            policy(40)
        )
    };
    let path = folder.path().join("fraud.yaml");
    let told = |document: &str, kind: &str, beside: &[&str]| {
        fs::write(&path, document).unwrap();
        fs::write(&signature, columns(kind)).unwrap();
        let beside = beside.iter().map(|name| (*name).to_owned()).collect();
        let model = Some(ScoredModel { signature: signature.clone(), beside });
        let live = live(Served { model, ..Served::policy(&path) });
        match state(&live).refused {
            None => String::new(),
            Some(refused) => match &*refused.error {
                LoadError::Inputs(InputsError::Unsupplied(mistakes)) => {
                    let base = format!("{}/", folder.path().display());
                    mistakes.lines().collect::<Vec<_>>().join("\n").replace(&base, "")
                }
                other => other.to_string(),
            },
        }
    };
    let reads = document("amount > 10000.0 && country == 'NG' && velocity > 3");
    let reads = reads.replace("settings:", "inputs: { amount: { pointer: /ammount } }\nsettings:");
    assert_eq!(told(&policy(40), "double", &[]), "", "a score alone is what the model gives");
    insta::assert_snapshot!("near_name", told(&reads, "double", &["velocity"]));
    let reads = reads.replace("/ammount", "/dataframe_records/0/amount");
    assert_eq!(told(&reads, "double", &["velocity"]), "");
    insta::assert_snapshot!("kind", told(&reads, "string", &["velocity"]));
}

#[test]
fn signatures_and_schemas_are_live_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, r#"{"type": "object"}"#).unwrap();
    let origin = Origin::Schema {
        path: schema.clone(),
        resources: Vec::new(),
        formats: false,
        strict: false,
        options: Default::default(),
    };
    let limits = Some(Limits { instances: 2, ..Limits::default() });
    let live = live(Served { limits, ..Served::from(World::Signature, origin) });
    let passes = || live.serving(NAME).unwrap().checker().unwrap().check(b"[]").unwrap().passes();
    assert!(!passes());
    fs::write(&schema, r#"{"type": "array"}"#).unwrap();
    live.refresh();
    assert!(passes());
    fs::write(&schema, r#"{"type": "arr"#).unwrap();
    live.refresh();
    assert!(passes() && refusal(&live).is_some());
}
