//! The folder of entries, and which of them stay.

use std::time::{Duration, SystemTime};

use super::CacheProblem;
use super::folder::{Folder, Kept, Listed};

/// The largest entry in bytes: the code of a component as large as the default
/// limit lets in, which is about eight times its size.
const LARGEST: u64 = 256 << 20;

/// A file half written that is older was left by a process that has died.
const ABANDONED: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Entries {
    folder: Folder,
    size: u64,
}

impl Entries {
    pub(super) fn new(folder: Folder, size: u64) -> Self {
        Self { folder, size }
    }

    /// Reads an entry and marks it as used.
    pub(super) fn get(&self, file: &str) -> Kept {
        // Others may read an entry: it holds no secret.
        let kept = self.folder.read(file, LARGEST, 0o022);
        if let Kept::File(_) = kept {
            self.folder.touch(file);
        }
        kept
    }

    /// Writes an entry, and makes room for it.
    pub(super) fn put(
        &self,
        file: &str,
        content: &[&[u8]],
        suffix: &str,
    ) -> Result<(), CacheProblem> {
        let size: u64 = content.iter().map(|part| part.len() as u64).sum();
        if size > LARGEST.min(self.size) {
            return Ok(());
        }
        self.folder
            .write(file, content)
            .map_err(|error| self.folder.problem(format!("cannot be written to: {error}")))?;
        self.evict(file, suffix);
        Ok(())
    }

    /// Takes away what is beyond the bound: entries of other engines first,
    /// then the least recently used. Other processes may do the same at the
    /// same time, so whatever is gone already is fine.
    fn evict(&self, newest: &str, suffix: &str) {
        let Ok(files) = self.folder.list() else { return };
        let (halves, mut entries): (Vec<Listed>, Vec<Listed>) =
            files.into_iter().partition(|file| file.name.ends_with(".tmp"));
        let now = SystemTime::now();
        for half in halves.iter().filter(|half| is_abandoned(half, now)) {
            self.folder.remove(&half.name);
        }
        entries.retain(|entry| is_entry(&entry.name));
        let mut total: u64 = entries.iter().map(|entry| entry.size).sum();
        entries.sort_by_key(|entry| (entry.name.ends_with(suffix), entry.used));
        for entry in entries.iter().filter(|entry| entry.name != newest) {
            if total <= self.size {
                return;
            }
            self.folder.remove(&entry.name);
            total -= entry.size;
        }
    }
}

fn is_abandoned(half: &Listed, now: SystemTime) -> bool {
    now.duration_since(half.used).is_ok_and(|age| age > ABANDONED)
}

/// Whether a file is named as entries are: whatever else lies in the folder is
/// not ours to remove.
fn is_entry(name: &str) -> bool {
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let name = name.strip_prefix("baked-").unwrap_or(name);
    name.split_once('-').is_some_and(|(digest, engine)| is_hex(digest, 64) && is_hex(engine, 16))
}

#[cfg(test)]
mod tests {
    use super::is_entry;

    #[test]
    fn only_entries_are_ours_to_remove() {
        let (digest, engine) = ("0a".repeat(32), "0123456789abcdef");
        assert!(is_entry(&format!("{digest}-{engine}")));
        assert!(is_entry(&format!("baked-{digest}-{engine}")));
        for other in ["thesis.txt", "", "-", &digest, &format!("{digest}-{engine}.bak")] {
            assert!(!is_entry(other), "{other}");
        }
    }
}
