//! Writers at the same time, writers that are killed, and folders that are
//! swapped while they are read.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod common;

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use common::{NAME, answering, documents, live, pin, pin_after, policy};
use tollgate_engine::{Digest, World};
use tollgate_live::Served;
use tollgate_live::pins::PinFile;

/// Eight writers at once: each write is seen by all later ones, none is lost,
/// and whoever read what is no more is refused.
#[test]
fn of_two_who_write_at_once_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = PinFile::at(folder.path().join("pins.yaml"));
    let (written, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for writer in 0..8_u32 {
            let (file, written, refused) = (&file, &written, &refused);
            scope.spawn(move || {
                for round in 0..25 {
                    match pin(file, 1 + writer * 100 + round) {
                        Ok(_) => written.fetch_add(1, Ordering::Relaxed),
                        Err(error) => {
                            assert!(error.contains("went from generation"), "{error}");
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                    };
                }
            });
        }
    });
    let pin = file.read().unwrap().pin(NAME).unwrap().unwrap();
    let written = written.into_inner();
    assert_eq!(written + refused.into_inner(), 200);
    assert_eq!(pin.generation, u64::from(written));
    assert_eq!(pin.history.len(), written as usize);
    // By turns, for certain.
    let seen = Some(pin);
    pin_after(&file, seen.as_ref(), 900).unwrap();
    let error = pin_after(&file, seen.as_ref(), 901).unwrap_err();
    assert!(error.contains("by tests"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

/// Where this test is run by itself, it writes until it is killed.
#[test]
fn a_writer_that_is_killed_leaves_pins_whole() {
    const VARIABLE: &str = "TOLLGATE_TEST_PINS";
    if let Some(path) = env::var_os(VARIABLE) {
        let file = PinFile::at(path);
        for round in 0.. {
            pin(&file, 1 + round % 90).ok();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pins.yaml");
    let file = PinFile::at(&path);
    let mut generation = 0;
    for kill in 0..40_u64 {
        let mut writer = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_writer_that_is_killed_leaves_pins_whole"])
            .env(VARIABLE, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // It is at work once it has written; wherever it is then, amid a write
        // or between two.
        let written = || match file.is_missing() {
            true => 0,
            false => file.read().unwrap().pin(NAME).unwrap().unwrap().generation,
        };
        while written() <= generation {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(kill * 7 % 20));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let pin = file.read().unwrap().pin(NAME).unwrap().unwrap();
        assert!(pin.generation > generation, "{} <= {generation}", pin.generation);
        assert_eq!(pin.history.last().unwrap().to, pin.current);
        generation = pin.generation;
        // And nobody holds it any more.
        let next = if pin.current == common::version(97) { 98 } else { 97 };
        generation = generation.max(common::pin(&file, next).unwrap().generation);
    }
}

/// Puts files into a folder as Kubernetes does: a folder of its own, and one
/// rename of the link to it.
fn mount(folder: &Path, turn: u32, files: &[(String, String)]) {
    let name = format!("..2026_11_21_{turn}");
    let real = folder.join(&name);
    fs::create_dir(&real).unwrap();
    for (file, text) in files {
        fs::write(real.join(file), text).unwrap();
    }
    let before = fs::read_link(folder.join("..data")).ok();
    symlink(&name, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    for (file, _) in files {
        if !folder.join(file).is_symlink() {
            symlink(format!("..data/{file}"), folder.join(file)).unwrap();
        }
    }
    if let Some(before) = before {
        fs::remove_dir_all(folder.join(before)).unwrap();
    }
}

/// Each swap has one number in all of its files; a reader that finds two has
/// read a mix.
#[test]
fn a_configmap_that_is_swapped_while_it_is_read_is_never_a_mix() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<String> = (0..12).map(|key| format!("m{key}")).collect();
    let files = |turn: u32| -> Vec<_> {
        keys.iter().map(|key| (key.clone(), format!("\"{turn}\""))).collect()
    };
    mount(folder.path(), 0, &files(0));
    let done = AtomicBool::new(false);
    let reads = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let snapshot = PinFile::at(folder.path()).read().unwrap();
                    let current = |key: &String| snapshot.pin(key).unwrap().unwrap().current;
                    let first = current(&keys[0]);
                    assert!(keys.iter().all(|key| current(key) == first));
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for turn in 1..=1_000 {
            mount(folder.path(), turn, &files(turn));
            thread::sleep(Duration::from_micros(300));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(reads.into_inner() > 10);
}

#[test]
fn pins_and_documents_that_are_mounted_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (pins, policies) = (folder.path().join("pins"), folder.path().join("policies"));
    fs::create_dir(&pins).unwrap();
    fs::create_dir(&policies).unwrap();
    let documents = |versions: &[u32]| -> Vec<_> {
        versions.iter().map(|it| (format!("{it}.yaml"), policy(*it))).collect()
    };
    let pinned = |number: u32, generation: u32| {
        vec![(
            NAME.to_owned(),
            format!("{{current: {number}, generation: {generation}, previous: {}}}", number - 1),
        )]
    };
    mount(&policies, 0, &documents(&[40, 41]));
    mount(&pins, 0, &pinned(41, 1));
    let live = live(Served::pinned(World::Policy, &pins, &policies));
    assert_eq!(answering(&live), Some(41));
    // The pin comes before the document.
    mount(&pins, 1, &pinned(42, 2));
    live.refresh();
    assert_eq!(answering(&live), Some(41));
    mount(&policies, 1, &documents(&[41, 42]));
    live.refresh();
    assert_eq!((answering(&live), common::refusal(&live)), (Some(42), None));

    // A rollback is one patch, which is printed and never written here.
    let file = PinFile::at(&pins);
    let snapshot = file.read().unwrap();
    let seen = snapshot.pin(NAME).unwrap().unwrap();
    let digest = Digest::of(policy(41).as_bytes());
    let audit = common::audit("tests");
    let pin = seen.pinned(NAME, common::version(41), digest, false, &audit).unwrap();
    let error = file.change(NAME, Some(&seen), &pin).unwrap_err().to_string();
    assert!(error.ends_with("is a mounted ConfigMap, which only Kubernetes writes"), "{error}");
    let patch = file.patch(&snapshot, NAME, &pin).unwrap();
    let patch: serde_json::Value = serde_json::from_str(&patch).unwrap();
    assert_eq!(patch[0]["op"], "test");
    assert_eq!(patch[0]["value"], pinned(42, 2)[0].1.as_str());
    assert_eq!((&patch[1]["op"], &patch[1]["path"]), (&"replace".into(), &"/data/fraud".into()));
    let value = patch[1]["value"].as_str().unwrap().to_owned();
    mount(&pins, 2, &[(NAME.to_owned(), value)]);
    live.refresh();
    assert_eq!((answering(&live), common::refusal(&live)), (Some(41), None));
}

#[test]
fn a_pin_of_a_version_that_is_there_only_later_is_followed_by_a_watcher() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), &[40]);
    let file = PinFile::at(folder.path().join("pins.yaml"));
    pin(&file, 40).unwrap();
    let live = live(Served::pinned(World::Policy, file.path(), &documents));
    let _watcher = live.watch(Duration::from_millis(5)).unwrap();
    pin(&file, 41).unwrap();
    thread::sleep(Duration::from_millis(50));
    assert_eq!(answering(&live), Some(40));
    fs::write(documents.join("41.yaml"), policy(41)).unwrap();
    let mut waited = 0;
    while answering(&live) != Some(41) {
        thread::sleep(Duration::from_millis(5));
        waited += 1;
        assert!(waited < 4_000, "never seen");
    }
}
