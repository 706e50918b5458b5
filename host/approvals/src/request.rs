//! What people ask for, and what they say to it.

mod standing;

use std::fmt;

use serde::Serialize;
use thiserror::Error;
use tollgate::facts::Instant;
use tollgate_engine::Digest;

pub use self::standing::Standing;

/// The longest reason or note in characters: a page.
const LONGEST: usize = 4_000;

/// The longest name.
const LONGEST_NAME: usize = 250;

/// Texts that say nothing; see `policies/facts.md`.
const NOTHING: [&str; 5] = ["", "unknown", "none", "null", "n/a"];

/// A text that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Invalid(pub(crate) String);

/// What approvals are bound to: they are void when one of these changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// The version's files, `sha256:...`.
    pub model: String,
    /// The documents that judge it.
    pub policy: String,
    /// What they found.
    pub report: String,
}

impl Digests {
    /// Three digests.
    ///
    /// # Errors
    /// When one is none.
    pub fn new(model: &str, policy: &str, report: &str) -> Result<Self, Invalid> {
        let read = |what: &str, text: &str| {
            let text = text.trim().to_ascii_lowercase();
            match Digest::parse(&text) {
                Some(_) => Ok(text),
                None => Err(Invalid(format!(
                    "the digest of the {what} is `{text}`, expected `sha256:` and 64 hexadecimal \
                     digits"
                ))),
            }
        };
        Ok(Self {
            model: read("model", model)?,
            policy: read("policy", policy)?,
            report: read("report", report)?,
        })
    }
}

/// The model version and the stage that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The model's name.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The stage.
    pub stage: String,
}

impl Subject {
    /// A model version and a stage; the registry's own stages in any case.
    ///
    /// # Errors
    /// When a name is blank, too long, or has characters that nobody sees.
    pub fn new(model: &str, version: &str, stage: &str) -> Result<Self, Invalid> {
        let stage = name("the stage", stage)?;
        let known = ["None", "Staging", "Production", "Archived", "Deleted"];
        let known = known.into_iter().find(|known| known.eq_ignore_ascii_case(&stage));
        Ok(Self {
            model: name("the model", model)?,
            version: name("the version", version)?,
            stage: known.map_or(stage, str::to_owned),
        })
    }

    /// `churn-v8-Production`
    #[must_use]
    pub fn id(&self) -> RequestId {
        RequestId(format!("{}-v{}-{}", self.model, self.version, self.stage))
    }
}

/// `churn-v8-Production`; compared without case.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// As somebody wrote it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for RequestId {}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who vouches for a person: the token that named them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Voucher {
    /// The token's issuer.
    pub issuer: String,
    /// Its `sub`: a job of CI, or a person.
    pub subject: String,
}

/// That somebody asks for approval, as the version was then. One id may have
/// several, of which the newest counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// `churn-v8-Production`
    pub id: RequestId,
    /// From 1.
    pub revision: u32,
    /// The model's name.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The stage that it is to have.
    pub stage: String,
    /// Who asks.
    pub requested_by: String,
    /// In which role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// What the approval is to be bound to.
    pub digests: Digests,
    /// Who says who asks.
    pub voucher: Voucher,
    /// When, by the clock of the machine that wrote it.
    #[serde(serialize_with = "as_text")]
    pub at: Instant,
}

/// What a vote says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Says {
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

impl Says {
    /// `approved` or `rejected`, as facts and the store have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Approved, Self::Rejected].into_iter().find(|says| says.name() == name)
    }
}

/// What somebody says to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vote {
    /// To which.
    #[serde(skip)]
    pub request: RequestId,
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Yes or no.
    pub says: Says,
    /// Why; never blank for a no.
    pub note: String,
    /// Of what: the digests of the revision that they looked at.
    pub digests: Digests,
    /// Who says who they are.
    pub voucher: Voucher,
    /// When, by the clock of the machine that wrote it.
    #[serde(serialize_with = "as_text")]
    pub at: Instant,
}

fn as_text<S: serde::Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// Whether two names are of one person.
pub(crate) fn same(one: &str, other: &str) -> bool {
    person_key(one) == person_key(other)
}

/// What people are compared by: without case and blanks around the name.
pub(crate) fn person_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether a text is there and says nothing.
pub(crate) fn says_nothing(text: &str) -> bool {
    NOTHING.contains(&text.trim().to_lowercase().as_str())
}

/// A name: one line, in which everything is seen.
pub(crate) fn name(what: &str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    // `None` is a stage.
    if text.is_empty() {
        return Err(Invalid(format!("{what} has no name")));
    }
    if let Some(hidden) = text.chars().find(|c| tollgate_engine::is_hidden(*c)) {
        return Err(Invalid(format!(
            "the name of {what} holds `{}`, which nobody sees",
            hidden.escape_default()
        )));
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(Invalid(format!("the name of {what} has more than {LONGEST_NAME} characters")));
    }
    Ok(text.to_owned())
}

/// A reason or a note, which may be blank. What cannot be stored is taken out.
pub(crate) fn prose(what: &str, text: &str) -> Result<String, Invalid> {
    if text.contains('\0') {
        return Err(Invalid(format!("{what} holds a character of the number 0")));
    }
    if text.chars().count() > LONGEST {
        return Err(Invalid(format!("{what} has more than {LONGEST} characters")));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_model_version_and_stage() {
        let subject = Subject::new(" churn ", "8", "production").unwrap();
        assert_eq!(subject.id().as_str(), "churn-v8-Production");
        assert_eq!(subject.id(), RequestId::new("CHURN-v8-production "));
        assert_eq!(Subject::new("churn", "8", "pre-prod").unwrap().stage, "pre-prod");
        for (model, version, stage) in [
            ("", "8", "Production"),
            ("churn", " ", "Production"),
            ("churn", "8", ""),
            ("churn\u{202e}", "8", "Production"),
            ("churn\n", "8\n9", "Production"),
            (&"a".repeat(251), "8", "Production"),
        ] {
            assert!(
                Subject::new(model, version, stage).is_err(),
                "{model:?} {version:?} {stage:?}"
            );
        }
    }

    #[test]
    fn digests_are_whole() {
        let whole = format!("sha256:{}", "ab".repeat(32));
        let upper = whole.to_uppercase().replace("SHA256", "sha256");
        let digests = Digests::new(&whole, &format!(" {upper}"), &whole).unwrap();
        assert_eq!(digests.model, digests.policy);
        for wrong in ["", "sha256:", "none", "ab", &whole[..40], &format!("{whole}0")] {
            let said = Digests::new(&whole, wrong, &whole).unwrap_err().to_string();
            assert!(said.contains("digest of the policy"), "{said}");
        }
    }
}
