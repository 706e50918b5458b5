//! Which moves are legal, as the settings say it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::missing::{OnMissing, SEVERITIES};
use gate_evidence::same::same;
use serde_json::Value;
use tollgate_sdk::settings::{self, Mistakes};
use tollgate_sdk::{Finding, Outcome, nearest};

/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

/// Stages that a registry has, whether the settings name them or not.
const STAGES: [&str; 5] = ["None", "Staging", "Production", "Archived", "Deleted"];

const KEYS: [&str; 6] =
    ["transitions", "names", "aliases", "pinned_by_version", "severity", "on_missing"];

const ACTIONS: [(&str, &str); 6] = [
    ("promote", "promote"),
    ("reject", "reject"),
    ("archive", "archive"),
    ("rollback", "rollback"),
    ("restore", "restore"),
    ("delete", "delete"),
];

const PINNED: [(&str, bool); 2] = [("allow", false), ("forbid", true)];

type Object<'a> = settings::Object<&'a Value>;

/// All settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The legal moves, by stages as [`Settings::stage`] gives them.
    pub transitions: Vec<Transition>,
    names: Vec<(String, String)>,
    aliases: Vec<(String, String)>,
    /// Whether deployments are judged.
    pub pinned_by_version: bool,
    /// What a broken rule is.
    pub severity: Outcome,
    /// What missing evidence is.
    pub on_missing: OnMissing,
}

/// A legal move.
#[derive(Debug)]
pub(crate) struct Transition {
    /// From this stage.
    pub from: String,
    /// To that one.
    pub to: String,
    /// By this action, or any.
    pub action: Option<&'static str>,
    /// Whether somebody must say why.
    pub needs_reason: bool,
    /// Whether nothing may serve the version.
    pub forbids_pinned: bool,
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
        let names = read_map(&object, "names", &mut mistakes);
        let mut settings = Self {
            transitions: Vec::new(),
            names,
            aliases: Vec::new(),
            pinned_by_version: object
                .boolean("pinned_by_version", &mut mistakes)
                .unwrap_or_default(),
            severity: object
                .choice("severity", &SEVERITIES, &mut mistakes)
                .unwrap_or(Outcome::Fail),
            on_missing: object
                .choice("on_missing", &OnMissing::CHOICES, &mut mistakes)
                .unwrap_or_default(),
        };
        settings.refuse_chains(&object, &mut mistakes);
        settings.read_transitions(&object, &mut mistakes);
        settings.aliases = read_map(&object, "aliases", &mut mistakes);
        settings.refuse_unknown_stages(&object, &mut mistakes);
        if object.get("transitions").is_none() && !settings.pinned_by_version {
            let message = "say with `transitions` which moves are legal, or with \
                           `pinned_by_version: true` that deployments are judged";
            mistakes.add(&object.pointer, message);
        }
        mistakes.into_result()?;
        Ok(settings)
    }

    /// The stage that this name means, if any does.
    pub(crate) fn stage<'a>(&'a self, name: &str) -> Option<&'a str> {
        let meant = self.names.iter().find(|(other, _)| same(other, name));
        let name = meant.map_or(name, |(_, stage)| stage.as_str());
        self.stages().find(|stage| same(stage, name))
    }

    /// The stage that an alias stands for, if it does for any.
    pub(crate) fn stage_of_alias(&self, alias: &str) -> Option<&str> {
        let (_, stage) = self.aliases.iter().find(|(other, _)| same(other, alias))?;
        self.stage(stage)
    }

    /// All stages; some come several times.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &str> {
        let named = self.transitions.iter().flat_map(|it| [it.from.as_str(), it.to.as_str()]);
        STAGES.into_iter().chain(named)
    }

    fn read_transitions(&mut self, object: &Object<'_>, mistakes: &mut Mistakes) {
        let items = object.items("transitions", mistakes);
        if object.get("transitions").is_some_and(|it| it.as_array().is_some_and(Vec::is_empty)) {
            mistakes.add(&object.at("transitions"), "name one legal move or more");
        }
        for (pointer, item) in items {
            let keys = ["from", "to", "action", "needs_reason", "pinned"];
            let Some(item) = Object::new(item, pointer, &keys, mistakes) else { continue };
            for key in ["from", "to"] {
                if item.get(key).is_none() {
                    mistakes.add(&item.pointer, format!("a move needs `{key}`"));
                }
            }
            let (from, to) = (item.text("from", mistakes), item.text("to", mistakes));
            let action = item.choice("action", &ACTIONS, mistakes);
            let needs_reason = item.boolean("needs_reason", mistakes).unwrap_or_default();
            let forbids_pinned = item.choice("pinned", &PINNED, mistakes).unwrap_or_default();
            let (Some(from), Some(to)) = (from, to) else { continue };
            // Other names may stand here, too.
            let from = self.stage(from).unwrap_or(from).to_owned();
            let to = self.stage(to).unwrap_or(to).to_owned();
            if same(&from, &to) {
                let message = format!("a move from `{from}` to itself is none");
                mistakes.add(&item.pointer, message);
            }
            let again = self.transitions.iter().any(|other| {
                same(&other.from, &from)
                    && same(&other.to, &to)
                    && (other.action == action || other.action.is_none() || action.is_none())
            });
            if again {
                let message = format!(
                    "the move from `{from}` to `{to}` is given twice; give each an `action` of \
                     its own"
                );
                mistakes.add(&item.pointer, message);
            }
            self.transitions.push(Transition { from, to, action, needs_reason, forbids_pinned });
        }
    }

    /// A name for a name would be looked up once only.
    fn refuse_chains(&self, object: &Object<'_>, mistakes: &mut Mistakes) {
        let Some(map) = object.map("names", &mut Mistakes::default()) else { return };
        for (name, stage) in &self.names {
            if STAGES.iter().any(|known| same(known, name)) {
                let message = format!("`{name}` is a stage, and no other name of one");
                mistakes.add(&map.at(name), message);
            } else if self.names.iter().any(|(other, _)| same(other, stage)) {
                let message = format!("`{stage}` is another name itself; say the stage");
                mistakes.add(&map.at(name), message);
            }
        }
    }

    fn refuse_unknown_stages(&self, object: &Object<'_>, mistakes: &mut Mistakes) {
        for (key, entries) in [("names", &self.names), ("aliases", &self.aliases)] {
            let pointer = object.at(key);
            for (name, stage) in entries {
                if self.stage(stage).is_some() {
                    continue;
                }
                let meant = nearest(stage, self.stages())
                    .map(|meant| format!("; did you mean `{meant}`?"))
                    .unwrap_or_default();
                let message = format!("`{stage}` is no stage{meant}");
                mistakes.add(&settings::step(&pointer, name), message);
            }
        }
    }
}

fn read_map(object: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Vec<(String, String)> {
    let Some(map) = object.map(key, mistakes) else { return Vec::new() };
    let mut read: Vec<(String, String)> = Vec::new();
    for (name, value) in map.entries() {
        let at = map.at(name);
        if name.is_empty() {
            mistakes.add(&at, "expected a name, not empty text");
        }
        if let Some((before, _)) = read.iter().find(|(before, _)| same(before, name)) {
            mistakes.add(&at, format!("`{name}` and `{before}` are one name"));
        }
        if let Some(text) = settings::text(value, &at, mistakes) {
            read.push((name.to_owned(), text.to_owned()));
        }
    }
    read
}
