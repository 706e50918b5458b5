//! Settings out of a document.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::Source;
use tollgate::tree::{Content, Node};

use super::{Acknowledge, Settings, WhenFull};
use crate::mask::{HowMasked, KEY_VARIABLE, Key, Masks};
use crate::sample::Sample;

/// The JSON Schema of the settings.
pub const LOG_SCHEMA: &str = include_str!("../../schemas/decision-log.schema.json");

impl Settings {
    /// Reads settings whose shape was checked by [`LOG_SCHEMA`]; paths start at
    /// `folder`, and `host` is which program logs. The key of masks is taken
    /// from the environment. What is wrong is added to `mistakes`.
    #[must_use]
    pub fn read(
        source: &Source,
        node: &Node,
        folder: &Path,
        host: &str,
        mistakes: &mut Gathered,
    ) -> Self {
        let text = |key: &str| node.get(key).and_then(Node::text);
        let below = |key: &str, member: &str| node.get(key)?.get(member)?.text();
        let mut settings = Self::new(folder.join(text("folder").unwrap_or_default()), host);
        let patience = text("patience").and_then(time);
        if let WhenFull::Block(default) = settings.when_full {
            let patience = patience.unwrap_or(default);
            if text("when_full") != Some("drop") {
                settings.when_full = WhenFull::Block(patience);
            } else {
                settings.when_full = WhenFull::Drop;
            }
            if text("acknowledge") == Some("written") {
                settings.acknowledge = Acknowledge::Written(patience);
            }
        }
        let put = |into: &mut Duration, read: Option<Duration>| *into = read.unwrap_or(*into);
        put(&mut settings.interval, text("interval").and_then(time));
        if let Some(records) = node.get("queue").and_then(|queue| whole(queue.get("records")?)) {
            settings.queue_records = records;
        }
        if let Some(bytes) = below("queue", "bytes").and_then(size) {
            settings.queue_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        if let Some(bytes) = below("rotate", "bytes").and_then(size) {
            settings.rotation.bytes = bytes;
        }
        if let Some(every) = below("rotate", "every").and_then(time) {
            settings.rotation.every = Some(every);
        }
        if let Some(share) = node.get("sample").and_then(number) {
            // The schema has the bounds.
            settings.sample = Sample::of(share).unwrap_or(Sample::ALL);
        }
        settings.keep_plugins = node.get("keep_plugins").is_none_or(Node::is_true);
        settings.masks = masks(source, node, mistakes);
        settings
    }
}

fn masks(source: &Source, node: &Node, mistakes: &mut Gathered) -> Masks {
    let entries = node.get("mask").and_then(Node::entries).unwrap_or_default();
    if entries.is_empty() {
        return Masks::default();
    }
    let how = |value: &Node| match value.text() {
        Some("remove") => HowMasked::Remove,
        _ => HowMasked::Hash,
    };
    let inputs: BTreeMap<String, HowMasked> =
        entries.iter().map(|entry| (entry.key.clone(), how(&entry.value))).collect();
    let named = node.get("key").and_then(|key| key.get("env"));
    let variable = named.and_then(Node::text).unwrap_or(KEY_VARIABLE);
    match Key::from_environment(variable) {
        Ok(key) => Masks::new(inputs, key),
        Err(error) => {
            let span = named.or_else(|| node.get("mask")).map_or(node.span, |node| node.span);
            mistakes.push(
                Mistake::new(source, span, error.to_string())
                    .suggest("such as `openssl rand -hex 32` gives"),
            );
            Masks::default()
        }
    }
}

fn whole(node: &Node) -> Option<usize> {
    match &node.content {
        Content::Number(number) => usize::try_from(number.as_u64()?).ok(),
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.content {
        Content::Number(number) => number.as_f64(),
        _ => None,
    }
}

fn size(text: &str) -> Option<u64> {
    measured(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
}

fn time(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
    measured(text, &units).map(Duration::from_millis)
}

fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (count, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    count.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use tollgate::document::shaped;

    use super::super::Rotation;
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let source = Source::new("tollgate.yaml", text);
        let tree =
            shaped(&source, "decision log", LOG_SCHEMA).map_err(|error| error.to_string())?;
        let mut mistakes = Gathered::default();
        let settings = Settings::read(&source, &tree, "etc".as_ref(), "test 1", &mut mistakes);
        match mistakes.finish() {
            None => Ok(settings),
            Some(mistakes) => Err(mistakes.to_string()),
        }
    }

    #[test]
    fn everything_has_a_default_and_can_be_said() {
        let plain = read("folder: log").unwrap();
        assert_eq!(plain.folder, Path::new("etc/log"));
        assert_eq!(plain.when_full, WhenFull::Block(Duration::from_millis(250)));
        assert!(plain.keep_plugins && !plain.sample.is_part());
        let all = read(
            "{folder: /log, when_full: drop, patience: 2s, acknowledge: written, interval: 5ms,
              queue: {records: 10, bytes: 1MiB}, rotate: {bytes: 2GiB, every: 1h}, sample: 0.5,
              keep_plugins: false}",
        )
        .unwrap();
        assert_eq!((all.folder.as_path(), all.when_full), (Path::new("/log"), WhenFull::Drop));
        assert_eq!(all.acknowledge, Acknowledge::Written(Duration::from_secs(2)));
        assert_eq!((all.queue_records, all.queue_bytes), (10, 1 << 20));
        let every = Some(Duration::from_secs(3600));
        assert_eq!(all.rotation, Rotation { bytes: 2 << 30, every });
        assert_eq!((all.sample.rate(), all.interval.as_millis()), (0.5, 5));
        assert!(!all.keep_plugins);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for wrong in [
            "{}",
            "{folder: 1}",
            "{folder: a, when: drop}",
            "{folder: a, when_full: wait}",
            "{folder: a, patience: 2}",
            "{folder: a, sample: 0}",
            "{folder: a, sample: 2}",
            "{folder: a, mask: {b: c}}",
            "{folder: a, queue: {records: 0}}",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        // A mask without a key masks nothing.
        let told = read("{folder: a, mask: {b: hash}, key: {env: TOLLGATE_NO_SUCH_KEY}}");
        assert!(told.unwrap_err().contains("there is no key for it in `TOLLGATE_NO_SUCH_KEY`"));
    }
}
