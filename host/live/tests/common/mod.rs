//! Documents, pins, and what answers.
#![allow(dead_code, reason = "each test program uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate::plugins::Plugins;
use tollgate_engine::{Digest, Engine};
use tollgate_live::pins::{Audit, Pin, PinFile, PinnedVersion};
use tollgate_live::{Live, Serving, Settings, State};

pub(crate) const NAME: &str = "fraud";

/// A policy whose version is its threshold in hundredths.
pub(crate) fn policy(version: u32) -> String {
    format!(
        "name: {NAME}\nversion: {version}.0.0\nplugin: threshold-policy@^0.1\nowner: tests\n\
         settings:\n  thresholds: {{ allow: 0, block: {:.2} }}\n",
        f64::from(version) / 100.0
    )
}

pub(crate) fn plugins() -> Plugins {
    Plugins::new(Engine::builder().build().unwrap())
}

pub(crate) fn live(served: tollgate_live::Served) -> Live {
    let served = BTreeMap::from([(NAME.to_owned(), served)]);
    Live::open(plugins(), Settings { served, ready: 0 })
}

pub(crate) fn state(live: &Live) -> State {
    live.state().remove(0)
}

/// The version that answers, and whether it answers as that version must.
pub(crate) fn answering(live: &Live) -> Option<u64> {
    let serving = live.serving(NAME)?;
    let version = serving.version().unwrap().major;
    for score in [0, 1, 39, 40, 41, 42, 43, 44, 60, 99] {
        assert!(is_right(&serving, score), "version {version}, score {score}");
    }
    Some(version)
}

/// Whether a version says of a score in hundredths what it must.
pub(crate) fn is_right(serving: &Serving, score: u64) -> bool {
    let decider = serving.decider().unwrap();
    let request = format!("{{\"score\":{:.2}}}", score as f64 / 100.0);
    let answer = decider.decide(request.as_bytes());
    let version = &serving.version().unwrap().major;
    let right = if score < *version { "allow" } else { "block" };
    answer.action() == Some(right) && decider.document().version.major == *version
}

pub(crate) fn refusal(live: &Live) -> Option<String> {
    state(live).refused.map(|refused| refused.error.to_string())
}

/// What `tollgate` builds for tests to fail with.
pub(crate) fn misbehave(folder: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let path: PathBuf = target.join("guests/misbehave.wasm");
    let bytes = fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask plugins`", path.display()));
    fs::write(folder.join("misbehave.bin"), &bytes).unwrap();
    Digest::of(&bytes).to_string()
}

pub(crate) fn version(number: u64) -> PinnedVersion {
    PinnedVersion::whole(number)
}

pub(crate) fn audit(by: &str) -> Audit {
    let at = tollgate::facts::Instant::now();
    Audit { by: by.to_owned(), at, reason: "a test".to_owned() }
}

/// Pins a version of [`policy`], as `tollgate pin` does.
pub(crate) fn pin(file: &PinFile, number: u32) -> Result<Pin, String> {
    let seen = match file.is_missing() {
        true => None,
        false => file.read().map_err(|it| it.to_string())?.pin(NAME).unwrap(),
    };
    pin_after(file, seen.as_ref(), number)
}

pub(crate) fn pin_after(file: &PinFile, seen: Option<&Pin>, number: u32) -> Result<Pin, String> {
    let digest = Digest::of(policy(number).as_bytes());
    let audit = audit("tests");
    let pin = match seen {
        None => Pin::first(version(number.into()), digest, &audit),
        Some(seen) => seen
            .pinned(NAME, version(number.into()), digest, true, &audit)
            .map_err(|error| error.to_string())?,
    };
    file.change(NAME, seen, &pin).map_err(|error| error.to_string())?;
    Ok(pin)
}

/// Documents of these versions in a folder.
pub(crate) fn documents(folder: &Path, versions: &[u32]) -> PathBuf {
    let documents = folder.join("documents");
    fs::create_dir_all(&documents).unwrap();
    for version in versions {
        fs::write(documents.join(format!("{version}.yaml")), policy(*version)).unwrap();
    }
    documents
}
