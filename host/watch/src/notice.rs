//! What people are told.

mod email;
mod slack;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tollgate::canonical;
use tollgate::text::visible;
use tollgate_engine::Digest;

use crate::seen::cut;

pub use self::email::{Letter, message};
pub use self::slack::payload;

/// The most lines of one notice: a source that is down takes every rule along.
const MOST_LINES: usize = 20;

/// The longest line.
const LONGEST: usize = 500;

/// What people are told, in words of which every character can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The same whenever it is sent: receivers know by it what they have had.
    pub key: String,
    /// When it was to be told, RFC 3339.
    pub at: String,
    /// One line.
    pub headline: String,
    /// What there is to know, line by line.
    pub lines: Vec<String>,
}

impl Notice {
    /// A notice about the things of these ids; `kind` is what happened to them.
    #[must_use]
    pub fn new(kind: &str, ids: &[String], at: &str, headline: &str, lines: &[String]) -> Self {
        let shown = |text: &String| cut(&visible(text).to_string(), LONGEST);
        let mut told: Vec<String> = lines.iter().take(MOST_LINES).map(shown).collect();
        if lines.len() > MOST_LINES {
            told.push(format!("and {} more", lines.len() - MOST_LINES));
        }
        Self {
            key: key(&json!([kind, ids])),
            at: at.to_owned(),
            headline: cut(&visible(headline).to_string(), LONGEST),
            lines: told,
        }
    }

    /// All of it as a text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.headline.clone();
        for line in &self.lines {
            text += "\n- ";
            text += line;
        }
        text
    }
}

/// A time as people read it: to the second.
#[must_use]
pub fn to_the_second(at: &str) -> String {
    at.split_once('.').map_or_else(|| at.to_owned(), |(second, _)| format!("{second}Z"))
}

/// An id that hangs on nothing but what it is of.
pub(crate) fn key(of: &serde_json::Value) -> String {
    let digest = Digest::of(canonical::to_text(of).as_bytes()).hex();
    digest.chars().take(32).collect()
}
