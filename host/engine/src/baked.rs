//! What a baked component says of itself.

use crate::digest::Digest;
use crate::error::LoadError;

/// The custom section that says what was baked.
pub(crate) const SECTION: &str = "tollgate:baked";

/// What a baked component says was frozen into it. It is a claim: baking the
/// plugin again with the same settings and metadata, and comparing the bytes,
/// verifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baked {
    /// The digest of the plugin that it was made from.
    pub plugin: Digest,
    /// The digest of its settings, canonical JSON.
    pub settings: Digest,
    /// The text that was given to [`Plugin::bake`](crate::Plugin::bake).
    pub metadata: String,
}

impl Baked {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.metadata.len());
        bytes.extend_from_slice(self.plugin.as_bytes());
        bytes.extend_from_slice(self.settings.as_bytes());
        bytes.extend_from_slice(self.metadata.as_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        let invalid = || LoadError::Invalid(format!("its section `{SECTION}` is damaged"));
        let (plugin, rest) = bytes.split_first_chunk().ok_or_else(invalid)?;
        let (settings, metadata) = rest.split_first_chunk().ok_or_else(invalid)?;
        let metadata = std::str::from_utf8(metadata).map_err(|_| invalid())?;
        Ok(Self {
            plugin: Digest::from_bytes(*plugin),
            settings: Digest::from_bytes(*settings),
            metadata: metadata.to_owned(),
        })
    }
}
