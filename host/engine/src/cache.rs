//! Compiled code on disk, so that a component is compiled once.
//!
//! Deserialising compiled code runs it, so a forged file would be an open
//! door. Each entry carries an HMAC-SHA-256 over its name and content, under a
//! key that lives apart from the cache, readable by its owner only: whoever
//! can write to a shared or restored cache folder still cannot make an entry.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::EngineError;

const TAG: usize = 32;

/// Where compiled code is kept.
#[derive(Debug, Clone)]
pub struct CacheDirectory {
    /// The folder of the entries. Made when missing; may be shared.
    pub entries: PathBuf,
    /// The file of the key, outside that folder. Made when missing.
    pub key: PathBuf,
}

/// What the cache did for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// There is no cache.
    Off,
    /// The compiled code came from the cache.
    Hit,
    /// It was compiled, and kept when the folder could be written.
    Miss,
    /// An entry was there and did not carry our key's mark: compiled anew.
    Rejected,
}

#[derive(Debug)]
pub(crate) struct Cache {
    entries: PathBuf,
    key: [u8; 32],
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
    pub(crate) fn open(
        directory: CacheDirectory,
        compatibility: impl Hash,
    ) -> Result<Self, EngineError> {
        // The default hasher with fixed keys; stable for one build of the host.
        #[allow(deprecated)]
        let mut hasher = std::hash::SipHasher::new();
        compatibility.hash(&mut hasher);
        let key = read_or_make_key(&directory.key).map_err(|problem| EngineError::CacheKey {
            path: directory.key.clone(),
            problem: problem.to_string(),
        })?;
        Ok(Self { entries: directory.entries, key, compatibility: hasher.finish() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.entries.join(format!("{name}-{:016x}", self.compatibility))
    }

    fn mac(&self, name: &str, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(name.as_bytes());
        mac.update(&self.compatibility.to_le_bytes());
        mac.update(content);
        Some(mac)
    }

    pub(crate) fn get(&self, name: &str) -> Found {
        let Ok(mut bytes) = fs::read(self.path(name)) else {
            return Found::Nothing;
        };
        let Some((content, tag)) = bytes.split_last_chunk::<TAG>() else {
            return Found::Forged;
        };
        match self.mac(name, content).map(|mac| mac.verify_slice(tag)) {
            Some(Ok(())) => {
                bytes.truncate(bytes.len() - TAG);
                Found::Entry(bytes)
            }
            _ => Found::Forged,
        }
    }

    /// Keeps an entry. A cache that cannot be written is only slower, so
    /// failure is silent.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let _ = self.write(name, content);
    }

    /// Writes beside the entry and renames, so that a reader never sees half.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mac = self.mac(name, content).ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(&self.entries)?;
        let path = self.path(name);
        let temporary = temporary(&path)?;
        let written = File::create_new(&temporary).and_then(|mut file| {
            file.write_all(content)?;
            file.write_all(&mac.finalize().into_bytes())?;
            fs::rename(&temporary, &path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

/// A name beside `path` that no other thread or process writes to. Not the
/// process's number: in containers that is often the same.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(path.with_extension(format!("{:016x}.tmp", u64::from_le_bytes(random))))
}

fn read_or_make_key(path: &Path) -> io::Result<[u8; 32]> {
    match File::open(path) {
        Ok(mut file) => {
            check_owner_only(&file)?;
            let mut key = [0; 32];
            file.read_exact(&mut key).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    io::Error::other("is too short; remove it to have a new one made")
                }
                _ => io::Error::other(format!("cannot be read: {error}")),
            })?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(path),
        Err(error) => Err(io::Error::other(format!("cannot be read: {error}"))),
    }
}

/// Makes the key. When another process makes it at the same moment, the one
/// that lands first counts for both.
fn make_key(path: &Path) -> io::Result<[u8; 32]> {
    let cannot = |error: io::Error| io::Error::other(format!("cannot be made: {error}"));
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    let temporary = temporary(path).map_err(cannot)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&temporary).and_then(|mut file| file.write_all(&key)).map_err(cannot)?;
    let linked = fs::hard_link(&temporary, path);
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_or_make_key(path),
        Err(error) => Err(cannot(error)),
    }
}

#[cfg(unix)]
fn check_owner_only(file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if file.metadata()?.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other("can be read by others; `chmod 600` it, or remove it"))
}

#[cfg(not(unix))]
fn check_owner_only(_file: &File) -> io::Result<()> {
    Ok(())
}
