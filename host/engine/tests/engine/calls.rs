//! Fresh, warm and frozen: three ways to the same answer.

use tollgate_engine::types::{Decision, Value};
use tollgate_engine::{
    CallOptions, CallStats, Cause, ConfigureError, Digest, Engine, Limits, Policy,
};

use crate::files::section;
use crate::guest::{self, World};

/// Counts its calls in memory and gives the count as the action's index.
const COUNTING: &str = "
    (i32.store (i32.const 0x344) (i32.load (i32.const 0x3f0)))
    (i32.store (i32.const 0x3f0) (i32.add (i32.load (i32.const 0x3f0)) (i32.const 1)))
    (i32.const 0x340)";

fn counting(engine: &Engine) -> Policy {
    engine.load(&guest::policy_with("decide", COUNTING)).unwrap().policy(Some("5")).unwrap()
}

fn scores() -> Vec<f64> {
    let mut scores: Vec<f64> = (0..=20).map(|n| f64::from(n) / 20.0).collect();
    scores.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE]);
    scores
}

/// All answers of a policy, one by one and as a batch.
fn answers(policy: &Policy) -> Vec<Result<Decision, String>> {
    let mut warm = policy.warm();
    let mut answers = Vec::new();
    for score in scores() {
        let values = [Value::Number(score)];
        let fresh = policy.decide(&values).map_err(|error| error.to_string());
        let again = warm.decide(&values).map_err(|error| error.to_string());
        assert_eq!(fresh, again, "{score}");
        answers.push(fresh);
    }
    let column = guest::numbers(&scores());
    let rows = scores().len() as u32;
    let batch = policy.decide_batch(rows, std::slice::from_ref(&column)).unwrap();
    assert_eq!(warm.decide_batch(rows, &[column]).unwrap(), batch);
    let in_batch: Vec<_> =
        batch.rows.iter().map(|row| batch.decisions[*row as usize].clone()).collect();
    assert_eq!(in_batch, answers);
    answers
}

#[test]
fn fresh_warm_and_frozen_give_the_same_answers() {
    let engine = guest::engine();
    let plugin = engine.load(&guest::good(World::Policy)).unwrap();
    for settings in ["0", "3", "9"] {
        let expected = answers(&plugin.policy(Some(settings)).unwrap());
        let frozen = engine.load(&plugin.bake(settings, "").unwrap()).unwrap();
        let frozen = frozen.policy(None).unwrap();
        assert_eq!(answers(&frozen), expected);
        assert_eq!(frozen.surface(), plugin.policy(Some(settings)).unwrap().surface());
    }
    let [three, nine] = ["3", "9"].map(|limit| answers(&plugin.policy(Some(limit)).unwrap()));
    assert_ne!(three, nine, "the settings reach the plugin");
}

#[test]
fn every_world_can_be_frozen() {
    let engine = guest::engine();
    for world in World::ALL {
        let plugin = engine.load(&guest::good(world)).unwrap();
        let frozen = engine.load(&plugin.bake("5", "").unwrap()).unwrap();
        assert_eq!((frozen.world(), frozen.info()), (plugin.world(), plugin.info()));
    }
    let frozen = |world| {
        let plugin = engine.load(&guest::good(world)).unwrap();
        engine.load(&plugin.bake("5", "").unwrap()).unwrap()
    };
    let gate = frozen(World::Gate).gate(None).unwrap();
    assert_eq!(gate.evaluate(&[guest::fact()]).unwrap()[0].facts, [0]);
    let signature = frozen(World::Signature).signature(None).unwrap();
    assert_eq!(signature.check(b"{}").unwrap(), []);
    assert_eq!(signature.warm().check(b"[]").unwrap().len(), 1);
}

#[test]
fn nothing_leaks_from_one_fresh_call_to_the_next() {
    let policy = counting(&guest::engine());
    for _ in 0..10 {
        assert_eq!(policy.decide(&[]).unwrap().action, 0);
    }
    // A warm instance remembers; that is what it is warned of.
    let mut warm = policy.warm();
    assert_eq!(warm.decide(&[]).unwrap().action, 0);
    assert_eq!(warm.decide(&[]).unwrap().action, 1);
    assert_eq!(policy.decide(&[]).unwrap().action, 0);
}

