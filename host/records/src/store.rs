//! The plugins that judged, kept beside the log under their digests:
//! `plugins/sha256-<64 hex digits>.wasm`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;
use tollgate::file;
use tollgate::source::{self, Content, SourceError};
use tollgate_engine::Digest;

/// Why a plugin cannot be kept or had.
#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    /// The operating system refused.
    #[error("the plugin cannot be kept as `{file}`: {error}")]
    Refused {
        /// The file.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// There is no folder.
    #[error("`{file}` cannot be written: there is no folder `{folder}`")]
    NoFolder {
        /// The file.
        file: String,
        /// The folder that the log should be in.
        folder: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is another one.
    #[error("`{file}` has digest {found}: it is not the plugin that was kept there")]
    Other {
        /// The file.
        file: String,
        /// The digest that it has.
        found: Digest,
    },
}

/// A folder of plugins.
#[derive(Debug, Clone)]
pub struct Store(PathBuf);

impl Store {
    /// The one beside a log.
    #[must_use]
    pub fn beside(log: &Path) -> Self {
        Self(log.parent().unwrap_or(Path::new("")).join("plugins"))
    }

    /// Where a plugin is.
    #[must_use]
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.0.join(format!("sha256-{}.wasm", digest.hex()))
    }

    /// Keeps a plugin, unless it is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, component: &[u8]) -> Result<(), StoreError> {
        let digest = Digest::of(component);
        // What is damaged is mended.
        if matches!(self.load(digest), Ok(Some(_))) {
            return Ok(());
        }
        let path = self.path(digest);
        let beside = file::folder(&self.0);
        if !beside.is_dir() {
            let (file, folder) = (path.display().to_string(), beside.display().to_string());
            return Err(StoreError::NoFolder { file, folder });
        }
        let write = || {
            fs::create_dir_all(&self.0)?;
            file::replace(&path, component, None)
        };
        write().map_err(|error| StoreError::Refused { file: path.display().to_string(), error })
    }

    /// The component with this digest; none when it was not kept.
    ///
    /// # Errors
    /// When the file cannot be read, or is another one.
    pub fn load(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(digest);
        let component = match source::read_bytes(&path, Content::Plugin) {
            Ok(component) => component,
            Err(SourceError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let found = Digest::of(&component);
        match found == digest {
            true => Ok(Some(component)),
            false => Err(StoreError::Other { file: path.display().to_string(), found }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use super::*;

    #[test]
    fn a_plugin_is_kept_once_and_is_itself() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::beside(&folder.path().join("records.jsonl"));
        let digest = Digest::of(b"component");
        assert_eq!(store.load(digest).unwrap(), None);
        store.keep(b"component").unwrap();
        assert_eq!(store.load(digest).unwrap().as_deref(), Some(&b"component"[..]));
        let path = store.path(digest);
        assert!(path.ends_with(format!("plugins/sha256-{}.wasm", digest.hex())));
        let written = path.metadata().unwrap().modified().unwrap();
        store.keep(b"component").unwrap();
        assert_eq!(path.metadata().unwrap().modified().unwrap(), written);

        fs::write(&path, b"another").unwrap();
        let error = store.load(digest).unwrap_err().to_string();
        assert!(error.contains("not the plugin that was kept there"), "{error}");
        store.keep(b"component").unwrap();
        assert!(store.load(digest).unwrap().is_some(), "mended");

        let blocked = tempfile::tempdir().unwrap();
        fs::write(blocked.path().join("plugins"), "").unwrap();
        let store = Store::beside(&blocked.path().join("records.jsonl"));
        assert!(store.keep(b"component").is_err());
    }
}
