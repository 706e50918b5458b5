//! What a profile says is to be done: its `watch`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate::canonical;
use tollgate::judge::Gate;
use tollgate::tree::{Content, Node};
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;

use crate::WatchError;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// People are told.
    Notify,
    /// The version is taken out of use.
    Rollback,
}

/// How a rule comes out where something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// It is broken, by evidence.
    Fail,
    /// It is worth a look, or broken.
    Warn,
    /// It cannot be judged.
    Inconclusive,
}

/// What one outcome means for a row of rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// One more.
    On,
    /// Neither good nor bad.
    Stay,
    /// It is over.
    End,
}

impl When {
    /// What an outcome means to a row of rounds of this kind. What cannot be
    /// judged is no good round: it does not end one.
    pub(crate) fn step(self, outcome: Outcome) -> Step {
        match (self, outcome) {
            (Self::Fail | Self::Warn, Outcome::Fail)
            | (Self::Warn, Outcome::Warn)
            | (Self::Inconclusive, Outcome::Inconclusive) => Step::On,
            (Self::Fail | Self::Warn, Outcome::Inconclusive) => Step::Stay,
            _ => Step::End,
        }
    }

    /// Its name, as documents have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What is to be done, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The rules that it is about; all where it names none.
    pub rules: Vec<String>,
    /// How they come out.
    pub when: When,
    /// How many rounds on end.
    pub rounds: u64,
    /// What is done then.
    pub acts: Vec<Act>,
}

impl Reaction {
    pub(crate) fn is_about(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|own| own == rule)
    }

    fn parse(node: &Node) -> Self {
        let texts = |key: &str| -> Vec<String> {
            let items = node.get(key).and_then(Node::items).unwrap_or_default();
            items.iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        let rounds = match node.get("rounds").map(|node| &node.content) {
            Some(Content::Number(number)) => number.as_u64(),
            _ => None,
        };
        // The schema of documents names the words that there are.
        let acts = texts("do").into_iter().map(|word| match &*word {
            "rollback" => Act::Rollback,
            _ => Act::Notify,
        });
        Self {
            rules: texts("rules"),
            when: match node.get("when").and_then(Node::text) {
                Some("warn") => When::Warn,
                Some("inconclusive") => When::Inconclusive,
                _ => When::Fail,
            },
            rounds: rounds.unwrap_or(1).max(1),
            acts: acts.collect(),
        }
    }
}

/// What a profile says is to be done.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// Of the profile's name, version, settings and `watch`, and the plugin.
    pub digest: String,
    /// What is to be done.
    pub reactions: Vec<Reaction>,
}

impl Profile {
    /// Takes it from an opened profile.
    ///
    /// # Errors
    /// When the profile does not say what is to be done.
    pub fn of(gate: &Gate) -> Result<Self, WatchError> {
        let document = gate.profile();
        let tree = document.watch_tree();
        let items = tree.and_then(Node::items).unwrap_or_default();
        let reactions: Vec<Reaction> = items.iter().map(Reaction::parse).collect();
        if reactions.is_empty() {
            return Err(WatchError::NoReaction { profile: document.name.clone() });
        }
        let identity = json!([
            document.name,
            document.version.to_string(),
            document.settings_digest().to_string(),
            gate.plugin().digest().to_string(),
            tree.map_or(Value::Null, Node::to_json),
        ]);
        let digest = Digest::of(canonical::to_text(&identity).as_bytes()).to_string();
        Ok(Self { name: document.name.clone(), digest, reactions })
    }

    /// Whether anything that it says is to be done is this.
    #[must_use]
    pub fn does(&self, act: Act) -> bool {
        self.reactions.iter().any(|reaction| reaction.acts.contains(&act))
    }
}
