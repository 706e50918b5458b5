//! Reading files and standard input: bounded, and checked before use.

mod files;
mod places;

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use thiserror::Error;

pub use self::files::{in_folder, is_standard_input, open, read_bytes};
use self::places::Places;
use crate::text::masked;

/// What a file is for, which bounds its size.
///
/// The bounds keep a wrong path (a data set, a disk image, `/dev/zero`) from
/// filling the memory. Each is far above what people have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A policy document or gate profile, written by a person: 1 MiB, some
    /// thousand times the fraud policy.
    Document,
    /// What describes a model (`MLmodel`, `run.json`): 16 MiB, a signature or a
    /// JSON Schema of about 150,000 columns.
    Model,
    /// Facts: 16 MiB, some 100,000 facts.
    Facts,
    /// Counters: 16 MiB, those of some 100,000 customers.
    Counters,
    /// A request body or a file of rows read whole: 64 MiB.
    Payload,
    /// All that a gate saw: 64 MiB, four files of facts.
    Kept,
    /// A plugin: 64 MiB, three times one that brings a Python interpreter.
    Plugin,
}

impl Content {
    /// The largest size in bytes.
    #[must_use]
    pub const fn limit(self) -> u64 {
        const MIB: u64 = 1 << 20;
        match self {
            Self::Document => MIB,
            Self::Model | Self::Facts | Self::Counters => 16 * MIB,
            Self::Payload | Self::Plugin | Self::Kept => 64 * MIB,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Document => "a document",
            Self::Model => "a model's description",
            Self::Facts => "a file of facts",
            Self::Counters => "a file of counters",
            Self::Payload => "a payload",
            Self::Kept => "kept evidence",
            Self::Plugin => "a plugin",
        }
    }
}

/// Why a file could not be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nothing has this path.
    #[error("`{0}` does not exist")]
    Missing(String),
    /// A folder was given instead of a file.
    #[error("`{0}` is a folder, expected a file")]
    Folder(String),
    /// A named pipe or a socket was given instead of a file: reading it may
    /// never end.
    #[error(
        "`{0}` is a pipe or a socket, expected a file: read it to standard input, and give `-`"
    )]
    Pipe(String),
    /// A link that leads nowhere.
    #[error("`{0}` is a link to a file that does not exist, or to itself")]
    BrokenLink(String),
    /// A file was given instead of a folder.
    #[error("`{0}` is not a folder")]
    NotFolder(String),
    /// Nothing is in the file.
    #[error("`{0}` is empty")]
    Empty(String),
    /// More bytes than the bound allows.
    #[error("`{name}` is larger than {} MiB, the limit for {}", .content.limit() >> 20, .content.name())]
    TooLarge {
        /// The file as the user named it.
        name: String,
        /// What it was read as.
        content: Content,
    },
    /// Not text.
    #[error("`{name}` is not UTF-8 text: byte {offset} is `0x{byte:02x}`")]
    NotUtf8 {
        /// The file as the user named it.
        name: String,
        /// Offset of the first bad byte, from 0.
        offset: usize,
        /// The bad byte.
        byte: u8,
    },
    /// The operating system refused.
    #[error("`{name}` cannot be read: {error}")]
    Unreadable {
        /// The file as the user named it.
        name: String,
        /// What the system said.
        error: io::Error,
    },
}

/// A line and a column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A text and where it came from, cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    masked: Arc<OnceLock<Option<String>>>,
    places: Arc<OnceLock<Places>>,
}

/// Shows the name only: texts are long and may hold what is not for logs.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

impl Source {
    /// A text that is at hand. `name` is what errors call it.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            // A byte order mark says nothing in UTF-8 and would shift columns.
            text: text.strip_prefix('\u{feff}').unwrap_or(text).into(),
            masked: Arc::default(),
            places: Arc::default(),
        }
    }

    /// Reads a text file, or standard input for `-`.
    ///
    /// # Errors
    /// When it is missing, no file, empty, too large, unreadable or not UTF-8.
    /// White space and a byte order mark are nothing.
    pub fn read(path: &Path, content: Content) -> Result<Self, SourceError> {
        let source = Self::from_bytes(&files::display_name(path), read_bytes(path, content)?)?;
        if source.text.trim().is_empty() {
            return Err(SourceError::Empty(source.name.to_string()));
        }
        Ok(source)
    }

    /// A text from bytes that are at hand.
    ///
    /// # Errors
    /// When they are not UTF-8.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, SourceError> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(name, &text)),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                Err(SourceError::NotUtf8 {
                    name: name.to_owned(),
                    offset,
                    byte: error.as_bytes().get(offset).copied().unwrap_or(0),
                })
            }
        }
    }

    /// What errors call it: the path as the user gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it can be shown, with every place where it is in the text.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.masked.get_or_init(|| masked(&self.text)).as_deref().unwrap_or(&self.text)
    }

    /// The line and column of a byte offset; the end of the text for offsets
    /// beyond it.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        self.places.get_or_init(|| Places::new(&self.text)).place(&self.text, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path, content: Content) -> String {
        let error = Source::read(path, content).expect_err("refused");
        error.to_string()
    }

    #[test]
    fn files_that_cannot_be_used_say_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let base = format!("{}/", folder.path().display());
        let says = |path: &Path| refusal(path, Content::Document).replace(&base, "");

        assert_eq!(says(&folder.path().join("none.yaml")), "`none.yaml` does not exist");
        assert_eq!(says(&write("empty.yaml", b"")), "`empty.yaml` is empty");
        assert_eq!(
            says(&write("latin1.yaml", b"name: caf\xe9\n")),
            "`latin1.yaml` is not UTF-8 text: byte 9 is `0xe9`"
        );
        let size = usize::try_from(Content::Document.limit()).expect("fits") + 1;
        assert_eq!(
            says(&write("big.yaml", &vec![b'#'; size])),
            "`big.yaml` is larger than 1 MiB, the limit for a document"
        );
        assert!(
            refusal(folder.path(), Content::Document).ends_with("is a folder, expected a file")
        );
    }

    #[test]
    fn a_device_without_end_is_bounded() {
        let path = Path::new("/dev/zero");
        if path.exists() {
            assert!(refusal(path, Content::Document).contains("larger than 1 MiB"));
        }
    }

    #[test]
    fn places_count_characters_and_stay_in_the_text() {
        let source = Source::new("t", "\u{feff}aé\nb€c");
        let place = |offset| {
            let place = source.place(offset);
            (place.line, place.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(3), (1, 3));
        assert_eq!(place(4), (2, 1));
        assert_eq!(place(8), (2, 3));
        assert_eq!(place(6), (2, 2), "inside of a character");
        assert_eq!(place(99), (2, 4));
    }
}
