//! Facts from files that other tools write.

mod evidence;
mod k6;

use std::path::{Path, PathBuf};

use tollgate::source::{Content, Source, is_standard_input};
use tollgate::tree::Node;

use crate::asked::Named;
use crate::said::Said;

/// A file, and who wrote it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    path: PathBuf,
    format: Format,
}

#[derive(Debug, Clone)]
enum Format {
    Facts,
    K6,
}

impl File {
    /// Whether a key of the document names a file.
    pub(crate) fn is_kind(key: &str) -> bool {
        ["facts", "k6"].contains(&key)
    }

    /// Reads a source of the document, whose shape was checked.
    pub(crate) fn read(key: &str, node: &Node, folder: &Path) -> Option<Self> {
        let place = Path::new(node.get(key)?.text()?);
        let path = if is_standard_input(place) { place.to_owned() } else { folder.join(place) };
        let format = match key {
            "facts" => Format::Facts,
            "k6" => Format::K6,
            _ => return None,
        };
        Some(Self { path, format })
    }

    /// What the kind's own names are called.
    pub(crate) fn usual(&self) -> &'static [(&'static str, &'static str)] {
        match self.format {
            Format::Facts => &[],
            Format::K6 => k6::USUAL,
        }
    }

    /// Reads the file.
    pub(crate) fn ask(&self, of: &Named, subject: &str) -> Said {
        let read = Source::read(&self.path, Content::Facts).map_err(|error| error.to_string());
        let said = read.and_then(|source| match &self.format {
            Format::Facts => evidence::read(&source, subject),
            Format::K6 => k6::read(&source),
        });
        let _ = of;
        said.unwrap_or_else(|problem| {
            let mut said = Said::default();
            said.missing(None, problem);
            said
        })
    }
}
