//! A file as it was read, once.

use std::path::{Path, PathBuf};

use tollgate::document::PolicyDocument;
use tollgate::judge::{JudgeError, Opened};
use tollgate::plugins::Plugins;
use tollgate::source::{self, Content, Source, SourceError};
use tollgate_engine::Digest;

/// A file as it was read, once: what is loaded is what was digested.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) file: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
}

impl Found {
    pub(crate) fn read(file: &Path, content: Content) -> Result<Self, SourceError> {
        let bytes = source::read_bytes(file, content)?;
        let digest = Digest::of(&bytes);
        Ok(Self { file: file.to_owned(), bytes, digest })
    }

    /// Reads a document, or a component that `tollgate bake` made.
    pub(crate) fn document(file: &Path) -> Result<Self, SourceError> {
        let content = if is_component(file) { Content::Plugin } else { Content::Document };
        Self::read(file, content)
    }

    pub(crate) fn name(&self) -> String {
        self.file.display().to_string()
    }

    pub(crate) fn source(&self) -> Result<Source, SourceError> {
        let source = Source::from_bytes(&self.name(), self.bytes.clone())?;
        match source.text().trim().is_empty() {
            true => Err(SourceError::Empty(self.name())),
            false => Ok(source),
        }
    }

    pub(crate) fn opened(&self, plugins: &Plugins) -> Result<Opened, JudgeError> {
        if is_component(&self.file) {
            return Opened::of_component(plugins, &self.name(), &self.bytes);
        }
        let folder = self.file.parent().unwrap_or(Path::new("")).to_owned();
        let document = PolicyDocument::parse(self.source()?, folder)?;
        Opened::of_document(plugins, document)
    }
}

/// Whether a file is a component rather than a document.
pub(crate) fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

/// The file in which a model's signature is.
pub(crate) fn signature_file(path: &Path) -> Result<PathBuf, SourceError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let found = source::in_folder(path, "MLmodel")?;
    found.ok_or_else(|| SourceError::Missing(path.join("MLmodel").display().to_string()))
}
