//! The four stages.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use tollgate::document::suggestion::closest;

/// A stage, by MLflow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Registered, and no more.
    None,
    /// Being tried.
    Staging,
    /// Serving.
    Production,
    /// Out of use.
    Archived,
}

impl Stage {
    /// All of them, in the order of a version's way.
    pub const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// MLflow's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            match closest(text, names) {
                Some(meant) => format!("`{text}` is no stage; did you mean `{meant}`?"),
                None => format!("`{text}` is no stage: there are {}", names.join(", ")),
            }
        })
    }
}
