//! Calls with options of their own, limits of a plugin, instances made ahead.

use std::thread;
use std::time::{Duration, Instant};

use tollgate_engine::types::Value;
use tollgate_engine::{
    CallError, CallOptions, CallStats, Cause, Gate, InstanceUse, Limits, Plugin, Policy, Signature,
    WarmPolicy, WarmSignature,
};

use crate::guest::{self, World};

const SCORE: &[Value] = &[Value::Number(0.6)];

/// Says with its action how often this instance was asked before.
const COUNTS: &str = "
    (i32.store (i32.const 0x3f0) (i32.add (i32.load (i32.const 0x3f0)) (i32.const 1)))
    (if (i32.gt_u (i32.load (i32.const 0x3f0)) (i32.const 1)) (then unreachable))
    (i32.const 0x340)";

const ENDLESS: &str = "(loop $again (br $again)) unreachable";

fn cause(error: CallError) -> Cause {
    match error {
        CallError::Fault(fault) => fault.cause,
        error => panic!("{error}"),
    }
}

fn ask(policy: &Policy, options: &CallOptions) -> Result<CallStats, Cause> {
    let mut stats = CallStats::default();
    match policy.decide_with(SCORE, options, Some(&mut stats)) {
        Ok(_) => Ok(stats),
        Err(error) => Err(cause(error)),
    }
}

/// What embedders put into servers.
#[test]
fn judges_are_owned_and_for_many_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<Policy>();
    shared::<Gate>();
    shared::<Signature>();
    shared::<Plugin>();
    sent::<WarmPolicy>();
    sent::<WarmSignature>();
}

