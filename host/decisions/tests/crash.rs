//! A writer that is killed at any point leaves a chain whose torn end is set
//! aside, nothing torn before it, and every decision that it acknowledged.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails panics")]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use tollgate_decisions::{Acknowledge, Context, DecisionLog, Rotation};
use tollgate_test_support::{Dice, fresh, seed};

/// How often the writer is killed.
const KILLED: usize = 100;

/// Writes until it is killed, and says what is on the disk.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = common::child_folder() else { return };
    let settings = tollgate_decisions::Settings {
        acknowledge: Acknowledge::Written(Duration::from_secs(60)),
        rotation: Rotation { bytes: 40 << 10, every: None },
        ..common::settings(&folder)
    };
    let (log, decider) = (DecisionLog::open(settings).unwrap(), common::decider());
    let run = fresh();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (log, decider) = (&log, &decider);
            scope.spawn(move || {
                let mut dice = Dice::new(run + thread);
                for number in 0.. {
                    let trace = format!("{run}-{thread}-{number}");
                    let request = common::request(&mut dice);
                    let answer = decider.decide(request.as_bytes());
                    let context = Context { trace: Some(&trace), ..Context::default() };
                    log.write(&answer, &context).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {trace}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_a_hundred_kills() {
    if common::child_folder().is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    let mut dice = Dice::new(seed());
    let mut acknowledged = BTreeSet::new();
    for _ in 0..KILLED {
        let mut child = common::child("writes_until_it_is_killed", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reading = std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // The name of the test stands before the first.
                if let Some((_, trace)) = line.split_once("acknowledged ") {
                    let _ = tell.send(trace.to_owned());
                }
            }
        });
        let first = told.recv_timeout(Duration::from_secs(120)).expect("it writes");
        acknowledged.insert(first);
        std::thread::sleep(Duration::from_micros(dice.roll(60_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        reading.join().unwrap();
        acknowledged.extend(told.try_iter());
    }
    // The next one goes on behind what is whole.
    let log = DecisionLog::open(common::settings(&path)).unwrap();
    let answered = common::decider();
    log.write(&answered.decide(b"{}"), &Context::default()).unwrap();
    let closed = log.close();
    assert_eq!(closed.lost, 0);
    assert_eq!(common::verified(&path), closed.head);
    let mut found = BTreeSet::new();
    let (count, gap) = common::decisions(&path, |decision| {
        if let Some(trace) = decision.said.trace.as_deref() {
            assert!(found.insert(trace.to_owned()), "{trace} is there twice");
        }
    });
    assert!(gap.is_none());
    assert_eq!(count as usize, found.len() + 1);
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "{lost:?} of {}", acknowledged.len());
    assert!(common::files(&path).len() > 3, "files were begun");
}
