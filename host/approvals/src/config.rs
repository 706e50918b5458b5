//! `approvals.yaml`: the store, whose tokens count, and who has which role.

mod reader;

use std::path::Path;

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;
use tollgate::mistake::{Mistake, Mistakes};
use tollgate::source::{Content, Source, SourceError};
use tollgate::tree::{Node, NonFinite};

use self::reader::Reader;
use crate::keys::Keys;
use crate::request::person_key;
use crate::store::{Location, LocationError};

/// Why the configuration cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
}

/// A valid configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The store; where stores are, when it is not said.
    pub store: Option<Location>,
    /// Whose tokens count.
    pub issuers: Vec<Issuer>,
    /// Who has which role.
    pub roles: Vec<Role>,
}

/// Somebody whose tokens name people: a CI provider, a company's login, or
/// whoever holds a key.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The token's `iss`, to the letter.
    pub issuer: String,
    /// What the token's `aud` must be or hold.
    pub audience: String,
    /// The claim that names the person.
    pub person: String,
    /// What else the token must say: a claim, and the texts that it may have.
    pub claims: Vec<(String, Vec<String>)>,
    /// The claim that lists the person's groups.
    pub groups: Option<String>,
    /// The keys; asked of the issuer, where none are given.
    pub keys: Option<Keys>,
}

/// What a role lets people do here. Whether a vote counts is for the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Ask for approval.
    Request,
    /// Approve and reject.
    Vote,
}

/// A role, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `release_manager`
    pub name: String,
    /// People, compared without case.
    pub people: Vec<String>,
    /// Groups of tokens.
    pub groups: Vec<String>,
    /// What it lets them do.
    pub may: Vec<Right>,
}

impl Config {
    /// Where the store is.
    ///
    /// # Errors
    /// When it does not say, and there is no place for one of this user's.
    pub fn location(&self) -> Result<Location, LocationError> {
        self.store.clone().map_or_else(Location::of_user, Ok)
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let source = Source::read(path, Content::Document)?;
        Self::parse(&source, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads it from a text; relative paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: &Source, folder: &Path) -> Result<Self, ConfigError> {
        let tree = Node::parse(source, NonFinite::Refused).map_err(Mistakes::from)?;
        Ok(Reader::new(source, folder).read(&tree)?)
    }

    /// The roles of a person who is in these groups.
    pub(crate) fn roles_of(&self, person: &str, groups: &[String]) -> Vec<&Role> {
        let person = person_key(person);
        let has = |role: &&Role| {
            role.people.iter().any(|known| person_key(known) == person)
                || role.groups.iter().any(|known| groups.contains(known))
        };
        self.roles.iter().filter(has).collect()
    }
}

impl From<Mistake> for ConfigError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

#[cfg(test)]
mod tests;