#[test]
fn a_call_may_have_less_fuel_and_time_than_the_limits() {
    let limits = Limits { fuel: u64::MAX, deadline: Duration::from_secs(60), ..guest::limits() };
    let engine = guest::engine_with(limits);
    let policy = engine.load(&guest::policy_with("decide", ENDLESS)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    let fuel = CallOptions::fresh().fuel(10_000);
    assert_eq!(ask(&policy, &fuel), Err(Cause::Fuel(10_000)));
    let short = Duration::from_millis(30);
    let deadline = CallOptions::fresh().deadline(short);
    assert_eq!(ask(&policy, &deadline), Err(Cause::Deadline(short)));
    // What is beyond the limits does not count.
    let policy = guest::engine_with(Limits { fuel: 50_000, ..limits })
        .load(&guest::policy_with("decide", ENDLESS))
        .unwrap()
        .policy(Some("5"))
        .unwrap();
    assert_eq!(ask(&policy, &CallOptions::warm().fuel(u64::MAX)), Err(Cause::Fuel(50_000)));
}

#[test]
fn what_a_call_took_is_told_also_of_one_that_fails() {
    let engine = guest::engine();
    let policy = engine.load(&guest::good(World::Policy)).unwrap().policy(Some("5")).unwrap();
    let stats = ask(&policy, &CallOptions::fresh()).unwrap();
    assert!(stats.fuel > 0 && stats.memory >= 65536, "{stats:?}");
    assert_eq!(stats.instance, InstanceUse::New);
    assert_eq!(ask(&policy, &CallOptions::fresh()).unwrap().fuel, stats.fuel, "the same again");

    let endless = engine.load(&guest::policy_with("decide", ENDLESS)).unwrap();
    let endless = endless.policy(Some("5")).unwrap();
    let mut stats = CallStats::default();
    let options = CallOptions::fresh().fuel(10_000);
    endless.decide_with(SCORE, &options, Some(&mut stats)).unwrap_err();
    assert!(stats.fuel >= 10_000, "{stats:?}");
    assert!(stats.time > Duration::ZERO);
}

#[test]
fn warm_calls_share_an_instance_and_fresh_ones_never_see_it() {
    let engine = guest::engine();
    let policy = engine.load(&guest::policy_with("decide", COUNTS)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    assert_eq!(ask(&policy, &CallOptions::warm()).unwrap().instance, InstanceUse::New);
    for _ in 0..3 {
        assert_eq!(ask(&policy, &CallOptions::fresh()).unwrap().instance, InstanceUse::New);
    }
    // The one at rest has been asked before, and fails; it is gone then.
    assert!(matches!(ask(&policy, &CallOptions::warm()), Err(Cause::Trap(_))));
    assert_eq!(ask(&policy, &CallOptions::warm()).unwrap().instance, InstanceUse::New);
    // A handle takes it, and puts it back.
    drop(policy.warm());
    assert!(policy.warm().decide(SCORE).is_err());
}

#[test]
fn instances_made_ahead_answer_once() {
    let engine = guest::engine_with(Limits { instances: 10, ..guest::limits() });
    let policy = engine.load(&guest::policy_with("decide", COUNTS)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    let fuel = ask(&policy, &CallOptions::fresh()).unwrap().fuel;
    assert_eq!(policy.prepare(4).unwrap(), 4);
    let mut ready = 0;
    for _ in 0..200 {
        // None has answered before, or it would trap.
        let stats = ask(&policy, &CallOptions::fresh()).unwrap();
        if stats.instance == InstanceUse::Ready {
            ready += 1;
            assert!(stats.fuel <= fuel, "configuring was done ahead");
        }
    }
    assert!(ready >= 4, "{ready}");
    // What was taken is made again, as soon as the machine comes to it.
    let start = Instant::now();
    while policy.ready() <= 2 && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(1));
    }
    // Nobody is woken for the last few.
    assert!(policy.ready() > 2, "{}", policy.ready());
    assert_eq!(policy.prepare(1).unwrap(), 1);
    assert_eq!(policy.prepare(0).unwrap(), 0);
    assert_eq!(ask(&policy, &CallOptions::fresh()).unwrap().instance, InstanceUse::New);
}

/// Whoever keeps many ready leaves half of the engine to others.
#[test]
fn instances_at_rest_leave_room_for_calls() {
    let engine = guest::engine_with(Limits { instances: 6, ..guest::limits() });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let policy = good.policy(Some("5")).unwrap();
    assert_eq!(policy.prepare(100).unwrap(), 3);
    let other = good.policy(Some("6")).unwrap();
    let refuse = CallOptions::warm().refuse_when_busy();
    ask(&other, &refuse).unwrap();
    guest::assert_right(&good);
}

/// Configuring takes from no call, so that an answer hangs on its input alone.
#[test]
fn a_call_runs_out_of_fuel_at_the_same_place_in_every_instance() {
    let engine = guest::engine();
    let policy = engine.load(&guest::good(World::Policy)).unwrap().policy(Some("5")).unwrap();
    let columns = [guest::numbers(&[0.5; 100])];
    let enough = |options: CallOptions| {
        (1..).step_by(50).find(|fuel| {
            policy.decide_batch_with(100, &columns, &options.fuel(*fuel), None).is_ok()
        })
    };
    let new = enough(CallOptions::fresh());
    assert!(new > Some(50), "{new:?}");
    assert_eq!(enough(CallOptions::warm()), new);
    policy.prepare(2).unwrap();
    assert_eq!(enough(CallOptions::fresh()), new);
}

#[test]
fn a_plugin_that_hangs_behind_its_bulkhead_leaves_the_others_alone() {
    let limits = Limits { fuel: u64::MAX, instances: 8, ..guest::limits() };
    let engine = guest::engine_with(Limits { deadline: Duration::from_secs(600), ..limits });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let policy = good.policy(Some("5")).unwrap();
    let own = Limits { instances: 2, deadline: Duration::from_secs(3), ..limits };
    let hanging = engine.load(&guest::policy_with("decide", ENDLESS)).unwrap();
    let hanging = hanging.with_limits(own).unwrap().policy(Some("5")).unwrap();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| ask(&hanging, &CallOptions::fresh()).unwrap_err()))
            .collect();
        // While two hang and six wait for them, nobody else waits.
        while !callers.iter().all(|caller| caller.is_finished()) {
            ask(&policy, &CallOptions::fresh().refuse_when_busy()).unwrap();
        }
        let causes: Vec<Cause> = callers.into_iter().map(|it| it.join().unwrap()).collect();
        assert!(causes.contains(&Cause::Busy(2)), "{causes:?}");
        assert!(causes.iter().any(|cause| matches!(cause, Cause::Deadline(_))), "{causes:?}");
    });
}

/// Warm or fresh, held by a handle or at rest: all instances count.
#[test]
fn a_bulkhead_bounds_all_instances_of_a_plugin() {
    let deadline = Duration::from_millis(100);
    let limits = Limits { instances: 8, deadline, ..guest::limits() };
    let engine = guest::engine_with(limits);
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let policy = good.with_limits(Limits { instances: 2, ..limits }).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    let mut handles: Vec<_> = (0..3).map(|_| policy.warm()).collect();
    handles[0].decide(SCORE).unwrap();
    handles[1].decide(SCORE).unwrap();
    assert_eq!(handles[2].decide(SCORE).map_err(cause), Err(Cause::Busy(2)));
    assert_eq!(ask(&policy, &CallOptions::fresh()), Err(Cause::Busy(2)));
    // Others have the rest.
    guest::assert_right(&good);
    // What is at rest gives way to a call.
    drop(handles);
    for _ in 0..5 {
        assert_eq!(ask(&policy, &CallOptions::fresh()).unwrap().instance, InstanceUse::New);
        assert!(ask(&policy, &CallOptions::warm()).is_ok());
    }
}

