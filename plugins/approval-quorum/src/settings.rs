//! What a stage asks for, as the settings say it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::missing::{OnMissing, SEVERITIES};
use gate_evidence::same::same;
use gate_evidence::window::Window;
use serde_json::Value;
use tollgate_sdk::settings::{self, Mistakes};
use tollgate_sdk::{Finding, Outcome};

/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

/// Stages that a registry has, whether the settings name them or not.
pub(crate) const STAGES: [&str; 5] = ["None", "Staging", "Production", "Archived", "Deleted"];

/// The most people that a stage may ask for.
const MOST: u64 = 100;

type Object<'a> = settings::Object<&'a Value>;

/// All settings.
#[derive(Debug)]
pub(crate) struct Settings {
    stages: Vec<(String, Demand)>,
    default: Option<Demand>,
    /// What too few approvals are.
    pub severity: Outcome,
    /// What it is when nobody asked for any.
    pub on_missing: OnMissing,
}

/// What a stage asks for.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    /// How many people.
    pub quorum: usize,
    /// Which roles have a voice; all, where none is named.
    pub roles: Vec<String>,
    /// How long an approval stands.
    pub expires_after: Option<Window>,
}

/// What is asked for a target.
pub(crate) enum Asked<'a> {
    /// This.
    Demand(&'a Demand),
    /// Nothing is said of the stage.
    Nothing,
    /// No stage has this name.
    NoStage,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// All mistakes, each with a pointer.
    pub(crate) fn read(given: &Value) -> Result<Self, Vec<Finding>> {
        let mut mistakes = Mistakes::default();
        let keys = ["stages", "default", "severity", "on_missing"];
        let Some(object) = Object::new(given, String::new(), &keys, &mut mistakes) else {
            mistakes.into_result()?;
            return Err(Vec::new());
        };
        if object.get("stages").is_none() && object.get("default").is_none() {
            let message = "say with `stages` or `default` how many approvals are needed";
            mistakes.add(&object.pointer, message);
        }
        let settings = Self {
            stages: read_stages(&object, &mut mistakes),
            default: object
                .get("default")
                .and_then(|value| read_demand(value, object.at("default"), &mut mistakes)),
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

    /// What is asked for this target. A name that no registry has never takes
    /// the default: `Prod` must not be had for less than `Production`.
    pub(crate) fn asked(&self, target: &str) -> Asked<'_> {
        let named = self.stages.iter().find(|(stage, _)| same(stage, target));
        match (named, &self.default) {
            (Some((_, demand)), _) => Asked::Demand(demand),
            (None, _) if !STAGES.iter().any(|stage| same(stage, target)) => Asked::NoStage,
            (None, Some(demand)) => Asked::Demand(demand),
            (None, None) => Asked::Nothing,
        }
    }
}

fn read_stages(object: &Object<'_>, mistakes: &mut Mistakes) -> Vec<(String, Demand)> {
    let Some(map) = object.map("stages", mistakes) else { return Vec::new() };
    if map.entries().next().is_none() {
        mistakes.add(&map.pointer, "name one stage or more");
    }
    let mut stages: Vec<(String, Demand)> = Vec::new();
    for (stage, value) in map.entries() {
        let pointer = map.at(stage);
        if stage.is_empty() {
            mistakes.add(&pointer, "a stage has a name");
        }
        if let Some((before, _)) = stages.iter().find(|(before, _)| same(before, stage)) {
            mistakes.add(&pointer, format!("`{stage}` and `{before}` are one stage"));
        }
        let demand = read_demand(value, pointer, mistakes).unwrap_or_default();
        stages.push((stage.to_owned(), demand));
    }
    stages
}

fn read_demand(value: &Value, pointer: String, mistakes: &mut Mistakes) -> Option<Demand> {
    let keys = ["quorum", "roles", "expires_after"];
    let demand = Object::new(value, pointer, &keys, mistakes)?;
    if demand.get("quorum").is_none() {
        mistakes.add(&demand.pointer, "say with `quorum` how many people must approve");
    }
    let roles = demand.items("roles", mistakes);
    if demand.get("roles").is_some_and(|roles| roles.as_array().is_some_and(Vec::is_empty)) {
        let message = "name one role or more, or leave `roles` out where every role has a voice";
        mistakes.add(&demand.at("roles"), message);
    }
    Some(Demand {
        quorum: demand
            .count("quorum", 0..=MOST, mistakes)
            .and_then(|quorum| usize::try_from(quorum).ok())
            .unwrap_or_default(),
        roles: roles
            .into_iter()
            .filter_map(|(at, role)| settings::text(role, &at, mistakes).map(ToOwned::to_owned))
            .collect(),
        expires_after: demand
            .text("expires_after", mistakes)
            .and_then(|text| Window::read(text, &demand.at("expires_after"), mistakes)),
    })
}
