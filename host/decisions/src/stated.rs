//! A policy as the log describes it.

use serde::{Deserialize, Deserializer, de::Error};
use tollgate_engine::Digest;
use tollgate_engine::types::Kind;

/// A policy as the log describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct StatedPolicy {
    /// The number of the record that describes it.
    #[serde(skip)]
    pub seq: u64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The text of its document.
    pub document: String,
    /// The digest of its settings.
    #[serde(deserialize_with = "digest")]
    pub settings: Digest,
    /// Who decides by it.
    pub plugin: StatedPlugin,
    /// What it reads, in the order that it declares.
    pub inputs: Vec<StatedInput>,
    /// The input that is the model's score.
    pub score: Option<String>,
    /// Its actions, mildest first.
    pub actions: Vec<String>,
    /// Its reasons.
    pub reasons: Vec<String>,
    /// The action where it does not decide.
    pub fallback: Option<String>,
    /// The share of its decisions that is logged.
    pub rate: f64,
    /// What tells the key of its masks from others.
    pub key: Option<String>,
}

/// A plugin as the log describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct StatedPlugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the contract that it is built for.
    pub contract: String,
    /// The digest of its bytes.
    #[serde(deserialize_with = "digest")]
    pub digest: Digest,
    /// Whether the document is baked into it.
    pub baked: bool,
}

/// An input as the log describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct StatedInput {
    /// Its name.
    pub name: String,
    /// What kind of value it is.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// Whether there is no decision without it.
    pub required: bool,
    /// How it is masked: `hash`, `remove`.
    pub masked: Option<String>,
}

impl StatedPolicy {
    /// `fraud_detector 2.1.0`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    Digest::parse(&text).ok_or_else(|| D::Error::custom("no digest"))
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let text = String::deserialize(deserializer)?;
    let all = [Kind::Boolean, Kind::Integer, Kind::Number, Kind::Text];
    let kind = all.into_iter().find(|kind| kind.name() == text);
    kind.ok_or_else(|| D::Error::custom("no kind of value"))
}
