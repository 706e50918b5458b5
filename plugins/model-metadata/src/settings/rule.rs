//! One item of the setting `rules`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::missing::SEVERITIES;
use gate_evidence::verdict::Terms;
use gate_evidence::window::Window;
use serde_json::Value;
use tollgate_sdk::Outcome;
use tollgate_sdk::settings::{self, Mistakes};

use super::{Object, field};
use crate::glob::Glob;
use crate::name::Name;
use crate::rule::{Check, Deprecation, Field, Params, Rule, STAGES};

/// The keys of a rule beside those of what it asks.
const KEYS: [&str; 5] = ["id", "targets", "severity", "on_missing", "controls"];

/// What a rule may ask: the key that says so, and the keys that go with it.
const KINDS: [(&str, &[&str]); 7] = [
    ("field", &field::KEYS),
    ("params", &["at_least", "every"]),
    ("artifact", &[]),
    ("deprecation", &[]),
    ("semantic_version", &[]),
    ("sla", &[]),
    ("any_of", &[]),
];

/// How many of [`KINDS`] one of several checks may be.
const KINDS_OF_CHECKS: usize = 3;

/// Reads one rule. `None` when it is too wrong to go on; all that is wrong is
/// among the mistakes.
pub(super) fn read(value: &Value, pointer: String, mistakes: &mut Mistakes) -> Option<Rule> {
    if value.is_string() {
        let check = read_text(value, &pointer, mistakes)?;
        let id = id_of(&check);
        let rule = Rule { id, targets: Vec::new(), terms: Terms::default(), check };
        return Some(with_id(rule, &pointer, mistakes));
    }
    let (rule, kind) = open(value, pointer, &KINDS, &KEYS, mistakes)?;
    let check = read_check(&rule, kind, mistakes)?;
    let id = match rule.text("id", mistakes) {
        Some(id) if kebab(id) != id => {
            let message = format!("an id is kebab-case, such as `{}`", kebab(id));
            mistakes.add(&rule.at("id"), message);
            id.to_owned()
        }
        Some(id) => id.to_owned(),
        None if kind == "any_of" => {
            mistakes.add(&rule.pointer, "a rule with `any_of` needs an `id`");
            return None;
        }
        None => id_of(&check),
    };
    let read = Rule {
        id,
        targets: read_targets(&rule, mistakes),
        terms: Terms::read(&rule, mistakes),
        check,
    };
    Some(with_id(read, &rule.pointer, mistakes))
}

fn with_id(rule: Rule, pointer: &str, mistakes: &mut Mistakes) -> Rule {
    if rule.id.is_empty() {
        mistakes.add(pointer, "no id can be made of these letters; give the rule an `id`");
    }
    rule
}

/// A rule or a check, and the one thing that it asks.
fn open<'a>(
    value: &'a Value,
    pointer: String,
    kinds: &[(&'static str, &[&'static str])],
    more: &[&'static str],
    mistakes: &mut Mistakes,
) -> Option<(Object<'a>, &'static str)> {
    let has = |kind: &str| value.get(kind).is_some();
    let asked: Vec<_> = kinds.iter().filter(|(kind, _)| has(kind)).collect();
    let mut keys: Vec<&str> = more.to_vec();
    // Where it is not plain what is asked, every key may be meant.
    for (kind, others) in if asked.len() == 1 { asked.clone() } else { kinds.iter().collect() } {
        keys.push(kind);
        keys.extend_from_slice(others);
    }
    let object = Object::new(value, pointer, &keys, mistakes)?;
    if let [(kind, _)] = asked.as_slice() {
        return Some((object, kind));
    }
    let kinds: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
    let message = format!("a rule asks one thing: `{}`", kinds.join("`, `"));
    mistakes.add(&object.pointer, message);
    None
}

fn read_check(rule: &Object<'_>, kind: &str, mistakes: &mut Mistakes) -> Option<Check> {
    Some(match kind {
        "field" => Check::Field(field::read(rule, mistakes)?),
        "params" => {
            let names = rule.text("params", mistakes);
            let at_least = rule.count("at_least", 1..=u64::MAX, mistakes).unwrap_or(1);
            let every = rule.boolean("every", mistakes).unwrap_or_default();
            let names = read_glob(names?, &rule.at("params"), mistakes)?;
            Check::Params(Params { names, at_least, every })
        }
        "artifact" => Check::Artifact(read_globs(rule, mistakes)?),
        "deprecation" => Check::Deprecation(read_deprecation(rule, mistakes)?),
        "semantic_version" => Check::SemanticVersion(read_field(rule, kind, mistakes)?),
        "sla" => Check::Sla(read_field(rule, kind, mistakes)?),
        _ => Check::Any(read_any(rule, mistakes)?),
    })
}

