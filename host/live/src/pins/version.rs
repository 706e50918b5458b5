//! A version, as pins name it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use semver::Version;

/// The version of a document: `2.1.0`, or `42` for `42.0.0`. Shown as it was
/// written; both are the same version.
#[derive(Debug, Clone)]
pub struct PinnedVersion {
    version: Version,
    /// Whether it was written as a whole number.
    is_whole: bool,
}

impl PinnedVersion {
    /// The version that a document has.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Whether it was written as a whole number.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// So many, of which registries count theirs.
    #[must_use]
    pub fn whole(number: u64) -> Self {
        Self { version: Version::new(number, 0, 0), is_whole: true }
    }
}

impl From<Version> for PinnedVersion {
    fn from(version: Version) -> Self {
        Self { version, is_whole: false }
    }
}

impl FromStr for PinnedVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(version) = Version::parse(text) {
            return Ok(version.into());
        }
        let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let written_plainly = text == "0" || !text.starts_with('0');
        match text.parse().ok().filter(|_| is_whole && written_plainly) {
            Some(number) => Ok(Self::whole(number)),
            None => {
                let padded = Some(format!("{text}.0")).filter(|it| Version::parse(it).is_ok());
                let right = padded
                    .map_or_else(|| "`42` or `2.1.0`".to_owned(), |padded| format!("`{padded}`"));
                Err(format!("`{text}` is no version, such as {right}"))
            }
        }
    }
}

impl fmt::Display for PinnedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_whole {
            true => self.version.major.fmt(f),
            false => self.version.fmt(f),
        }
    }
}

impl PartialEq for PinnedVersion {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Eq for PinnedVersion {}

impl PartialOrd for PinnedVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PinnedVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.version.cmp(&other.version)
    }
}

impl Hash for PinnedVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.version.hash(state);
    }
}
