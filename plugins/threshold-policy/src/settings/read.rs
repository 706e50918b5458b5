//! From JSON to settings, with a finding for each mistake.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::Finding;

use super::{CustomInput, Effect, Flags, Guardrails, InputKind, Json, Rule, Rules, Settings};
use crate::mistake::{fail, token};
use crate::spelling::nearest;

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

impl Settings {
    /// Reads the settings of a policy document.
    ///
    /// # Errors
    /// A finding for each unknown key and each value of the wrong kind.
    pub fn read(json: &Json) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut map = Map::new(json, String::new(), &mut findings);
        map.allow(&SETTINGS);
        let settings = Self {
            actions: map.list("actions"),
            thresholds: map.map("thresholds", |map| map.each()),
            reasons: map.map("reasons", |map| map.each()),
            inputs: map.map("inputs", read_inputs),
            rules: read_rules(&mut map),
            flags: map.map("flags", read_flags),
            guardrails: map.map("guardrails", read_guardrails),
        };
        if findings.is_empty() { Ok(settings) } else { Err(findings) }
    }
}

fn read_inputs(map: &mut Map<'_>) -> Vec<(String, CustomInput)> {
    let names: Vec<&String> = map.members.iter().map(|(name, _)| name).collect();
    let inputs = names.into_iter().map(|name| {
        let input = map.map(name, |map| {
            map.allow(&INPUT);
            let kind = map.read("kind");
            if map.get("kind").is_none() {
                map.fail("kind", "an input needs a `kind`");
            }
            Some(CustomInput { kind: kind?, required: map.read("required").unwrap_or(true) })
        });
        Some((name.clone(), input?))
    });
    inputs.flatten().collect()
}

fn read_rules(map: &mut Map<'_>) -> Rules {
    let Some(Json::List(entries)) = map.get("rules") else {
        return Rules { entries: Vec::from([map.map("rules", read_rule)]), listed: false };
    };
    let entries = entries.iter().enumerate().map(|(index, entry)| {
        read_rule(&mut Map::new(entry, format!("/rules/{index}"), map.findings))
    });
    Rules { entries: entries.collect(), listed: true }
}

fn read_rule(map: &mut Map<'_>) -> Rule {
    map.allow(&RULE);
    Rule {
        id: map.read("id"),
        when: map.read("when"),
        action: map.read("action"),
        effect: map.read("effect"),
        high_value_threshold: map.read("high_value_threshold"),
        high_value_action: map.read("high_value_action"),
        high_value_effect: map.read("high_value_effect"),
        new_merchant_lookback_days: map.read("new_merchant_lookback_days"),
        new_merchant_action: map.read("new_merchant_action"),
        new_merchant_effect: map.read("new_merchant_effect"),
        max_transactions_per_hour: map.read("max_transactions_per_hour"),
        high_velocity_action: map.read("high_velocity_action"),
        high_velocity_effect: map.read("high_velocity_effect"),
    }
}

fn read_flags(map: &mut Map<'_>) -> Flags {
    map.allow(&FLAGS);
    Flags {
        enable_geo_blocking: map.read("enable_geo_blocking").unwrap_or_default(),
        enable_velocity_checks: map.read("enable_velocity_checks").unwrap_or_default(),
        strict_mode_countries: map.list("strict_mode_countries"),
        strict_mode_action: map.read("strict_mode_action"),
        strict_mode_effect: map.read("strict_mode_effect"),
    }
}

fn read_guardrails(map: &mut Map<'_>) -> Guardrails {
    map.allow(&GUARDRAILS);
    Guardrails {
        max_daily_blocks_per_customer: map.read("max_daily_blocks_per_customer"),
        auto_unblock_after_hours: map.read("auto_unblock_after_hours"),
    }
}

/// A value that stands alone.
trait Plain: Sized {
    /// What it should be, for messages.
    const WANTED: &'static str;
    /// None when it is something else.
    fn read(json: &Json) -> Option<Self>;
}

