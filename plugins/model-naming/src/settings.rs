//! What names must be like, as the settings say it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::missing::{OnMissing, SEVERITIES};
use serde_json::Value;
use tollgate_sdk::settings::{self, Mistakes};
use tollgate_sdk::{Finding, Outcome, nearest};

use crate::listed::compared;
use crate::pattern::Pattern;
use crate::refuse::Refuse;
use crate::style::Style;

/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

/// Words that say a version at the end of a name, where the settings list none.
/// Only such as seldom end the name of anything else.
const VERSION_WORDS: [&str; 8] =
    ["final", "really", "latest", "newest", "new", "old", "tmp", "wip"];

const KEYS: [&str; 8] =
    ["subject", "style", "refuse", "pattern", "words", "max_length", "severity", "on_missing"];

/// The longest length.
const MOST: u64 = 10_000;

type Object<'a> = settings::Object<&'a Value>;

/// All settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Whose name.
    pub subject: String,
    /// How it is written.
    pub style: Option<Style>,
    /// What it must not say.
    pub refuse: Refuse,
    /// What it is made of; one of them will do.
    pub patterns: Vec<Pattern>,
    /// The most characters.
    pub max_length: Option<usize>,
    /// What a broken rule is.
    pub severity: Outcome,
    /// What a missing name is.
    pub on_missing: OnMissing,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// All mistakes, each with a pointer.
    pub(crate) fn read(given: &Value) -> Result<Self, Vec<Finding>> {
        let mut mistakes = Mistakes::default();
        let Some(object) = Object::new(given, String::new(), &KEYS, &mut mistakes) else {
            mistakes.into_result()?;
            return Err(Vec::new());
        };
        let rules = ["style", "refuse", "pattern", "max_length"];
        if rules.iter().all(|key| object.get(key).is_none()) {
            let message = "say with `style`, `refuse`, `pattern` or `max_length` what a name must \
                           be like";
            mistakes.add(&object.pointer, message);
        }
        let style = object.choice("style", &Style::CHOICES, &mut mistakes);
        let settings = Self {
            subject: object.text("subject", &mut mistakes).unwrap_or("candidate").to_owned(),
            style,
            refuse: read_refuse(&object, &mut mistakes).unwrap_or_default(),
            patterns: read_patterns(&object, style, &mut mistakes),
            max_length: object
                .count("max_length", 1..=MOST, &mut mistakes)
                .and_then(|most| usize::try_from(most).ok()),
            severity: object
                .choice("severity", &SEVERITIES, &mut mistakes)
                .unwrap_or(Outcome::Fail),
            on_missing: object
                .choice("on_missing", &OnMissing::CHOICES, &mut mistakes)
                .unwrap_or_default(),
        };
        mistakes.into_result()?;
        Ok(settings)
    }
}

fn read_refuse(object: &Object<'_>, mistakes: &mut Mistakes) -> Option<Refuse> {
    let keys = ["versions", "dates", "algorithms", "generic", "people"];
    let refuse = object.object("refuse", &keys, mistakes)?;
    if refuse.entries().next().is_none() {
        mistakes.add(&refuse.pointer, "say what to refuse");
    }
    let versions = match refuse.get("versions") {
        None | Some(Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(VERSION_WORDS.map(ToOwned::to_owned).into()),
        Some(Value::Array(_)) => words(&refuse, "versions", mistakes),
        Some(other) => {
            mistakes.wanted(&refuse.at("versions"), "true, false or a list", other);
            None
        }
    };
    Some(Refuse {
        versions: versions.map(|list| list.iter().map(|word| compared(word)).collect()),
        dates: refuse.boolean("dates", mistakes).unwrap_or_default(),
        algorithms: listed(&refuse, "algorithms", mistakes),
        generic: listed(&refuse, "generic", mistakes),
        people: listed(&refuse, "people", mistakes),
    })
}

/// A list of words as names are compared with them.
fn listed(object: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    Some(words(object, key, mistakes)?.iter().map(|word| compared(word)).collect())
}

/// A list of words.
fn words(object: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let given = object.get(key)?;
    if given.as_array().is_some_and(Vec::is_empty) {
        mistakes.add(&object.at(key), "name one word or more");
    }
    let mut words = Vec::new();
    for (at, item) in object.items(key, mistakes) {
        let Some(word) = settings::text(item, &at, mistakes) else { continue };
        let is_word = word
            .split(['_', '-', ' '])
            .all(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric()));
        if !is_word {
            let message = format!("`{word}` is no word of ASCII letters and digits");
            mistakes.add(&at, message);
        }
        words.push(word.to_owned());
    }
    Some(words)
}

fn read_patterns(
    object: &Object<'_>,
    style: Option<Style>,
    mistakes: &mut Mistakes,
) -> Vec<Pattern> {
    let given: Vec<(String, &Value)> = match object.get("pattern") {
        None => Vec::new(),
        Some(Value::Array(_)) => object.items("pattern", mistakes),
        Some(one) => [(object.at("pattern"), one)].into(),
    };
    if object.get("pattern").is_some() && given.is_empty() {
        mistakes.add(&object.at("pattern"), "name one pattern or more");
    }
    let mut patterns = Vec::new();
    for (at, item) in given {
        let Some(text) = settings::text(item, &at, mistakes) else { continue };
        let pattern = match Pattern::read(text) {
            Ok(pattern) => pattern,
            Err(message) => {
                mistakes.add(&at, message);
                continue;
            }
        };
        if let Some(style) = style
            && !pattern.is_single()
            && pattern.separator != style.separator()
        {
            let between = match style.separator() {
                Some(separator) => format!("`{separator}` is"),
                None => "nothing is".to_string(),
            };
            mistakes.add(&at, format!("{between} between the words of {}", style.name()));
        }
        patterns.push(pattern);
    }
    read_words(object, &mut patterns, mistakes);
    patterns
}

fn read_words(object: &Object<'_>, patterns: &mut [Pattern], mistakes: &mut Mistakes) {
    let Some(map) = object.map("words", mistakes) else { return };
    for (name, _) in map.entries() {
        let allowed = words(&map, name, mistakes).unwrap_or_default();
        let mut is_known = false;
        for pattern in patterns.iter_mut() {
            is_known |= pattern.allow(name, &allowed);
        }
        if !is_known {
            let meant = nearest(name, patterns.iter().flat_map(Pattern::placeholders))
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            mistakes.add(&map.at(name), format!("no pattern has `{{{name}}}`{meant}"));
        }
    }
}