#[test]
fn nothing_leaks_from_one_plugin_to_another() {
    // Both write and read the same addresses, in the same slot of the pool,
    // beyond the pages that are reset by copying too.
    let engine = guest::engine_with(Limits { instances: 1, ..guest::limits() });
    let spy = "
        (local $at i32)
        (i32.store (i32.const 0x344) (i32.const 0))
        (drop (memory.grow (i32.const 32)))
        (local.set $at (i32.const 0x1000))
        (loop $more
          (if (i32.ne (i32.load (local.get $at)) (i32.const 0)) (then unreachable))
          (i32.store (local.get $at) (i32.const 0x5ec7e7))
          (br_if $more
            (i32.lt_u
              (local.tee $at (i32.add (local.get $at) (i32.const 4)))
              (i32.const 0x200000))))
        (i32.const 0x340)";
    // No values are passed, so nothing is allocated above 0x1000 but settings.
    let spy = [
        ("decide".to_owned(), spy.to_owned()),
        ("cabi_realloc".to_owned(), "(i32.const 0xf00)".to_owned()),
    ];
    let spy = guest::build(World::Policy, &spy.into()).unwrap();
    let one = engine.load(&spy).unwrap().policy(Some("5")).unwrap();
    let other = [guest::good(World::Policy), b"\0\x02\x01x".to_vec()].concat();
    let other = engine.load(&other).unwrap();
    for _ in 0..5 {
        assert_eq!(one.decide(&[]).unwrap().action, 0);
        guest::assert_right(&other);
    }
}

#[test]
fn a_warm_instance_is_replaced_after_a_failure() {
    let engine = guest::engine();
    // The second call traps.
    let second = "
        (if (i32.load (i32.const 0x3f0)) (then unreachable))
        (i32.store (i32.const 0x3f0) (i32.const 1))
        (i32.const 0x340)";
    let policy = engine.load(&guest::policy_with("decide", second)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    let mut warm = policy.warm();
    for _ in 0..3 {
        assert_eq!(warm.decide(&[]).unwrap().action, 0);
        assert!(warm.decide(&[]).is_err());
    }
}

#[test]
fn a_warm_instance_has_all_its_fuel_in_each_call() {
    let engine = guest::engine_with(Limits { fuel: 100_000, ..guest::limits() });
    let work = "
        (local $n i32)
        (loop $more
          (br_if $more
            (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 8000))))
        (i32.const 0x340)";
    let policy = engine.load(&guest::policy_with("decide", work)).unwrap();
    let policy = policy.policy(Some("5")).unwrap();
    let mut warm = policy.warm();
    for _ in 0..20 {
        warm.decide(&[]).unwrap();
    }
}

#[test]
fn fuel_runs_out_at_the_same_place_every_time() {
    // The result's address says how often the loop went round.
    let answers = |fuel| {
        let engine = guest::engine_with(Limits { fuel, ..guest::limits() });
        let plugin = engine.load(&guest::good(World::Policy)).ok()?;
        let policy = plugin.policy(Some("5")).ok()?;
        policy.decide_batch(100, &[guest::numbers(&[0.5; 100])]).ok()
    };
    let (mut too_little, mut enough) = (1, 1_000_000);
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        if answers(middle).is_some() { enough = middle } else { too_little = middle }
    }
    for _ in 0..3 {
        assert!(answers(enough).is_some());
        assert!(answers(enough - 1).is_none());
    }
}

#[test]
fn freezing_gives_the_same_bytes_every_time() {
    let bytes = guest::good(World::Policy);
    let bake = |settings, metadata| {
        guest::engine().load(&bytes).unwrap().bake(settings, metadata).unwrap()
    };
    assert_eq!(bake("5", "owner: risk-platform"), bake("5", "owner: risk-platform"));
    assert_ne!(bake("5", ""), bake("6", ""));
    assert_ne!(bake("5", ""), bake("5", "x"));
}

#[test]
fn a_frozen_plugin_says_what_it_was_made_of() {
    let engine = guest::engine();
    let bytes = guest::good(World::Policy);
    let plugin = engine.load(&bytes).unwrap();
    assert_eq!((plugin.digest(), plugin.size()), (Digest::of(&bytes), bytes.len()));
    assert_eq!(plugin.baked(), None);
    let frozen = engine.load(&plugin.bake("5", "owner: risk-platform").unwrap()).unwrap();
    let baked = frozen.baked().unwrap();
    assert_eq!(baked.plugin, plugin.digest());
    assert_eq!(baked.settings, Digest::of(b"5"));
    assert_eq!(baked.metadata, "owner: risk-platform");
    assert_ne!(frozen.digest(), plugin.digest());
}