impl Plain for String {
    const WANTED: &'static str = "a text";
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Plain for f64 {
    const WANTED: &'static str = "a number";
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl Plain for u32 {
    const WANTED: &'static str = "a whole number that is not negative";
    fn read(json: &Json) -> Option<Self> {
        let number = f64::read(json)?;
        let whole = number as Self;
        (f64::from(whole) == number).then_some(whole)
    }
}

impl Plain for bool {
    const WANTED: &'static str = "true or false";
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

impl Plain for Effect {
    const WANTED: &'static str = "`escalate` or `set`";
    fn read(json: &Json) -> Option<Self> {
        match String::read(json)?.as_str() {
            "escalate" => Some(Self::Escalate),
            "set" => Some(Self::Set),
            _ => None,
        }
    }
}

impl Plain for InputKind {
    const WANTED: &'static str = "`boolean`, `integer`, `number` or `text`";
    fn read(json: &Json) -> Option<Self> {
        match String::read(json)?.as_str() {
            "boolean" => Some(Self::Boolean),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}

/// An object and where it is.
struct Map<'a> {
    members: &'a [(String, Json)],
    pointer: String,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Map<'a> {
    /// The members of `json`; none, and a finding, when it is no object.
    fn new(json: &'a Json, pointer: String, findings: &'a mut Vec<Finding>) -> Self {
        let members = match json {
            Json::Map(members) => members.as_slice(),
            _ => {
                findings.push(fail("invalid-settings", pointer.as_str(), "this must be a map"));
                &[]
            }
        };
        Self { members, pointer, findings }
    }

    fn get(&self, key: &str) -> Option<&'a Json> {
        let member = self.members.iter().find(|(name, _)| name == key);
        member.map(|(_, value)| value)
    }

    fn place(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, token(key))
    }

    fn fail(&mut self, key: &str, message: &str) {
        let place = self.place(key);
        self.findings.push(fail("invalid-settings", place, message));
    }

    /// Reports every member that is not one of `known`.
    fn allow(&mut self, known: &[&'static str]) {
        for (name, _) in self.members {
            if known.contains(&name.as_str()) {
                continue;
            }
            let message = match nearest(name, known.iter().copied()) {
                Some(other) => format!("there is no key `{name}`, did you mean `{other}`?"),
                None => format!("there is no key `{name}`"),
            };
            let finding = fail("unknown-key", self.place(name), message);
            self.findings.push(finding.expected(known.join(", ")));
        }
    }

    fn plain<T: Plain>(&mut self, json: &Json, place: impl Fn(&Self) -> String) -> Option<T> {
        let value = T::read(json);
        if value.is_none() {
            let message = format!("this must be {}", T::WANTED);
            let finding = fail("invalid-settings", place(self), message);
            self.findings.push(finding);
        }
        value
    }

    fn read<T: Plain>(&mut self, key: &str) -> Option<T> {
        let json = self.get(key)?;
        self.plain(json, |map| map.place(key))
    }

    /// Every member, by its name.
    fn each<T: Plain>(&mut self) -> Vec<(String, T)> {
        let members = self.members.iter();
        let members = members.filter_map(|(name, json)| {
            Some((name.clone(), self.plain(json, |map| map.place(name))?))
        });
        members.collect()
    }

    fn list<T: Plain>(&mut self, key: &str) -> Vec<T> {
        match self.get(key) {
            None => Vec::new(),
            Some(Json::List(list)) => (list.iter().enumerate())
                .filter_map(|(index, json)| {
                    self.plain(json, |map| format!("{}/{index}", map.place(key)))
                })
                .collect(),
            Some(_) => {
                self.fail(key, "this must be a list");
                Vec::new()
            }
        }
    }

    /// The object under `key`, as `read` sees it.
    fn map<T: Default>(&mut self, key: &str, read: impl FnOnce(&mut Map<'_>) -> T) -> T {
        match self.get(key) {
            None => T::default(),
            Some(json) => {
                let place = self.place(key);
                read(&mut Map::new(json, place, self.findings))
            }
        }
    }
}
