//! Which plugins there are, and which one a document means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use miette::Diagnostic;
use semver::{Version, VersionReq};
use thiserror::Error;
use tollgate_engine::ahead::BuiltIn;
use tollgate_engine::{Digest, Engine, LoadError, Plugin};

use crate::document::PluginReference;
use crate::document::suggestion::suggestion;
use crate::source::{self, Content, SourceError};

/// The plugins that come with the library: name and component, compiled ahead
/// of time where that is done for this kind of machine.
pub static BUILT_IN: &[(&str, BuiltIn)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The name of the plugin that knows MLflow's signatures.
pub const MLFLOW_SIGNATURE: &str = "mlflow-signature";

/// The name of the plugin that knows the Open Inference Protocol.
pub const OIP_SIGNATURE: &str = "oip-signature";

/// The name of the plugin that knows JSON Schemas.
pub const JSON_SCHEMA: &str = "json-schema";

/// Why a plugin could not be had.
#[derive(Debug, Error, Diagnostic)]
pub enum PluginError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is not a plugin.
    #[error("`{from}` cannot be used as a plugin: {error}")]
    Load {
        /// The file or the built-in plugin.
        from: String,
        /// Why not.
        error: LoadError,
    },
    /// The file is not the one that the document means.
    #[error("`{}` has digest {found}, and the document wants {wanted}", .path.display())]
    #[diagnostic(help("if the new file is the right one, put its digest into the document"))]
    Digest {
        /// The file.
        path: PathBuf,
        /// The digest that it has.
        found: Digest,
        /// The digest that the document wants.
        wanted: Digest,
    },
    /// No plugin has this name.
    #[error("there is no plugin `{name}`")]
    #[diagnostic(code(tollgate::plugin), help("there are {}; others are given as files", known.join(", ")))]
    Unknown {
        /// The name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No plugin has this name, and one has a similar one.
    #[error("there is no plugin `{name}`")]
    Misspelled {
        /// The name.
        name: String,
        /// The one that was probably meant.
        #[help]
        meant: String,
    },
    /// The plugin has another version.
    #[error("plugin `{name}` has version {found}, and the document wants {wanted}")]
    #[diagnostic(
        code(tollgate::plugin),
        help("widen the range in the document, or give the version as a file")
    )]
    Version {
        /// The plugin.
        name: String,
        /// The version that there is.
        found: String,
        /// The versions that will do.
        wanted: VersionReq,
    },
}

/// Finds plugins: the built-in ones, each loaded once, and files that were
/// added.
#[derive(Debug, Clone)]
pub struct Plugins {
    engine: Engine,
    /// Those of [`BUILT_IN`] that somebody asked for; a thousand documents of
    /// one plugin share its code.
    built_in: Arc<[OnceLock<Plugin>]>,
    added: BTreeMap<String, Vec<Plugin>>,
}

impl Plugins {
    /// The built-in plugins, run by `engine`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let built_in = BUILT_IN.iter().map(|_| OnceLock::new()).collect();
        Self { engine, built_in, added: BTreeMap::new() }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Loads a component file.
    ///
    /// # Errors
    /// When it cannot be read, or is not a plugin.
    pub fn open(&self, path: &Path) -> Result<Plugin, PluginError> {
        let bytes = source::read_bytes(path, Content::Plugin)?;
        self.load(&path.display().to_string(), &bytes)
    }

    /// Adds a plugin under its own name. It comes before a built-in one.
    pub fn add(&mut self, plugin: Plugin) {
        self.added.entry(plugin.info().name.clone()).or_default().push(plugin);
    }

    /// The plugins that were added.
    pub fn added(&self) -> impl Iterator<Item = &Plugin> {
        self.added.values().flatten()
    }

    /// A built-in plugin.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be loaded.
    pub fn built_in(&self, name: &str) -> Result<Plugin, PluginError> {
        let mut known = BUILT_IN.iter().zip(&*self.built_in);
        let Some(((name, built_in), loaded)) = known.find(|((known, _), _)| *known == name) else {
            return Err(self.unknown(name));
        };
        if let Some(plugin) = loaded.get() {
            return Ok(plugin.clone());
        }
        let from = || (*name).to_owned();
        let plugin = self
            .engine
            .load_built_in(built_in)
            .map_err(|error| PluginError::Load { from: from(), error })?;
        // Of two that load it at a time one keeps its own.
        Ok(loaded.get_or_init(|| plugin).clone())
    }

