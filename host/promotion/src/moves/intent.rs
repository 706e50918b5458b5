//! What the registry remembers of moves: the intent of one that is under way,
//! and which versions served.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The tag of a version that says what is being written.
pub(super) const INTENT: &str = "tollgate.move";

/// The tag of a version that must not serve again.
pub(super) const BAD: &str = "tollgate.bad";

/// The tag of a model that says which versions served, newest first.
pub(super) const HISTORY: &str = "tollgate.history";

/// As many as MLflow's 5,000 characters of a tag hold with room to spare.
const LONGEST: usize = 20;

/// A move that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// `promote`, `rollback`, ...
    pub action: String,
    /// The stage that the version had.
    pub from: String,
    /// The stage that it is to have.
    pub to: String,
    /// The version that served before.
    pub previous: Option<u64>,
    /// Who.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Why, where a person said so.
    pub reason: Option<String>,
    /// The digest of what the gates found.
    pub report: Option<String>,
    /// Whether all of it was written.
    pub done: bool,
}

impl Intent {
    /// The move that the tags of a version speak of.
    #[must_use]
    pub fn of(tags: &BTreeMap<String, String>) -> Option<Self> {
        serde_json::from_str(tags.get(INTENT)?).ok()
    }

    pub(super) fn text(&self) -> String {
        // Texts and numbers only, which JSON always has a form for.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A version that served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The version.
    pub version: u64,
    /// Since when, RFC 3339.
    pub since: String,
    /// By whom.
    pub by: String,
}

/// Which versions served, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(pub Vec<Served>);

impl History {
    /// What the tags of a model say; nothing where they say nothing that can be
    /// read.
    #[must_use]
    pub fn of(tags: &BTreeMap<String, String>) -> Self {
        let text = tags.get(HISTORY).map(String::as_str).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The same with a version that serves from now on. One that serves already
    /// stays as it was said.
    #[must_use]
    pub fn with(mut self, served: Served) -> Self {
        if self.0.first().map(|first| first.version) != Some(served.version) {
            self.0.insert(0, served);
            self.0.truncate(LONGEST);
        }
        self
    }

    /// Since when and by whom a version serves, where it is the newest.
    #[must_use]
    pub fn newest(&self, version: u64) -> Option<&Served> {
        self.0.first().filter(|served| served.version == version)
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
