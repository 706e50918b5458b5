//! What a log does where it is not let: bounded, never silent, and on again
//! when it can.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod common;

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tollgate_decisions::{
    Context, DecisionLog, OpenError, Refused, Rotation, Sample, Settings, Taken, WhenFull,
};
use tollgate_records::log::{ReadError, Records};

/// A log whose file somebody else holds once the first decision is in it.
fn held(settings: Settings) -> (DecisionLog, File) {
    let folder = settings.folder.clone();
    let log = DecisionLog::open(settings).unwrap();
    let decider = common::decider();
    log.write(&decider.decide(b"{}"), &Context::default()).unwrap();
    common::written(&log, 1);
    let file = File::open(common::files(&folder).first().unwrap()).unwrap();
    file.lock().unwrap();
    (log, file)
}

#[test]
fn a_slow_sink_makes_whoever_decides_wait_and_then_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let (log, file) = held(Settings {
        when_full: WhenFull::Block(Duration::from_millis(50)),
        queue_records: 64,
        ..common::settings(&path)
    });
    let decider = common::decider();
    let write = || log.write(&decider.decide(b"{}"), &Context::default());
    let mut taken = 0;
    let refused = loop {
        match write() {
            Ok(Taken::Logged) => taken += 1,
            Ok(other) => panic!("{other:?}"),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, Refused::Full(waited, _) if waited.as_millis() == 50));
    assert_eq!((taken, log.health().waiting), (64, 64));
    // It says why, once it has found out.
    common::until(|| log.health().failing.is_some());
    let told = write().unwrap_err().to_string();
    assert!(told.starts_with("the decision log took nothing for 50 ms: "), "{told}");
    assert!(log.health().lag > Duration::from_millis(50));
    drop(file);
    common::written(&log, 65);
    assert_eq!(write(), Ok(Taken::Logged));
    assert_eq!(log.close().lost, 0);
    assert_eq!(write(), Err(Refused::Closed));
    common::verified(&path);
    let (count, gap) = common::decisions(&path, |_| {});
    assert_eq!((count, gap.is_none()), (66, true));
}

#[test]
fn what_is_dropped_is_counted_in_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let (log, file) =
        held(Settings { when_full: WhenFull::Drop, queue_records: 64, ..common::settings(&path) });
    let decider = common::decider();
    let dropped = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    match log.write(&decider.decide(b"{}"), &Context::default()).unwrap() {
                        Taken::Dropped => drop(dropped.fetch_add(1, Ordering::Relaxed)),
                        Taken::Logged => assert!(log.health().waiting <= 64),
                        Taken::SampledAway => panic!("it takes all"),
                    }
                }
            });
        }
    });
    let dropped = dropped.into_inner();
    assert_eq!((dropped, log.health().dropped), (2000 - 64, 2000 - 64));
    drop(file);
    assert_eq!(log.close().lost, 0);
    common::verified(&path);
    let (count, gap) = common::decisions(&path, |_| {});
    assert_eq!((count, gap.dropped), (65, dropped));
}

