//! Eight threads decide while the policy is swapped a thousand times; every
//! answer is checked against the version that gave it.
//!
//! ```console
//! $ cargo run --release -p tollgate --example swap
//! ```

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tollgate::document::PolicyDocument;
use tollgate::judge::{Answer, Decider, Opened, Registry};
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_engine::Engine;

const SWAPS: u32 = 1000;
const VERSIONS: u32 = 50;
const THREADS: u32 = 8;
const NAME: &str = "fraud";

/// A version of the policy that blocks from so many hundredths on.
fn version(plugins: &Plugins, number: u32) -> Result<Decider, Box<dyn Error>> {
    let text = format!(
        "name: {NAME}\nversion: 1.{number}.0\nplugin: threshold-policy@^0.1\nowner: example\n\
         settings:\n  thresholds: {{ allow: 0, block: {:.2} }}\n",
        f64::from(number) / 100.0
    );
    let source = Source::new(&format!("version {number}"), &text);
    let document = PolicyDocument::parse(source, Default::default())?;
    Ok(Decider::new(Opened::of_document(plugins, document)?)?)
}

/// What the version that answered must have said: its number is its threshold.
fn is_right(answer: &Answer<'_>, score: u32) -> bool {
    let version = &answer.decider().document().version;
    let right = if u64::from(score) < version.minor { "allow" } else { "block" };
    answer.action() == Some(right) && !answer.is_fallback()
}

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = Plugins::new(Engine::builder().build()?);
    let registry = Registry::default();
    let versions =
        (1..=VERSIONS).map(|number| version(&plugins, number)).collect::<Result<Vec<_>, _>>()?;
    registry
        .replace(versions.iter().take(1).map(|first| (NAME.to_owned(), first.clone())).collect());
    let (done, decided, wrong) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (registry, done) = (&registry, &done);
            let (decided, wrong) = (&decided, &wrong);
            scope.spawn(move || {
                let mut score = thread;
                while !done.load(Ordering::Relaxed) {
                    score = (score + 7) % 100;
                    let request = format!("{{\"score\":{:.2}}}", f64::from(score) / 100.0);
                    let right = registry
                        .get(NAME)
                        .is_some_and(|judge| is_right(&judge.decide(request.as_bytes()), score));
                    decided.fetch_add(1, Ordering::Relaxed);
                    wrong.fetch_add(u64::from(!right), Ordering::Relaxed);
                }
            });
        }
        for next in versions.iter().cycle().take(SWAPS as usize) {
            registry.insert(NAME, next.clone());
            thread::sleep(Duration::from_millis(1));
        }
        done.store(true, Ordering::Relaxed);
    });
    let (decided, wrong) = (decided.into_inner(), wrong.into_inner());
    println!("{SWAPS} swaps, {decided} decisions of {THREADS} threads, {wrong} wrong");
    if wrong == 0 { Ok(()) } else { Err("an answer was not that of its version".into()) }
}
