//! Policy documents and gate profiles: which plugin, with which settings.
//!
//! A [`PolicyDocument`] that exists is valid: its shape was checked against
//! `schemas/policy-document.schema.json`, and every mistake of a wrong one is
//! told at once, each at its place. The settings are the plugin's own matter
//! and are checked by [`PolicyDocument::validate_settings`].

mod reader;
mod reference;
mod shape;
pub mod suggestion;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use miette::Diagnostic;
use semver::Version;
use thiserror::Error;
use tollgate_engine::Digest;
use tollgate_engine::types::{Declaration, Finding, Input, Value};

use self::reader::Reader;
pub(crate) use self::reader::scalar;
pub use self::reference::PluginReference;
use self::shape::Schema;
use self::suggestion::suggestion;
use crate::canonical;
use crate::mistake::{Gathered, Mistake, Mistakes, Span};
use crate::source::{self, Source, SourceError};
use crate::tree::{Content, Index, Node, NonFinite};

/// The JSON Schema of a policy document.
pub const POLICY_DOCUMENT_SCHEMA: &str = include_str!("../schemas/policy-document.schema.json");

/// Why a document could not be used.
#[derive(Debug, Error, Diagnostic)]
pub enum DocumentError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
    /// The plugin's own schema is broken.
    #[error("the settings schema of plugin `{plugin}` cannot be used: {reason}")]
    Schema {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<Mistake> for DocumentError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

/// Reads a document of another kind, whose JSON Schema is `schema`. `kind` is
/// what people call it.
///
/// # Errors
/// All its mistakes, each at its place.
pub fn shaped(source: &Source, kind: &str, schema: &str) -> Result<Node, DocumentError> {
    let unusable = |reason| DocumentError::Schema { plugin: kind.to_owned(), reason };
    let tree = Node::parse(source, NonFinite::Refused)?;
    let mut mistakes = Gathered::default();
    Schema::new(schema)
        .and_then(|schema| schema.mistakes(source, &tree, "", &mut mistakes))
        .map_err(unusable)?;
    match mistakes.finish() {
        None => Ok(tree),
        Some(mistakes) => Err(mistakes.into()),
    }
}

/// Holds the part at `pointer` of a document against a JSON Schema of its own.
/// `kind` is what people call it.
///
/// # Errors
/// All its mistakes, each at its place.
pub fn shaped_part(
    source: &Source,
    tree: &Node,
    pointer: &str,
    kind: &str,
    schema: &str,
) -> Result<(), DocumentError> {
    let mut mistakes = Gathered::default();
    Schema::new(schema)
        .and_then(|schema| schema.mistakes(source, tree, pointer, &mut mistakes))
        .map_err(|reason| DocumentError::Schema { plugin: kind.to_owned(), reason })?;
    mistakes.finish().map_or(Ok(()), |mistakes| Err(mistakes.into()))
}

/// Where the value of one input comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputMapping {
    /// An RFC 6901 pointer into a JSON request.
    pub pointer: Option<String>,
    /// A column of a file of rows.
    pub column: Option<String>,
    /// An HTTP header.
    pub header: Option<String>,
    /// A counter that the host keeps.
    pub counter: Option<String>,
    /// The value when the request has none, or null.
    pub default: Option<Value>,
}

/// A line of a document's changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version that brought it.
    pub version: Version,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// Who changed it.
    pub by: String,
    /// What changed.
    pub change: String,
}

/// A valid policy document or gate profile.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: Version,
    /// The plugin that it configures.
    pub plugin: PluginReference,
    /// The team that answers for it.
    pub owner: String,
    /// One sentence on what it judges.
    pub summary: Option<String>,
    /// What changed in each version.
    pub changelog: Vec<Change>,
    /// Where inputs come from, by their names, in the order of the text.
    pub inputs: Vec<(String, InputMapping)>,
    /// The action to take when the policy can give no decision.
    pub fallback: Option<String>,
    settings: String,
    source: Source,
    tree: Node,
    folder: PathBuf,
}

static SHAPE: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::new(POLICY_DOCUMENT_SCHEMA));

