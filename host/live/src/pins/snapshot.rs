//! Pins as they were at one moment.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::{Content, Source, SourceError};
use tollgate::tree::{Node, NonFinite};

use super::error::PinsError;
use super::{Pin, read};
use crate::mount;

/// Pins, as they were read in one go.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) form: Form,
}

/// What they are written in.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A file of pins, with its text.
    File(Source, BTreeMap<String, Pin>),
    /// A manifest of a ConfigMap: its text, its tree, and the texts of its keys.
    Manifest(Source, Box<Node>, BTreeMap<String, Source>),
    /// The folder of a ConfigMap that is mounted: the texts of its files.
    Mounted(BTreeMap<String, Source>),
}

impl Snapshot {
    /// Reads what a path leads to: a pin file, the manifest of a ConfigMap, or
    /// the folder of one that is mounted.
    pub(super) fn read(path: &Path) -> Result<Self, PinsError> {
        if path.is_dir() {
            let read = mount::steady(path, |folder| keys(path, folder));
            let keys = read.ok_or_else(|| PinsError::Restless(path.display().to_string()))??;
            return Ok(Self { form: Form::Mounted(keys) });
        }
        Self::parse(Source::read(path, Content::Document)?)
    }

    /// Reads a pin file or a manifest.
    pub(super) fn parse(source: Source) -> Result<Self, PinsError> {
        let tree = Node::parse(&source, NonFinite::Refused)?;
        let form = if tree.get("kind").and_then(Node::text) == Some("ConfigMap") {
            let data = data(&source, &tree)?;
            Form::Manifest(source, Box::new(tree), data)
        } else {
            let pins = read::pins(&source)?;
            Form::File(source, pins)
        };
        Ok(Self { form })
    }

    /// The names that are pinned.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (pins, keys) = match &self.form {
            Form::File(_, pins) => (Some(pins.keys()), None),
            Form::Manifest(_, _, keys) | Form::Mounted(keys) => (None, Some(keys.keys())),
        };
        pins.into_iter().flatten().chain(keys.into_iter().flatten()).map(String::as_str)
    }

    /// The pin of a policy; none where it is not pinned.
    ///
    /// # Errors
    /// All mistakes of its key, where each has a key of its own: one that is
    /// wrong leaves the others as they are.
    pub fn pin(&self, name: &str) -> Result<Option<Pin>, PinsError> {
        match &self.form {
            Form::File(_, pins) => Ok(pins.get(name).cloned()),
            Form::Manifest(_, _, keys) | Form::Mounted(keys) => {
                Ok(keys.get(name).map(read::one).transpose()?)
            }
        }
    }

    /// What a ConfigMap has under a name, to the letter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match &self.form {
            Form::File(..) => None,
            Form::Manifest(_, _, keys) | Form::Mounted(keys) => keys.get(name).map(Source::text),
        }
    }
}

/// The files of a mounted ConfigMap, which is at `path` and whose files are in
/// `folder` now.
fn keys(path: &Path, folder: &Path) -> Result<BTreeMap<String, Source>, PinsError> {
    let refused = |error: io::Error| PinsError::Refused {
        file: path.display().to_string(),
        what: "read",
        error,
    };
    let mut keys = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let name = entry.map_err(refused)?.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let file = folder.join(name);
        if file.is_dir() {
            continue;
        }
        let source = Source::read(&file, Content::Document)?;
        // The folder that it is in today means nothing to anybody.
        let shown = path.join(name).display().to_string();
        keys.insert(name.to_owned(), Source::new(&shown, source.text()));
    }
    if keys.is_empty() {
        return Err(SourceError::Empty(path.display().to_string()).into());
    }
    Ok(keys)
}

/// The keys of a manifest.
fn data(source: &Source, tree: &Node) -> Result<BTreeMap<String, Source>, PinsError> {
    let mut mistakes = Gathered::default();
    let mut keys = BTreeMap::new();
    for entry in tree.get("data").and_then(Node::entries).unwrap_or_default() {
        match entry.value.text() {
            Some(text) => {
                let shown = format!("{}: data.{}", source.name(), entry.key);
                keys.insert(entry.key.clone(), Source::new(&shown, text));
            }
            None => {
                let found = entry.value.kind();
                let message = format!("a ConfigMap holds texts, found {found}");
                let mistake = Mistake::new(source, entry.value.span, message);
                mistakes.push(mistake.suggest("write it in quotes"));
            }
        }
    }
    mistakes.finish().map_or(Ok(keys), |mistakes| Err(mistakes.into()))
}
