//! More callers than instances.

use std::thread;
use std::time::{Duration, Instant};

use tollgate_engine::types::{Decision, Value};
use tollgate_engine::{CallError, Cause, Limits};

use crate::files::section;
use crate::guest::{self, World};

fn cause(error: CallError) -> Cause {
    match error {
        CallError::Fault(fault) => fault.cause,
        error => panic!("{error}"),
    }
}

#[test]
fn more_threads_than_instances_all_finish() {
    let engine = guest::engine_with(Limits { instances: 2, ..guest::limits() });
    let policy = engine.load(&guest::good(World::Policy)).unwrap().policy(Some("5")).unwrap();
    thread::scope(|scope| {
        for thread in 0..16 {
            let policy = &policy;
            scope.spawn(move || {
                for call in 0..200 {
                    let over = (thread + call) % 2 == 1;
                    let score = if over { 0.6 } else { 0.4 };
                    let expected = if over {
                        Decision { action: 1, reasons: vec![0] }
                    } else {
                        Decision { action: 0, reasons: vec![] }
                    };
                    assert_eq!(policy.decide(&[Value::Number(score)]).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn who_finds_no_instance_is_told_so_after_the_deadline() {
    let deadline = Duration::from_millis(150);
    let engine = guest::engine_with(Limits { instances: 1, deadline, ..guest::limits() });
    let policy = engine.load(&guest::good(World::Policy)).unwrap().policy(Some("5")).unwrap();
    let mut warm = policy.warm();
    warm.decide(&[Value::Number(0.1)]).unwrap();

    // The warm instance is the only one, and stays.
    let start = Instant::now();
    let error = policy.decide(&[Value::Number(0.1)]).unwrap_err();
    assert!(start.elapsed() >= deadline, "{:?}", start.elapsed());
    insta::assert_snapshot!(error);
    assert_eq!(cause(error), Cause::Busy(1));

    warm.decide(&[Value::Number(0.1)]).unwrap();
    drop(warm);
    policy.decide(&[Value::Number(0.1)]).unwrap();
}

#[test]
fn callers_behind_a_hanging_one_are_let_go_at_their_deadline() {
    let deadline = Duration::from_millis(200);
    let limits = Limits { fuel: u64::MAX, instances: 1, deadline, ..guest::limits() };
    let engine = guest::engine_with(limits);
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let hanging = guest::policy_with("decide", "(loop $again (br $again)) unreachable");
    let hanging = engine.load(&hanging).unwrap().policy(Some("5")).unwrap();
    let causes: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| cause(hanging.decide(&[Value::Number(0.1)]).unwrap_err())))
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    // Were they let in one after another, each would hang and none be told that
    // it waited: who waits is let go at a deadline of its own. (What the clock
    // on the wall shows hangs on the machine.)
    assert!(causes.contains(&Cause::Deadline(deadline)), "{causes:?}");
    assert!(causes.contains(&Cause::Busy(1)), "{causes:?}");
    guest::assert_right(&good);
}

#[test]
fn failing_calls_give_their_instances_back() {
    let engine = guest::engine_with(Limits { instances: 1, ..guest::limits() });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let trap = engine.load(&guest::policy_with("decide", "unreachable")).unwrap();
    let trap = trap.policy(Some("5")).unwrap();
    for _ in 0..200 {
        assert!(matches!(cause(trap.decide(&[]).unwrap_err()), Cause::Trap(_)));
    }
    guest::assert_right(&good);
}

/// Components of eight core modules with a table each: the pool has room for
/// as many of them as there are permits.
#[test]
fn large_components_fill_the_pool_to_its_last_permit() {
    let engine = guest::engine_with(Limits { instances: 3, ..guest::limits() });
    const CORE_MODULE: u8 = 1;
    const CORE_INSTANCES: u8 = 2;
    let module = wat::parse_str("(module (table 1 funcref))").unwrap();
    // Module 0 is the policy itself.
    let instances = [&[7][..], &[0, 1, 0].repeat(7)].concat();
    let bytes = [
        guest::good(World::Policy),
        section(CORE_MODULE, &module),
        section(CORE_INSTANCES, &instances),
    ];
    let policy = engine.load(&bytes.concat()).unwrap().policy(Some("5")).unwrap();
    let mut warm: Vec<_> = (0..3).map(|_| policy.warm()).collect();
    for warm in &mut warm {
        warm.decide(&[Value::Number(0.1)]).unwrap();
    }
}
