//! Compiled code on disk, so that a component is compiled once.
//!
//! Deserialising compiled code runs it, so a forged file would be an open
//! door. Each entry carries an HMAC-SHA-256 over its name and content, under a
//! key that lives apart from the cache, readable by its owner only: whoever
//! can write to a shared or restored cache folder still cannot make an entry.
//! Folders and files are the user's own and are opened without following
//! links; where anything about them is doubtful there is no cache, which is
//! only slower, and [`CacheProblem`] says why.

mod entries;
mod folder;
mod key;

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

use self::entries::Entries;
use self::folder::{Folder, Kept};
use crate::text::plain;

const TAG: usize = 32;

/// How much compiled code a cache keeps when nothing else is asked for, in
/// bytes: some thirty large plugins. The least recently used go first.
pub const CACHE_SIZE: u64 = 512 << 20;

/// Where compiled code is kept: absolute paths.
#[derive(Debug, Clone)]
pub struct CacheDirectory {
    /// The folder of the entries. Made when missing.
    pub entries: PathBuf,
    /// The file of the key, outside that folder. Made when missing.
    pub key: PathBuf,
}

/// What the cache did for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// There is no cache.
    Off,
    /// None was needed: the code came with the program, compiled ahead of time.
    Ahead,
    /// The compiled code came from the cache.
    Hit,
    /// It was compiled, and kept when the folder could be written.
    Miss,
    /// An entry was there that is not ours: no regular file of the user's, or
    /// without our key's mark. Compiled anew.
    Rejected,
}

/// Why nothing is taken from a cache, or kept in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{}` {}", plain(&path.display().to_string()), plain(problem))]
pub struct CacheProblem {
    /// The folder or file.
    pub path: PathBuf,
    /// What is wrong with it, and what mends it.
    pub problem: String,
}

impl CacheProblem {
    fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

/// Is told of a [`CacheProblem`] when it is met.
pub(crate) type Watch = fn(&CacheProblem);

/// What [`EngineBuilder`](crate::EngineBuilder) asks for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) directory: Option<CacheDirectory>,
    pub(crate) size: u64,
    pub(crate) watch: Option<Watch>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { directory: None, size: CACHE_SIZE, watch: None }
    }
}

#[derive(Debug)]
pub(crate) struct Cache {
    open: Option<Open>,
    /// The first thing that was wrong.
    problem: OnceLock<CacheProblem>,
    watch: Option<Watch>,
}

#[derive(Debug)]
struct Open {
    entries: Entries,
    key: [u8; key::LENGTH],
    /// The engine's version and settings, which compiled code must match.
    compatibility: u64,
}

/// What a look-up found.
pub(crate) enum Found {
    Entry(Vec<u8>),
    Nothing,
    Forged,
}

impl Cache {
    pub(crate) fn open(wanted: Wanted, compatibility: impl Hash) -> Self {
        let Wanted { directory, size, watch } = wanted;
        let mut cache = Self { open: None, problem: OnceLock::new(), watch };
        // The default hasher with fixed keys; stable for one build of the host.
        #[allow(deprecated)]
        let mut hasher = std::hash::SipHasher::new();
        compatibility.hash(&mut hasher);
        match directory.map(|directory| Open::new(&directory, size, hasher.finish())) {
            Some(Ok(open)) => cache.open = Some(open),
            Some(Err(problem)) => cache.tell(problem),
            None => {}
        }
        cache
    }

    /// The first thing that was wrong with the cache.
    pub(crate) fn problem(&self) -> Option<&CacheProblem> {
        self.problem.get()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Found {
        let Some(open) = &self.open else { return Found::Nothing };
        let mut bytes = match open.entries.get(&open.file(name)) {
            Kept::File(bytes) => bytes,
            Kept::Nothing => return Found::Nothing,
            Kept::Doubtful(_) => return Found::Forged,
        };
        let Some((content, tag)) = bytes.split_last_chunk::<TAG>() else {
            return Found::Forged;
        };
        match open.mac(name, content).map(|mac| mac.verify_slice(tag)) {
            Some(Ok(())) => {
                bytes.truncate(bytes.len() - TAG);
                Found::Entry(bytes)
            }
            _ => Found::Forged,
        }
    }

    /// Keeps an entry. A cache that cannot be written is only slower, so
    /// failure is a word to the watcher.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let Some(open) = &self.open else { return };
        let Some(mac) = open.mac(name, content) else { return };
        let tag = mac.finalize().into_bytes();
        if let Err(problem) = open.entries.put(&open.file(name), &[content, &tag], &open.suffix()) {
            self.tell(problem);
        }
    }

    /// Only the first is worth a word: the others follow from it.
    fn tell(&self, problem: CacheProblem) {
        if self.problem.set(problem).is_ok()
            && let (Some(watch), Some(problem)) = (self.watch, self.problem.get())
        {
            watch(problem);
        }
    }
}

impl Open {
    fn new(
        directory: &CacheDirectory,
        size: u64,
        compatibility: u64,
    ) -> Result<Self, CacheProblem> {
        let key = key::read_or_make(&directory.key)?;
        let entries = Entries::new(Folder::open(&directory.entries)?, size);
        Ok(Self { entries, key, compatibility })
    }

    fn file(&self, name: &str) -> String {
        format!("{name}{}", self.suffix())
    }

    /// What the entries of this engine end in.
    fn suffix(&self) -> String {
        format!("-{:016x}", self.compatibility)
    }

    fn mac(&self, name: &str, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(name.as_bytes());
        mac.update(&self.compatibility.to_le_bytes());
        mac.update(content);
        Some(mac)
    }
}
