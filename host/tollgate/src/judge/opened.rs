//! A document and its plugin: two files, or both in one baked component.

use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::Finding;
use tollgate_engine::{ConfigureError, Digest, EngineError, Limits, Plugin, World};

use super::{JudgeError, located};
use crate::document::{PluginReference, PolicyDocument};
use crate::plugins::{PluginError, Plugins};
use crate::source::{self, Content, Source};

/// A document, and the plugin that it configures.
#[derive(Debug, Clone)]
pub struct Opened {
    document: PolicyDocument,
    /// As the document names it, or baked with it.
    plugin: Plugin,
    /// The document's file, or the component's.
    file: String,
}

impl Opened {
    /// Opens a policy document or gate profile, or a component that
    /// [`bake`](super::bake) made of one.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(plugins: &Plugins, path: &Path) -> Result<Self, JudgeError> {
        if path.extension().is_none_or(|extension| extension != "wasm") {
            return Self::of_document(plugins, PolicyDocument::read(path)?);
        }
        let name = path.display().to_string();
        let bytes = source::read_bytes(path, Content::Plugin)?;
        Self::of_component(plugins, &name, &bytes)
    }

    /// Takes the document and the plugin out of what [`bake`](super::bake)
    /// made; `name` is what errors call it.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn of_component(
        plugins: &Plugins,
        name: &str,
        component: &[u8],
    ) -> Result<Self, JudgeError> {
        let plugin = plugins
            .engine()
            .load(component)
            .map_err(|error| PluginError::Load { from: name.to_owned(), error })?;
        let document = baked_document(name, &plugin)?;
        Ok(Self { document, plugin, file: name.to_owned() })
    }

    /// What the plugin has to say of the document's settings, which can be
    /// used: a rule that softens another, an input that nothing reads.
    ///
    /// # Errors
    /// When the plugin does not take the settings, or fails.
    pub fn remarks(&self) -> Result<Vec<Finding>, JudgeError> {
        let (plugin, settings) = (&self.plugin, self.settings());
        let remarks = match plugin.world() {
            World::Signature => plugin.signature(settings).map(|it| it.remarks()),
            World::Gate => plugin.gate(settings).map(|it| it.remarks()),
            World::Policy => plugin.policy(settings).map(|it| it.remarks()),
        };
        Ok(remarks.map_err(|error| located(&self.document, error))??)
    }

    /// Finds the plugin that a document names, and validates the settings by
    /// what the plugin says of them.
    ///
    /// # Errors
    /// When there is no such plugin, it has settings of its own baked in, or the
    /// settings are wrong.
    pub fn of_document(plugins: &Plugins, document: PolicyDocument) -> Result<Self, JudgeError> {
        let plugin = plugins.resolve(&document.plugin, document.folder())?;
        Self::of_parts(document, plugin)
    }

    /// A document with a plugin that is at hand, whichever the document names.
    ///
    /// # Errors
    /// When the plugin has settings of its own baked in, or the document's are
    /// wrong for it.
    pub fn of_parts(document: PolicyDocument, plugin: Plugin) -> Result<Self, JudgeError> {
        if plugin.baked().is_some() {
            // It would judge by those, under this document's name.
            return Err(ConfigureError::AlreadyBaked { plugin: plugin.name().to_owned() }.into());
        }
        document.validate_settings(&plugin.info().settings_schema)?;
        let file = document.source().name().to_owned();
        Ok(Self { document, plugin, file })
    }

    /// The same with limits of its own and a bulkhead, so that it leaves the
    /// rest of the engine to others; see [`Plugin::with_limits`].
    ///
    /// # Errors
    /// When the limits are beyond those of the engine.
    pub fn with_limits(mut self, limits: Limits) -> Result<Self, EngineError> {
        self.plugin = self.plugin.with_limits(limits)?;
        Ok(self)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &PolicyDocument {
        &self.document
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The file that it was opened from, as the user named it: the document's,
    /// or the component's.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn into_parts(self) -> (PolicyDocument, Plugin) {
        (self.document, self.plugin)
    }

    /// What the plugin is to be configured with; none when that is done.
    #[must_use]
    pub fn settings(&self) -> Option<&str> {
        self.plugin.baked().is_none().then(|| self.document.settings())
    }
}

/// The document that a component was baked with.
fn baked_document(name: &str, plugin: &Plugin) -> Result<PolicyDocument, JudgeError> {
    let baked = plugin.baked().filter(|baked| !baked.metadata.is_empty());
    let baked = baked.ok_or_else(|| JudgeError::NoDocument(name.to_owned()))?;
    let source = Source::new(&format!("{name}: document.json"), &baked.metadata);
    let document = PolicyDocument::parse(source, Default::default())?;
    if document.settings_digest() != baked.settings {
        return Err(JudgeError::OtherSettings(name.to_owned()));
    }
    Ok(document)
}

/// Why a baked component could not be verified.
#[derive(Debug, Error, Diagnostic)]
pub enum Unverified {
    /// There is nothing to verify.
    #[error("`{0}` is not baked: it takes settings, so it was made from nothing but itself")]
    NotBaked(String),
    /// The plugin that it names is not at hand.
    #[error("`{name}` says that it was baked from plugin {wanted}, which is not at hand")]
    #[diagnostic(
        code(tollgate::plugin),
        help("give that plugin as a file; the built-in plugins and such files are looked through")
    )]
    NoPlugin {
        /// The component.
        name: String,
        /// The digest of the plugin.
        wanted: Digest,
    },
}

/// Bakes again what a component says it was baked from, and compares the
/// bytes; false when they differ.
///
/// # Errors
/// When it is not baked, or the plugin that it names is not at hand or refuses
/// the document.
pub fn verify(plugins: &Plugins, name: &str, plugin: &Plugin) -> Result<bool, JudgeError> {
    let Some(baked) = plugin.baked() else {
        return Err(Unverified::NotBaked(name.to_owned()).into());
    };
    let document = baked_document(name, plugin)?;
    let Some(original) = plugins.with_digest(baked.plugin)? else {
        let wanted = baked.plugin;
        return Err(Unverified::NoPlugin { name: name.to_owned(), wanted }.into());
    };
    // A document may say which file it means, and that is another.
    if let PluginReference::File { digest, .. } = &document.plugin
        && *digest != baked.plugin
    {
        return Ok(false);
    }
    document.validate_settings(&original.info().settings_schema)?;
    let again = original
        .bake(document.settings(), &baked.metadata)
        .map_err(|error| located(&document, error))?;
    Ok(again == plugin.bytes())
}
