//! A policy, requests, and a log to put them into.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tollgate::document::PolicyDocument;
use tollgate::judge::{Decider, Opened};
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_decisions::read::{Decision, Gap, Item, ReadError, each};
use tollgate_decisions::{DecisionLog, HowMasked, Key, Masks, Settings};
use tollgate_engine::Engine;
use tollgate_records::log::Records;
use tollgate_records::record::Head;
use tollgate_test_support::Dice;

pub(crate) fn plugins() -> Plugins {
    Plugins::new(Engine::builder().build().unwrap())
}

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/fraud.yaml");
    std::fs::read_to_string(path).unwrap()
}

pub(crate) fn decider() -> Decider {
    changed(&[])
}

/// The fraud policy with other words in it.
pub(crate) fn changed(words: &[(&str, &str)]) -> Decider {
    let text = words.iter().fold(document(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let source = Source::new("fraud.yaml", &text);
    let document = PolicyDocument::parse(source, PathBuf::new()).unwrap();
    Decider::new(Opened::of_document(&plugins(), document).unwrap()).unwrap()
}

/// A request, which may be a bad one.
pub(crate) fn request(dice: &mut Dice) -> String {
    let score = match dice.roll(12) {
        0 => "\"high\"".to_owned(),
        1 => "-0.0".to_owned(),
        2 => "1".to_owned(),
        _ => (dice.roll(1000) as f64 / 999.0).to_string(),
    };
    let country = *dice.one(&["US", "NG", "PK", "ng", " DE", "", "Nowhere", "\\u00e4\\n"]);
    let amount = *dice.one(&["1e300", "12000", "0.1", "150.58", "9007199254740993", "null"]);
    let end = if dice.roll(20) == 0 { "" } else { "}" };
    let (age, velocity) = (dice.roll(60), dice.roll(15));
    format!(
        "{{\"score\":{score},\"amount\":{amount},\"country\":\"{country}\",\
         \"merchant_age_days\":{age},\"transactions_last_hour\":{velocity}{end}"
    )
}

pub(crate) fn settings(folder: &Path) -> Settings {
    Settings { interval: Duration::from_millis(1), ..Settings::new(folder, "test 1") }
}

pub(crate) fn masks(inputs: &[(&str, HowMasked)]) -> Masks {
    let inputs: BTreeMap<_, _> =
        inputs.iter().map(|(name, how)| ((*name).to_owned(), *how)).collect();
    Masks::new(inputs, key())
}

pub(crate) fn key() -> Key {
    Key::of("KEY", "0123456789abcdef0123456789abcdef").unwrap()
}

/// Waits until so many decisions are on the disk.
pub(crate) fn written(log: &DecisionLog, count: u64) {
    until(|| log.health().written >= count);
}

pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(120), "in vain");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The files that hold records, in their order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    tollgate_records::log::files(folder).unwrap().into()
}

/// Verifies the whole chain, and gives its end.
pub(crate) fn verified(folder: &Path) -> Option<Head> {
    let mut records = Records::open(folder).unwrap();
    for record in records.by_ref() {
        record.unwrap();
    }
    records.head()
}

/// Every decision, and what is missing.
pub(crate) fn decisions(folder: &Path, mut take: impl FnMut(&Decision<'_>)) -> (u64, Gap) {
    let (mut count, mut gaps) = (0, Gap::default());
    each(folder, |_, item| -> Result<bool, ReadError> {
        match item {
            Item::Decision(decision) => {
                count += 1;
                take(&decision);
            }
            Item::Gap(gap) => gaps.add(gap),
            Item::Other => {}
        }
        Ok(true)
    })
    .unwrap();
    (count, gaps)
}

/// Runs one test of this program by itself, as another process in which it does
/// its work in `folder`.
pub(crate) fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, folder);
    command
}

const CHILD: &str = "TOLLGATE_TEST_FOLDER";

/// The folder to work in; none where this is no such process.
pub(crate) fn child_folder() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}
