//! Seven policies called from seven threads while an eighth hangs.
//!
//! On a machine with fewer cores than threads whatever computes slows the rest;
//! so the figure is compared with the same beside native code that computes
//! as long as the hanging policy is let.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use tollgate_engine::types::Value;
use tollgate_engine::{Engine, Policy};

use crate::fraud;
use crate::group::{Group, Row};
use crate::measure::Subject;
use crate::places::Places;

/// Policies that answer, each called from a thread of its own.
const WELL: usize = 7;

/// Calls of each of them a repetition.
const CALLS: usize = 500;

pub(crate) fn group(places: &Places) -> Result<Group> {
    let engine = Engine::builder().build()?;
    let plugin = engine.load(&places.component("threshold-policy")?)?;
    let settings = fraud::settings()?;
    let well = (0..WELL).map(|_| Ok(plugin.policy(Some(&settings))?)).collect::<Result<_>>()?;
    let well: &'static Vec<Policy> = Box::leak(Box::new(well));
    let misbehave = engine.load(&places.guest("misbehave-no-std")?)?;
    let hanging = misbehave.policy(Some(r#"{"in":"decide","how":"loop"}"#))?;
    let hanging: &'static Policy = Box::leak(Box::new(hanging));
    let hang = move || {
        // Its end by fuel or deadline is what is wanted of it.
        ensure!(hanging.decide(&[Value::Number(0.5)]).is_err(), "the hanging policy answered");
        Ok(())
    };
    let start = Instant::now();
    hang()?;
    let spell = start.elapsed();
    let busy = move || {
        let start = Instant::now();
        while start.elapsed() < spell {
            for number in 0..1000_u32 {
                black_box(number);
            }
        }
        Ok(())
    };
    Ok(Group {
        title: "7 policies from 7 threads, the 99th percentile of a fresh call",
        unit: "call",
        reference: "bulkhead/beside-busy",
        long: true,
        rows: vec![
            Row::new(
                "bulkhead/beside-busy",
                "beside native code that computes",
                Percentile { well, other: busy },
            ),
            Row::new(
                "bulkhead/beside-hanging",
                "beside an eighth policy that hangs, called again and again",
                Percentile { well, other: hang },
            ),
        ],
    })
}

/// Calls the policies while a thread repeats `other`.
struct Percentile<F> {
    well: &'static [Policy],
    other: F,
}

impl<F: Fn() -> Result<()> + Sync> Subject for Percentile<F> {
    /// The 99th percentile of all calls, as if it were every repetition's.
    fn run(&mut self, times: u64) -> Result<Duration> {
        let over = AtomicBool::new(false);
        let values = [Value::Number(0.73), Value::Number(120.0), Value::Text("US".to_owned())];
        let calls = |policy: &Policy| -> Result<Vec<Duration>> {
            let call = |_| {
                let start = Instant::now();
                policy.decide(&values)?;
                Ok(start.elapsed())
            };
            (0..CALLS * usize::try_from(times)?).map(call).collect()
        };
        let mut took = thread::scope(|scope| {
            let other = scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    (self.other)()?;
                }
                anyhow::Ok(())
            });
            let callers: Vec<_> =
                self.well.iter().map(|policy| scope.spawn(|| calls(policy))).collect();
            let took: Vec<Result<Vec<Duration>>> =
                callers.into_iter().map(|caller| ended(caller.join())).collect();
            over.store(true, Ordering::Relaxed);
            ended(other.join())?;
            took.into_iter().collect::<Result<Vec<_>>>().map(|took| took.concat())
        })?;
        took.sort_unstable();
        let p99 = took.get(took.len() * 99 / 100).context("no call was made")?;
        Ok(*p99 * u32::try_from(times)?)
    }
}

fn ended<T>(result: thread::Result<Result<T>>) -> Result<T> {
    result.unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
}