fn read_text(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<Check> {
    let text = settings::text(value, pointer, mistakes)?;
    let name = field::read_name(text, pointer, mistakes)?;
    Some(Check::Field(Field {
        name,
        listed: Vec::new(),
        form: None,
        at_least: None,
        at_most: None,
        past: false,
    }))
}

fn read_field(rule: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<Name> {
    let text = rule.text(key, mistakes)?;
    field::read_name(text, &rule.at(key), mistakes)
}

fn read_any(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<Vec<Check>> {
    let found = rule.items("any_of", mistakes);
    if found.len() < 2 {
        mistakes.add(&rule.at("any_of"), "`any_of` is a list of two or more things to ask");
        return None;
    }
    let kinds = KINDS.get(..KINDS_OF_CHECKS).unwrap_or_default();
    let mut checks = Vec::with_capacity(found.len());
    for (pointer, item) in found {
        let check = if item.is_string() {
            read_text(item, &pointer, mistakes)
        } else {
            open(item, pointer, kinds, &[], mistakes)
                .and_then(|(object, kind)| read_check(&object, kind, mistakes))
        };
        checks.extend(check);
    }
    Some(checks)
}

fn read_globs(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<Vec<Glob>> {
    let at = rule.at("artifact");
    if let Some(Value::String(_)) = rule.get("artifact") {
        let text = rule.text("artifact", mistakes)?;
        return Some(alloc::vec![read_glob(text, &at, mistakes)?]);
    }
    let items = rule.items("artifact", mistakes);
    if items.is_empty() && rule.get("artifact").is_some_and(Value::is_array) {
        mistakes.add(&at, "`artifact` names one path or more");
    }
    let globs: Vec<Glob> = items
        .into_iter()
        .filter_map(|(at, item)| read_glob(settings::text(item, &at, mistakes)?, &at, mistakes))
        .collect();
    (!globs.is_empty()).then_some(globs)
}

fn read_glob(text: &str, at: &str, mistakes: &mut Mistakes) -> Option<Glob> {
    let read = Glob::parse(text);
    if read.is_none() {
        let message = format!(
            "`{text}` is like no path: it has a step that is empty, `.` or `..`; say \
             `plots/*.png`, without a `/` at either end"
        );
        mistakes.add(at, message);
    }
    read
}

fn read_deprecation(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<Deprecation> {
    let keys = ["warn_within", "without_replacement"];
    let object = rule.object("deprecation", &keys, mistakes)?;
    let within = object.text("warn_within", mistakes);
    let warn_within = within.and_then(|text| {
        let length = Window::parse(text);
        if length.is_none() {
            let message = format!("`{text}` is not a length of time such as `12h` or `30d`");
            mistakes.add(&object.at("warn_within"), message);
        }
        length
    });
    let without = object.choice("without_replacement", &SEVERITIES, mistakes);
    Some(Deprecation { warn_within, without_replacement: without.unwrap_or(Outcome::Warn) })
}

fn read_targets(rule: &Object<'_>, mistakes: &mut Mistakes) -> Vec<&'static str> {
    let items = rule.items("targets", mistakes);
    if items.is_empty() && rule.get("targets").is_some_and(Value::is_array) {
        mistakes.add(&rule.at("targets"), "`targets` names one stage or more");
    }
    let stages = STAGES.map(|stage| (stage, stage));
    items
        .into_iter()
        .filter_map(|(at, item)| settings::choice(item, &at, &stages, mistakes))
        .collect()
}

/// The id of a rule that states none.
fn id_of(check: &Check) -> String {
    let text = match check {
        Check::Field(field) => field.name.to_string(),
        Check::Params(params) => format!("params-{}", params.names),
        Check::Artifact(globs) => {
            format!("artifact-{}", globs.first().map(|glob| glob.to_string()).unwrap_or_default())
        }
        Check::Deprecation(_) => "deprecation".into(),
        Check::SemanticVersion(name) => format!("{name}-rises"),
        Check::Sla(name) => format!("{name}-kept"),
        Check::Any(_) => String::new(),
    };
    kebab(&text)
}

/// Lower case, and a hyphen for whatever is no letter or digit.
fn kebab(text: &str) -> String {
    let mut kebab = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            kebab.push(letter.to_ascii_lowercase());
        } else if !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
    }
    kebab.truncate(kebab.trim_end_matches('-').len());
    kebab
}
