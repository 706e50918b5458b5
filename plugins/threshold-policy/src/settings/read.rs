//! From JSON to settings, with a finding for each mistake.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::Finding;
use tollgate_sdk::settings::{self, Mistakes};

use super::{CustomInput, Effect, Flags, Guardrails, InputKind, Json, Rule, Rules, Settings};

const SETTINGS: [&str; 7] =
    ["actions", "thresholds", "reasons", "inputs", "rules", "flags", "guardrails"];
const INPUT: [&str; 2] = ["kind", "required"];
const RULE: [&str; 13] = [
    "id",
    "when",
    "action",
    "effect",
    "high_value_threshold",
    "high_value_action",
    "high_value_effect",
    "new_merchant_lookback_days",
    "new_merchant_action",
    "new_merchant_effect",
    "max_transactions_per_hour",
    "high_velocity_action",
    "high_velocity_effect",
];
const FLAGS: [&str; 5] = [
    "enable_geo_blocking",
    "enable_velocity_checks",
    "strict_mode_countries",
    "strict_mode_action",
    "strict_mode_effect",
];
const GUARDRAILS: [&str; 2] = ["max_daily_blocks_per_customer", "auto_unblock_after_hours"];

const EFFECTS: [(&str, Effect); 2] = [("escalate", Effect::Escalate), ("set", Effect::Set)];
const KINDS: [(&str, InputKind); 4] = [
    ("boolean", InputKind::Boolean),
    ("integer", InputKind::Integer),
    ("number", InputKind::Number),
    ("text", InputKind::Text),
];

type Object<'a> = settings::Object<&'a Json>;

impl Settings {
    /// Reads the settings of a policy document.
    ///
    /// # Errors
    /// A finding for each unknown key and each value of the wrong kind.
    pub fn read(json: &Json) -> Result<Self, Vec<Finding>> {
        let mut mistakes = Mistakes::default();
        let read = read(json, &mut mistakes);
        mistakes.into_result()?;
        Ok(read.unwrap_or_default())
    }
}

/// None when the settings are no object.
fn read(json: &Json, mistakes: &mut Mistakes) -> Option<Settings> {
    let map = Object::new(json, String::new(), &SETTINGS, mistakes)?;
    Some(Settings {
        actions: texts(&map, "actions", mistakes),
        thresholds: each(&map, "thresholds", number, mistakes),
        reasons: each(&map, "reasons", text, mistakes),
        inputs: each(&map, "inputs", input, mistakes),
        rules: rules(&map, mistakes),
        flags: flags(&map, mistakes).unwrap_or_default(),
        guardrails: guardrails(&map, mistakes).unwrap_or_default(),
    })
}

fn input(json: &Json, at: &str, mistakes: &mut Mistakes) -> Option<CustomInput> {
    let map = Object::new(json, at.to_owned(), &INPUT, mistakes)?;
    if map.get("kind").is_none() {
        mistakes.add(&map.at("kind"), "an input needs a `kind`");
    }
    let kind = map.choice("kind", &KINDS, mistakes);
    let required = map.boolean("required", mistakes).unwrap_or(true);
    Some(CustomInput { kind: kind?, required })
}

fn rules(map: &Object<'_>, mistakes: &mut Mistakes) -> Rules {
    let Some(Json::List(_)) = map.get("rules") else {
        let rule = map.object("rules", &RULE, mistakes);
        let rule = rule.map(|map| rule_of(&map, mistakes)).unwrap_or_default();
        return Rules { entries: Vec::from([rule]), listed: false };
    };
    let entries = map.items("rules", mistakes).into_iter().map(|(at, entry)| {
        let rule = Object::new(entry, at, &RULE, mistakes);
        rule.map(|map| rule_of(&map, mistakes)).unwrap_or_default()
    });
    Rules { entries: entries.collect(), listed: true }
}

fn rule_of(map: &Object<'_>, mistakes: &mut Mistakes) -> Rule {
    Rule {
        id: owned(map, "id", mistakes),
        when: owned(map, "when", mistakes),
        action: owned(map, "action", mistakes),
        effect: map.choice("effect", &EFFECTS, mistakes),
        high_value_threshold: number_of(map, "high_value_threshold", mistakes),
        high_value_action: owned(map, "high_value_action", mistakes),
        high_value_effect: map.choice("high_value_effect", &EFFECTS, mistakes),
        new_merchant_lookback_days: number_of(map, "new_merchant_lookback_days", mistakes),
        new_merchant_action: owned(map, "new_merchant_action", mistakes),
        new_merchant_effect: map.choice("new_merchant_effect", &EFFECTS, mistakes),
        max_transactions_per_hour: number_of(map, "max_transactions_per_hour", mistakes),
        high_velocity_action: owned(map, "high_velocity_action", mistakes),
        high_velocity_effect: map.choice("high_velocity_effect", &EFFECTS, mistakes),
    }
}

fn flags(map: &Object<'_>, mistakes: &mut Mistakes) -> Option<Flags> {
    let map = map.object("flags", &FLAGS, mistakes)?;
    Some(Flags {
        enable_geo_blocking: map.boolean("enable_geo_blocking", mistakes).unwrap_or_default(),
        enable_velocity_checks: map.boolean("enable_velocity_checks", mistakes).unwrap_or_default(),
        strict_mode_countries: texts(&map, "strict_mode_countries", mistakes),
        strict_mode_action: owned(&map, "strict_mode_action", mistakes),
        strict_mode_effect: map.choice("strict_mode_effect", &EFFECTS, mistakes),
    })
}

fn guardrails(map: &Object<'_>, mistakes: &mut Mistakes) -> Option<Guardrails> {
    let map = map.object("guardrails", &GUARDRAILS, mistakes)?;
    let blocks = map.count("max_daily_blocks_per_customer", 0..=u64::from(u32::MAX), mistakes);
    Some(Guardrails {
        max_daily_blocks_per_customer: blocks.and_then(|blocks| u32::try_from(blocks).ok()),
        auto_unblock_after_hours: number_of(&map, "auto_unblock_after_hours", mistakes),
    })
}

fn number(json: &Json, at: &str, mistakes: &mut Mistakes) -> Option<f64> {
    if let Json::Number(number) = json {
        return Some(*number);
    }
    mistakes.wanted(at, "a number", json);
    None
}

/// Text, which may be empty: whoever uses it says what is missing.
fn text(json: &Json, at: &str, mistakes: &mut Mistakes) -> Option<String> {
    if let Json::Text(text) = json {
        return Some(text.clone());
    }
    mistakes.wanted(at, "text", json);
    None
}

fn number_of(map: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<f64> {
    number(map.get(key)?, &map.at(key), mistakes)
}

fn owned(map: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<String> {
    text(map.get(key)?, &map.at(key), mistakes)
}

fn texts(map: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Vec<String> {
    let items = map.items(key, mistakes).into_iter();
    items.filter_map(|(at, item)| text(item, &at, mistakes)).collect()
}

/// Every member of the object under `key`, by its name.
fn each<T>(
    map: &Object<'_>,
    key: &str,
    read: impl Fn(&Json, &str, &mut Mistakes) -> Option<T>,
    mistakes: &mut Mistakes,
) -> Vec<(String, T)> {
    let Some(map) = map.map(key, mistakes) else { return Vec::new() };
    let members = map.entries();
    let members = members
        .filter_map(|(name, json)| Some((name.to_owned(), read(json, &map.at(name), mistakes)?)));
    members.collect()
}
