//! A folder of documents, in which each version is found by what it says of
//! itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use semver::Version;
use thiserror::Error;
use tollgate::document::PolicyDocument;
use tollgate::judge::{JudgeError, Opened};
use tollgate::plugins::Plugins;
use tollgate::source::{Content, Source};
use tollgate::tree::{Node, NonFinite};
use tollgate_engine::Digest;

use crate::found::{Found, is_component};
use crate::mount;
use crate::stamp::Stamp;

/// Why a version is not found.
#[derive(Debug, Error, Diagnostic)]
pub enum DocumentsError {
    /// The folder cannot be read.
    #[error("the folder of documents `{folder}` cannot be read: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        error: io::Error,
    },
    /// It changes faster than it can be read.
    #[error("the folder of documents `{0}` was swapped each time it was read")]
    Restless(String),
    /// No document says that it is this version.
    #[error("version {version} of `{name}` is not in `{folder}`: {found}")]
    Missing {
        /// The policy.
        name: String,
        /// The version.
        version: String,
        /// The folder.
        folder: String,
        /// What there is.
        found: String,
    },
    /// Several say so.
    #[error("version {version} of `{name}` is in `{first}` and, with other content, in `{second}`")]
    Twice {
        /// The policy.
        name: String,
        /// The version.
        version: String,
        /// A file.
        first: String,
        /// Another one.
        second: String,
    },
    /// The document is not the one that was pinned.
    #[error("{what} was pinned with {pinned}, and `{file}` is {found} now")]
    #[diagnostic(help(
        "what was pinned is never changed: give the changed document a version of its own, and \
         put the old one back"
    ))]
    Changed {
        /// Which version of what.
        what: String,
        /// The file.
        file: String,
        /// The digest that it was pinned with.
        pinned: Digest,
        /// The digest that it has.
        found: Digest,
    },
}

/// A folder of documents, and what was read of it.
#[derive(Debug)]
pub(crate) struct Documents {
    folder: PathBuf,
    known: BTreeMap<PathBuf, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    stamp: Option<Stamp>,
    digest: Option<Digest>,
    /// Its name and its version, where it is a document at all; else what is
    /// wrong with it.
    says: Result<Option<(String, Version)>, String>,
}

/// A document that is there.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) file: PathBuf,
    pub(crate) digest: Digest,
}

impl Documents {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), known: BTreeMap::new() }
    }

    /// Looks what is in the folder now, and in those in it; reads what is new
    /// there, or everything `again`.
    pub(crate) fn look(&mut self, plugins: &Plugins, again: bool) -> Result<(), DocumentsError> {
        let shown = || self.folder.display().to_string();
        let refused = |error| DocumentsError::Folder { folder: shown(), error };
        let known = mount::steady(&self.folder, |folder| {
            let mut known = BTreeMap::new();
            for path in files(folder)? {
                let stamp = Stamp::of(&path);
                let before = self.known.get(&path).filter(|it| !again && it.stamp == stamp);
                let now = match before {
                    Some(before) => before.clone(),
                    None => Known::read(plugins, &path, stamp),
                };
                known.insert(path, now);
            }
            Ok(known)
        });
        let known = known.ok_or_else(|| DocumentsError::Restless(shown()))?.map_err(refused)?;
        self.known = known;
        Ok(())
    }

    /// The document of a version, as of the last look.
    pub(crate) fn find(&self, name: &str, version: &Version) -> Result<Listed, DocumentsError> {
        let is_it = |known: &Known| matches!(&known.says, Ok(Some((it, of))) if it == name && of == version);
        let mut found: Option<Listed> = None;
        for (file, known) in self.known.iter().filter(|(_, known)| is_it(known)) {
            let Some(digest) = known.digest else { continue };
            match &found {
                Some(first) if first.digest != digest => {
                    return Err(DocumentsError::Twice {
                        name: name.to_owned(),
                        version: version.to_string(),
                        first: first.file.display().to_string(),
                        second: file.display().to_string(),
                    });
                }
                Some(_) => {}
                None => found = Some(Listed { file: file.clone(), digest }),
            }
        }
        found.ok_or_else(|| DocumentsError::Missing {
            name: name.to_owned(),
            version: version.to_string(),
            folder: self.folder.display().to_string(),
            found: self.there_is(name),
        })
    }

    /// What there is instead of a version, in a few words.
    fn there_is(&self, name: &str) -> String {
        /// So many are told.
        const TOLD: usize = 5;
        let says = || self.known.iter().map(|(file, known)| (file, &known.says));
        let mut versions: Vec<&Version> = says()
            .filter_map(|(_, says)| says.as_ref().ok()?.as_ref())
            .filter(|(it, _)| it == name)
            .map(|(_, version)| version)
            .collect();
        versions.sort();
        versions.dedup();
        let newest: Vec<String> =
            versions.iter().rev().take(TOLD).map(|version| version.to_string()).collect();
        let unread = says().find_map(|(file, says)| {
            let problem = says.as_ref().err()?;
            Some(format!("; `{}` cannot be read: {problem}", file.display()))
        });
        let there_is = match newest.is_empty() {
            true => "there is no version of that name".to_owned(),
            false => format!("there is {}", newest.join(", ")),
        };
        there_is + &unread.unwrap_or_default()
    }
}

impl Known {
    fn read(plugins: &Plugins, path: &Path, stamp: Option<Stamp>) -> Self {
        let content = if is_component(path) { Content::Plugin } else { Content::Document };
        let found = match Found::read(path, content) {
            Ok(found) => found,
            Err(error) => return Self { stamp, digest: None, says: Err(error.to_string()) },
        };
        let says = says(plugins, &found).map_err(|error| error.to_string());
        Self { stamp, digest: Some(found.digest), says }
    }
}

/// The name and the version of a document, or of the one that is baked into a
/// component; none of what is something else, such as a file of pins.
fn says(plugins: &Plugins, found: &Found) -> Result<Option<(String, Version)>, JudgeError> {
    let name = found.name();
    if is_component(&found.file) {
        let opened = Opened::of_component(plugins, &name, &found.bytes)?;
        let document = opened.document();
        return Ok(Some((document.name.clone(), document.version.clone())));
    }
    let source = Source::from_bytes(&name, found.bytes.clone())?;
    match PolicyDocument::parse(source.clone(), PathBuf::new()) {
        Ok(document) => Ok(Some((document.name, document.version))),
        Err(error) => match Node::parse(&source, NonFinite::Kept) {
            Ok(tree) if tree.get("name").is_none() && tree.get("plugin").is_none() => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// The documents in a folder, and in those that are in it.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in visible(folder)? {
        match path.is_dir() {
            true => files.extend(visible(&path)?.into_iter().filter(|path| is_document(path))),
            false if is_document(&path) => files.push(path),
            false => {}
        }
    }
    files.sort();
    Ok(files)
}

fn visible(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn is_document(path: &Path) -> bool {
    const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "wasm"];
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && !path.is_dir()
}