/// Many threads with warm calls, and fewer instances: each gets its turn.
#[test]
fn warm_calls_make_way_for_who_waits() {
    let engine = guest::engine_with(Limits { instances: 2, ..guest::limits() });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let policies = [good.policy(Some("5")).unwrap(), good.policy(Some("6")).unwrap()];
    thread::scope(|scope| {
        for thread in 0..12 {
            let policy = &policies[thread % 2];
            scope.spawn(move || {
                for _ in 0..300 {
                    ask(policy, &CallOptions::warm()).unwrap();
                }
            });
        }
    });
}

/// Instances that have answered and wait to be taken down are in nobody's way,
/// whether the one who needs their room asks the same policy or another.
#[test]
fn spent_instances_make_way_for_who_waits() {
    let engine = guest::engine_with(Limits { instances: 4, ..guest::limits() });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let policies = [good.policy(Some("5")).unwrap(), good.policy(Some("6")).unwrap()];
    policies.iter().for_each(|policy| assert!(policy.prepare(2).is_ok()));
    thread::scope(|scope| {
        for thread in 0..12 {
            let policy = &policies[thread % 2];
            let options = [CallOptions::fresh(), CallOptions::warm()][thread / 2 % 2];
            scope.spawn(move || {
                for _ in 0..300 {
                    ask(policy, &options).unwrap();
                }
            });
        }
    });
    // One call at a time finds room, whatever was put by before it.
    for turn in 0..300 {
        let refuse = CallOptions::fresh().refuse_when_busy();
        ask(&policies[turn % 2], &refuse).unwrap();
    }
    assert_eq!(policies.each_ref().map(|policy| policy.prepare(0).unwrap()), [0, 0]);
    guest::assert_right(&good);
}

/// What a damaged instance answers is a fault, and it answers no one again.
#[test]
fn an_instance_whose_answer_makes_no_sense_is_dropped() {
    let engine = guest::engine();
    // From the second call on it chooses an action that there is not.
    let damaged = "
        (i32.store (i32.const 0x344) (i32.mul (i32.const 99) (i32.load (i32.const 0x3f0))))
        (i32.store (i32.const 0x3f0) (i32.const 1))
        (i32.const 0x340)";
    let policy = engine.load(&guest::policy_with("decide", damaged)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    for _ in 0..3 {
        assert!(ask(&policy, &CallOptions::warm()).is_ok());
        assert!(matches!(ask(&policy, &CallOptions::warm()), Err(Cause::Answer(_))));
    }
    let mut warm = policy.warm();
    for _ in 0..3 {
        assert!(warm.decide(SCORE).is_ok());
        assert!(warm.decide(SCORE).is_err());
    }
}

/// A policy whose instances were all taken has some again, without being asked.
#[test]
fn what_had_no_room_is_made_later() {
    let engine = guest::engine_with(Limits { instances: 4, ..guest::limits() });
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let busy = good.policy(Some("5")).unwrap();
    let policy = good.policy(Some("6")).unwrap();
    let mut all: Vec<_> = (0..4).map(|_| busy.warm()).collect();
    all.iter_mut().for_each(|warm| drop(warm.decide(SCORE).unwrap()));
    assert_eq!(policy.prepare(1).unwrap(), 0);
    drop(all);
    let start = Instant::now();
    while policy.ready() < 1 && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(policy.ready(), 1);
}

#[test]
fn who_does_not_want_to_wait_is_refused_at_once() {
    let engine = guest::engine_with(Limits {
        instances: 1,
        deadline: Duration::from_secs(600),
        ..guest::limits()
    });
    let policy = engine.load(&guest::good(World::Policy)).unwrap().policy(Some("5")).unwrap();
    let mut warm = policy.warm();
    warm.decide(SCORE).unwrap();
    assert_eq!(ask(&policy, &CallOptions::fresh().refuse_when_busy()), Err(Cause::Busy(1)));
    let patient = CallOptions::fresh().deadline(Duration::from_millis(20));
    assert_eq!(ask(&policy, &patient), Err(Cause::Busy(1)));
}

#[test]
fn a_plugin_has_no_more_than_its_engine() {
    let engine = guest::engine();
    let good = engine.load(&guest::good(World::Policy)).unwrap();
    let own = *engine.limits();
    for wrong in [
        Limits { memory: own.memory + 65536, ..own },
        Limits { instances: own.instances + 1, ..own },
        Limits { table_elements: own.table_elements + 1, ..own },
        Limits { instances: 0, ..own },
    ] {
        good.with_limits(wrong).unwrap_err();
    }
    let less = good.with_limits(Limits { memory: 65536, ..own }).unwrap();
    assert_eq!(less.limits().memory, 65536);
    guest::assert_right(&less);
}
