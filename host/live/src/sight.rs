//! What is to be seen outside: pins and folders of documents, read once for all
//! names that share them.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tollgate::plugins::Plugins;

use crate::documents::{Documents, DocumentsError};
use crate::pins::{PinFile, PinsError, Snapshot};
use crate::stamp::Stamp;

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// Files that seem the same are taken for the same.
    Glance,
    /// Everything is read, and what was refused is tried again.
    Closely,
    /// Everything is loaded again.
    Again,
}

/// What was seen, and is seen again in each look.
pub(crate) struct Sight {
    pub(crate) plugins: Plugins,
    pins: BTreeMap<PathBuf, SeenPins>,
    documents: BTreeMap<PathBuf, Seen<Documents, DocumentsError>>,
    look: u64,
}

struct SeenPins {
    stamp: Option<Stamp>,
    read: Result<Snapshot, Arc<PinsError>>,
    look: u64,
}

struct Seen<T, E> {
    it: T,
    problem: Option<Arc<E>>,
    look: u64,
}

impl Sight {
    pub(crate) fn new(plugins: Plugins) -> Self {
        Self { plugins, pins: BTreeMap::new(), documents: BTreeMap::new(), look: 0 }
    }

    /// Begins another look.
    pub(crate) fn begin(&mut self) {
        self.look += 1;
    }

    /// The pins at a path, read at most once a look.
    pub(crate) fn pins(&mut self, path: &Path, look: Look) -> Result<&Snapshot, Arc<PinsError>> {
        let now = self.look;
        let seen = self.pins.get(path);
        if seen.is_none_or(|seen| seen.look != now) {
            // A mounted folder is as small as it is many files.
            let stamp = Stamp::of(path).filter(|_| !path.is_dir());
            let same = stamp.is_some()
                && look == Look::Glance
                && seen.is_some_and(|seen| seen.stamp == stamp && seen.read.is_ok());
            match self.pins.get_mut(path).filter(|_| same) {
                Some(seen) => seen.look = now,
                None => {
                    let read = PinFile::at(path).read().map_err(Arc::new);
                    self.pins.insert(path.to_owned(), SeenPins { stamp, read, look: now });
                }
            }
        }
        match self.pins.get(path).map(|seen| &seen.read) {
            Some(Ok(snapshot)) => Ok(snapshot),
            Some(Err(error)) => Err(Arc::clone(error)),
            None => Err(Arc::new(PinsError::Restless(path.display().to_string()))),
        }
    }

    /// The documents in a folder, looked through at most once a look.
    pub(crate) fn documents(
        &mut self,
        folder: &Path,
        look: Look,
    ) -> Result<&Documents, Arc<DocumentsError>> {
        let now = self.look;
        let seen = self.documents.entry(folder.to_owned()).or_insert_with(|| Seen {
            it: Documents::new(folder),
            problem: None,
            look: 0,
        });
        if seen.look != now {
            seen.look = now;
            let looked = seen.it.look(&self.plugins, look > Look::Glance);
            seen.problem = looked.err().map(Arc::new);
        }
        match &seen.problem {
            Some(problem) => Err(Arc::clone(problem)),
            None => Ok(&seen.it),
        }
    }
}