    /// The plugin with these very bytes, added or built in; none when it is not
    /// among them.
    ///
    /// # Errors
    /// When a built-in plugin cannot be loaded.
    pub fn with_digest(&self, digest: Digest) -> Result<Option<Plugin>, PluginError> {
        if let Some(added) = self.added().find(|plugin| plugin.digest() == digest) {
            return Ok(Some(added.clone()));
        }
        for (name, _) in BUILT_IN {
            let plugin = self.built_in(name)?;
            if plugin.digest() == digest {
                return Ok(Some(plugin));
            }
        }
        Ok(None)
    }

    /// Loads the plugin that a document means; relative paths start at
    /// `folder`.
    ///
    /// # Errors
    /// When it is not there, not the right one, or not a plugin.
    pub fn resolve(
        &self,
        reference: &PluginReference,
        folder: &Path,
    ) -> Result<Plugin, PluginError> {
        match reference {
            PluginReference::Named { name, versions } => self.named(name, versions),
            PluginReference::File { path, digest } => {
                let path = folder.join(path);
                let bytes = source::read_bytes(&path, Content::Plugin)?;
                let found = Digest::of(&bytes);
                if found != *digest {
                    return Err(PluginError::Digest { path, found, wanted: *digest });
                }
                self.load(&path.display().to_string(), &bytes)
            }
        }
    }

    /// The highest version of that name that will do.
    fn named(&self, name: &str, versions: &VersionReq) -> Result<Plugin, PluginError> {
        let wanted = |plugin: &&Plugin| version(plugin).is_some_and(|v| versions.matches(&v));
        let added = self.added.get(name).into_iter().flatten();
        if let Some(plugin) = added.filter(wanted).max_by_key(|plugin| version(plugin)) {
            return Ok(plugin.clone());
        }
        let plugin = self.built_in(name)?;
        if wanted(&&plugin) {
            return Ok(plugin);
        }
        Err(PluginError::Version {
            name: name.to_owned(),
            found: plugin.info().version.clone(),
            wanted: versions.clone(),
        })
    }

    fn load(&self, from: &str, bytes: &[u8]) -> Result<Plugin, PluginError> {
        self.engine.load(bytes).map_err(|error| PluginError::Load { from: from.to_owned(), error })
    }

    fn unknown(&self, name: &str) -> PluginError {
        let known: Vec<&str> = BUILT_IN
            .iter()
            .map(|(name, _)| *name)
            .chain(self.added.keys().map(String::as_str))
            .collect();
        let meant = suggestion(name, known.iter().copied());
        let (name, known) = (name.to_owned(), known.into_iter().map(str::to_owned).collect());
        match meant {
            Some(meant) => PluginError::Misspelled { name, meant },
            None => PluginError::Unknown { name, known },
        }
    }
}

fn version(plugin: &Plugin) -> Option<Version> {
    Version::parse(&plugin.info().version).ok()
}

#[cfg(test)]
mod tests {
    use tollgate_engine::CacheUse;

    use super::{BUILT_IN, Plugins};

    /// Nobody waits for the first use of a built-in plugin, where the build
    /// machine's kind has a stated baseline.
    #[test]
    #[allow(clippy::expect_used, reason = "a test that fails panics")]
    fn built_in_plugins_come_compiled() {
        let engine = tollgate_engine::Engine::builder().build().expect("an engine");
        let plugins = Plugins::new(engine);
        for (name, _) in BUILT_IN {
            let plugin = plugins.built_in(name).expect("a built-in plugin");
            assert_eq!(plugin.cache_use(), CacheUse::Ahead, "{name}: run `cargo xtask plugins`");
            let again = plugins.clone().built_in(name).expect("a built-in plugin");
            assert!(std::ptr::eq(again.info(), plugin.info()), "{name} is loaded once");
        }
        assert!(!BUILT_IN.is_empty());
    }
}
