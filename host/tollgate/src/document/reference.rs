//! How a document names its plugin.

use std::fmt;
use std::path::PathBuf;

use semver::VersionReq;
use tollgate_engine::Digest;

/// Which plugin a document wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginReference {
    /// A plugin by name and range of versions: `threshold-policy@^0.1`.
    Named {
        /// The plugin's name.
        name: String,
        /// The versions that will do.
        versions: VersionReq,
    },
    /// One component file, whatever it calls itself.
    File {
        /// The path; relative paths start at the document's folder.
        path: PathBuf,
        /// What the file must be.
        digest: Digest,
    },
}

impl PluginReference {
    /// Reads `name@range`.
    ///
    /// # Errors
    /// One sentence on what is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        match text.split_once('@') {
            Some((name, versions)) => Self::named(name, versions),
            None => Err((
                format!("plugin `{text}` has no range of versions"),
                format!("write `{text}@` and a range such as `^0.1`"),
            )),
        }
    }

    /// A name and a range.
    pub(super) fn named(name: &str, versions: &str) -> Result<Self, (String, String)> {
        let kebab = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !kebab {
            return Err((
                format!("`{name}` is not a plugin's name"),
                "names are lower case with dashes, such as `threshold-policy`".to_owned(),
            ));
        }
        let versions = VersionReq::parse(versions).map_err(|_| {
            (
                format!("`{versions}` is not a range of versions"),
                "write a range such as `^0.1`, `>=1.2, <2` or `=1.2.3`".to_owned(),
            )
        })?;
        Ok(Self::Named { name: name.to_owned(), versions })
    }
}

impl fmt::Display for PluginReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, versions } => write!(f, "{name}@{versions}"),
            Self::File { path, digest } => write!(f, "{}@{digest}", path.display()),
        }
    }
}