#[test]
fn settings_must_fit_the_plugin() {
    let engine = guest::engine();
    let plugin = engine.load(&guest::good(World::Policy)).unwrap();
    let frozen = engine.load(&plugin.bake("5", "").unwrap()).unwrap();
    let refused = |error: Option<ConfigureError>| error.unwrap().to_string();
    insta::assert_snapshot!(
        [
            refused(plugin.policy(None).err()),
            refused(plugin.policy(Some("ten")).err()),
            refused(plugin.gate(Some("5")).err()),
            refused(plugin.signature(Some("5")).err()),
            refused(plugin.bake("ten", "").err()),
            refused(frozen.policy(Some("5")).err()),
            refused(frozen.bake("5", "").err()),
        ]
        .join("\n")
    );
}

#[test]
fn freezing_a_hostile_plugin_ends_in_its_error() {
    let engine = guest::engine();
    let freeze = |bytes: &[u8]| {
        let plugin = engine.load(bytes).unwrap();
        plugin.bake("5", "").unwrap_err().to_string()
    };
    let bake = |part, text: &str| freeze(&guest::policy_with(part, text));
    // The policy's own module once more, beside the first.
    let twice = [guest::good(World::Policy), section(2, &[1, 0, 0, 0])].concat();
    insta::assert_snapshot!(
        [
            bake("configure", "unreachable"),
            bake("configure", "(loop $again (br $again)) unreachable"),
            freeze(&twice),
            bake(
                "configure",
                "(drop (memory.grow (i32.const -1))) (drop (memory.grow (i32.const 63)))
                 (memory.fill (i32.const 0x1000) (i32.const 1) (i32.const 0x3ff000)) unreachable"
            ),
        ]
        .join("\n")
    );
    guest::assert_right(&engine.load(&guest::good(World::Policy)).unwrap());
}

#[test]
fn dear_settings_are_frozen_and_cheap_ones_are_not() {
    // Configuring works through some 60,000 operations.
    let dear = "
        (local $n i32)
        (loop $more
          (br_if $more
            (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
        (global.set $limit (f64.const 0.5))
        (i32.const 0x140)";
    let bytes = guest::policy_with("configure", dear);
    let engine = |above| {
        let builder = Engine::builder().limits(guest::limits());
        builder.bake_above(above).build().unwrap()
    };
    let [frozen, configured] = [10_000, 10_000_000]
        .map(|above| engine(above).load(&bytes).unwrap().policy(Some("5")).unwrap());
    assert_eq!(answers(&frozen), answers(&configured));
    let [frozen, configured] = [frozen, configured].map(|policy| {
        let mut stats = CallStats::default();
        let fresh = CallOptions::fresh();
        policy.decide_with(&[Value::Number(0.1)], &fresh, Some(&mut stats)).unwrap();
        stats.fuel
    });
    assert!(frozen + 60_000 < configured, "{frozen} of {configured}");
}

#[test]
fn a_plugin_that_cannot_be_frozen_is_configured_each_time() {
    // The frozen component would be above the limit.
    let dear = "
        (memory.fill (i32.const 0x2000) (i32.const 1) (i32.const 0xd000))
        (global.set $limit (f64.const 0.5))
        (i32.const 0x140)";
    let bytes = guest::policy_with("configure", dear);
    let limits = Limits { component: 20_000, ..guest::limits() };
    let engine = Engine::builder().limits(limits).bake_above(1).build().unwrap();
    answers(&engine.load(&bytes).unwrap().policy(Some("5")).unwrap());
}

#[test]
fn a_fault_names_the_plugin_the_function_and_the_cause() {
    let plugin = guest::engine().load(&guest::policy_with("surface", "unreachable")).unwrap();
    let Err(ConfigureError::Fault(fault)) = plugin.policy(Some("5")) else {
        panic!("it must fail");
    };
    assert_eq!((fault.plugin.as_str(), fault.function), ("guest@1.0.0", "surface"));
    assert!(matches!(fault.cause, Cause::Trap(_)));
    assert_eq!(fault.backtrace, ["surface"]);
}