impl PolicyDocument {
    /// Reads a document from a file, or from standard input for `-`.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let source = Source::read(path, source::Content::Document)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(source, folder)
    }

    /// Reads a document from a text; relative paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: Source, folder: PathBuf) -> Result<Self, DocumentError> {
        let tree = Node::parse(&source, NonFinite::Refused)?;
        let shape = SHAPE.as_ref().map_err(|reason| DocumentError::Schema {
            plugin: "policy-document".to_owned(),
            reason: reason.clone(),
        })?;
        let mut mistakes = Gathered::default();
        shape.mistakes(&source, &tree, "", &mut mistakes).map_err(|reason| {
            DocumentError::Schema { plugin: "policy-document".to_owned(), reason }
        })?;
        let mut reader = Reader { source: &source, tree: &tree, mistakes };
        let name = reader.text("/name").unwrap_or_default();
        let version = reader.version("/version");
        let plugin = reader.plugin();
        let owner = reader.text("/owner").unwrap_or_default();
        let summary = reader.text("/summary");
        let changelog = reader.changelog(version.as_ref());
        let inputs = reader.inputs();
        let fallback = reader.text("/fallback");
        let settings = tree
            .get("settings")
            .map_or_else(|| "{}".to_owned(), |settings| canonical::to_text(&settings.to_json()));
        match (reader.mistakes.finish(), version, plugin) {
            (None, Some(version), Some(plugin)) => Ok(Self {
                name,
                version,
                plugin,
                owner,
                summary,
                changelog,
                inputs,
                fallback,
                settings,
                source,
                tree,
                folder,
            }),
            (Some(mistakes), ..) => Err(mistakes.into()),
            // The shape requires both, so that their absence is a mistake.
            (None, ..) => {
                Err(Mistake::new(&source, tree.span, "a version or a plugin is missing").into())
            }
        }
    }

    /// The settings as canonical JSON, which is what a plugin gets.
    #[must_use]
    pub fn settings(&self) -> &str {
        &self.settings
    }

    /// The whole document as canonical JSON, to travel with a baked plugin.
    #[must_use]
    pub fn to_canonical_json(&self) -> String {
        canonical::to_text(&self.tree.to_json())
    }

    /// The digest of the canonical settings.
    #[must_use]
    pub fn settings_digest(&self) -> Digest {
        Digest::of(self.settings.as_bytes())
    }

    /// The text that it was read from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where an input comes from, when the document says so.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&InputMapping> {
        let input = self.inputs.iter().find(|(known, _)| known == name);
        input.map(|(_, mapping)| mapping)
    }

    /// The place where an input is mapped, or where inputs are.
    pub(crate) fn input_span(&self, name: &str) -> Span {
        let pointer = format!("/inputs/{}", crate::tree::escape(name));
        let found = self.tree.nearest(&pointer);
        found.key_span.unwrap_or_else(|| found.span())
    }

    /// The whole document as it is written, each value with its place.
    #[must_use]
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// The settings as they are written, each value with its place.
    #[must_use]
    pub fn settings_tree(&self) -> Option<&Node> {
        self.tree.get("settings")
    }

    /// Where evidence is, as it is written: a path, or a list.
    #[must_use]
    pub fn sources_tree(&self) -> Option<&Node> {
        self.tree.get("sources")
    }

    /// What is to be done when rules are broken, as it is written.
    #[must_use]
    pub fn watch_tree(&self) -> Option<&Node> {
        self.tree.get("watch")
    }

    /// The folder that relative paths in it start from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Checks the settings against the plugin's own JSON Schema.
    ///
    /// # Errors
    /// All mistakes, each at its place; or that the schema itself is broken.
    pub fn validate_settings(&self, schema: &str) -> Result<(), DocumentError> {
        let unusable = |reason| DocumentError::Schema { plugin: self.plugin.to_string(), reason };
        let schema = Schema::new(schema).map_err(unusable)?;
        // Nothing is written, so mistakes have no place but the document's.
        let nothing =
            Node { content: Content::Map(Vec::new()), span: self.tree.nearest("/plugin").span() };
        let (root, base) = match self.tree.get("settings") {
            Some(_) => (&self.tree, "/settings"),
            None => (&nothing, ""),
        };
        let mut mistakes = Gathered::default();
        schema.mistakes(&self.source, root, base, &mut mistakes).map_err(unusable)?;
        mistakes.finish().map_or(Ok(()), |mistakes| Err(mistakes.into()))
    }

    /// The place of a pointer into the settings, for what a plugin's
    /// `configure` finds wrong there.
    #[must_use]
    pub fn settings_mistakes(&self, findings: &[Finding]) -> Option<Mistakes> {
        let index = Index::new(&self.tree);
        let mut mistakes = Gathered::default();
        for finding in findings {
            let pointer = finding.pointer.as_deref().unwrap_or_default();
            let span = index.nearest(&format!("/settings{pointer}")).span();
            mistakes.push_at(span.start, || {
                Mistake::new(&self.source, span, with_actual(finding))
                    .label(format!("`{}`", finding.rule))
                    .maybe_suggest(
                        finding.expected.as_ref().map(|expected| format!("expected {expected}")),
                    )
            });
        }
        mistakes.finish()
    }

    /// Checks what the document says about inputs and actions against what
    /// the configured policy declares.
    ///
    /// # Errors
    /// All mistakes: inputs that the policy does not read, a fallback that is
    /// not an action, defaults of the wrong kind.
    pub fn validate_against(&self, declaration: &Declaration) -> Result<(), Mistakes> {
        let mut mistakes = Gathered::default();
        let declared: HashMap<&str, &Input> =
            declaration.inputs.iter().map(|input| (input.name.as_str(), input)).collect();
        let names = || declaration.inputs.iter().map(|input| input.name.as_str());
        let inputs = self.tree.get("inputs").and_then(Node::entries);
        for (name, entry) in self.inputs.iter().zip(inputs.unwrap_or_default()) {
            let (name, mapping) = name;
            let Some(input) = declared.get(name.as_str()) else {
                mistakes.push_at(entry.key_span.start, || {
                    let message = format!("the policy reads no input `{name}`");
                    Mistake::new(&self.source, entry.key_span, message)
                        .label("not read")
                        .maybe_suggest(suggestion(name, names()))
                });
                continue;
            };
            let default = entry.value.get("default");
            if let (Some(value), Some(node)) = (&mapping.default, default)
                && crate::kind::of_kind(value.clone(), input.kind).is_none()
            {
                mistakes.push(Mistake::new(
                    &self.source,
                    node.span,
                    format!(
                        "the default of `{name}` must be {}, found {}",
                        crate::kind::kind_phrase(input.kind),
                        node.kind()
                    ),
                ));
            }
        }
        if let Some(fallback) = &self.fallback {
            let actions = &declaration.actions;
            let mistake = |message: String| {
                Mistake::new(&self.source, self.tree.nearest("/fallback").span(), message)
            };
            if !actions.contains(fallback) {
                mistakes.push(
                    mistake(format!("`{fallback}` is not an action of the policy"))
                        .maybe_suggest(suggestion(fallback, actions.iter().map(String::as_str))),
                );
            } else if actions.len() > 1 && actions.first() == Some(fallback) {
                mistakes.push(mistake(format!(
                    "`{fallback}` is the policy's mildest action; a case that could not be \
                     decided takes a stricter one"
                )));
            }
        }
        mistakes.finish().map_or(Ok(()), Err)
    }
}

/// What a plugin found wrong, with the value, where the sentence does not hold
/// it already.
fn with_actual(finding: &Finding) -> String {
    let message = &finding.message;
    let Some(actual) = &finding.actual else { return message.clone() };
    // A text is quoted in one and not in the other, perhaps.
    let bare = actual.trim_matches('"');
    if message.contains(&format!("`{bare}`")) || message.contains(&format!("`{actual}`")) {
        return message.clone();
    }
    match message.ends_with('?') {
        true => format!("{message} (found `{actual}`)"),
        false => format!("{message}, found `{actual}`"),
    }
}