#[test]
fn memory_is_bounded_in_bytes_too() {
    let folder = tempfile::tempdir().unwrap();
    let (log, file) = held(Settings {
        when_full: WhenFull::Drop,
        queue_bytes: 100_000,
        ..common::settings(&folder.path().join("decisions"))
    });
    let decider = common::decider();
    let long = format!(r#"{{"score":0.5,"amount":1,"country":"{}"}}"#, "x".repeat(20_000));
    let long = long.replace('}', r#","merchant_age_days":1,"transactions_last_hour":1}"#);
    let mut taken = 0;
    while log.write(&decider.decide(long.as_bytes()), &Context::default()) == Ok(Taken::Logged) {
        taken += 1;
        assert!(log.health().waiting_bytes <= 100_000);
    }
    assert!((1..=5).contains(&taken), "{taken}");
    drop(file);
    assert_eq!(log.close().lost, 0);
}

#[test]
fn two_writers_do_not_share_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || common::settings(folder.path());
    let log = DecisionLog::open(settings()).unwrap();
    let busy = DecisionLog::open(settings()).err().unwrap();
    assert!(matches!(busy, OpenError::Busy { .. }), "{busy}");
    drop(log);
    DecisionLog::open(settings()).unwrap();
}

#[test]
fn a_file_that_is_removed_is_missed_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let rotation = Rotation { bytes: 2000, every: None };
    let log = DecisionLog::open(Settings { rotation, ..common::settings(&path) }).unwrap();
    let decider = common::decider();
    for count in 1..=20 {
        log.write(&decider.decide(b"{}"), &Context::default()).unwrap();
        common::written(&log, count);
    }
    let files = common::files(&path);
    assert!(files.len() > 3, "{files:?}");
    common::verified(&path);
    // The one that is being written goes: another is begun.
    std::fs::remove_file(files.last().unwrap()).unwrap();
    log.write(&decider.decide(b"{}"), &Context::default()).unwrap();
    common::written(&log, 21);
    assert_eq!(log.close().lost, 0);
    let broken = Records::open(&path).unwrap().find_map(Result::err);
    assert!(matches!(broken, Some(ReadError::Broken { line: 1, .. })), "{broken:?}");
    // And so is one in the middle, which is another flaw.
    let folder = tempfile::tempdir().unwrap();
    for file in files.iter().take(files.len() - 1).filter(|file| Some(*file) != files.get(1)) {
        std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let broken = Records::open(folder.path()).unwrap().find_map(Result::err);
    assert!(matches!(broken, Some(ReadError::Broken { line: 1, .. })), "{broken:?}");
}

#[test]
fn a_share_is_logged_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let sample = Sample::of(0.25).unwrap();
    let log = DecisionLog::open(Settings { sample, ..common::settings(&path) }).unwrap();
    let decider = common::decider();
    let mut expected = 0;
    for number in 0..400 {
        let answer = decider.decide(format!("{{\"score\":{number}}}").as_bytes());
        let takes = sample.takes(answer.id().as_u64());
        let taken = log.write(&answer, &Context::default()).unwrap();
        assert_eq!(taken, if takes { Taken::Logged } else { Taken::SampledAway });
        expected += u64::from(takes);
    }
    assert_eq!(log.close().lost, 0);
    let (count, gap) = common::decisions(&path, |decision| {
        assert_eq!(decision.said.rate, Some(0.25));
    });
    assert_eq!((count, gap.sampled_away), (expected, 400 - expected));
}

/// Writes more than a file may hold, until it may.
#[cfg(target_os = "linux")]
#[test]
fn writes_on_a_full_disk() {
    let Some(folder) = common::child_folder() else { return };
    full_disk::limit(Some(1 << 20));
    let decider = common::decider();
    let settings = |when_full| Settings {
        when_full,
        queue_records: 256,
        rotation: Rotation { bytes: 1 << 30, every: None },
        ..common::settings(&folder)
    };
    let log = DecisionLog::open(settings(WhenFull::Drop)).unwrap();
    let write = |log: &DecisionLog| log.write(&decider.decide(b"{}"), &Context::default());
    let mut all = 0;
    while log.health().failing.is_none() || log.health().dropped == 0 {
        write(&log).unwrap();
        all += 1;
    }
    let failing = log.health().failing.unwrap();
    assert!(failing.contains("cannot be written"), "{failing}");
    // What is on the disk is whole meanwhile.
    common::verified(&folder);
    full_disk::limit(None);
    let written = log.health().written;
    common::written(&log, written + 1);
    assert_eq!(write(&log), Ok(Taken::Logged));
    assert_eq!(log.close().lost, 0);
    let (count, gap) = common::decisions(&folder, |_| {});
    assert_eq!(count + gap.dropped, all + 1);

    full_disk::limit(Some(1 << 20));
    let patience = Duration::from_millis(20);
    let log = DecisionLog::open(settings(WhenFull::Block(patience))).unwrap();
    let refused = std::iter::repeat_with(|| write(&log)).find_map(Result::err).unwrap();
    assert!(matches!(refused, Refused::Full(..)), "{refused}");
    full_disk::limit(None);
    common::until(|| write(&log).is_ok());
    assert_eq!(log.close().lost, 0);
    common::verified(&folder);
    println!("it is on again");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_gone_on_from() {
    if common::child_folder().is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let output = common::child("writes_on_a_full_disk", &path).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("it is on again"), "{told}");
}

#[cfg(target_os = "linux")]
mod full_disk {
    #![allow(unsafe_code, reason = "there is no other way to be limited")]

    /// Lets files of this process be no longer than that.
    pub(crate) fn limit(bytes: Option<u64>) {
        // SAFETY: both take plain values, and this process has no handler.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit), 0);
            limit.rlim_cur = bytes.unwrap_or(limit.rlim_max);
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
        }
    }
}
