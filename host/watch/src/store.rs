//! The state as a file: read whole, replaced whole, held by one watch at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tollgate::file;
use tollgate::source::Content;

use crate::WatchError;
use crate::notice::key;
use crate::sight::Sight;
use crate::state::{FORM, State};

/// The file of a state, and the right to write it.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// Locked as long as this lives; the system lets it go with the process.
    _lock: File,
}

impl Store {
    /// Takes the file for this process alone. The lock is a file beside it,
    /// since the file itself is another one after each write.
    ///
    /// # Errors
    /// When another watch holds it, or it can be no file.
    pub fn hold(path: &Path) -> Result<Self, WatchError> {
        let name = || path.display().to_string();
        match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => {
                return Err(WatchError::NoFile { file: name(), found: "a link" });
            }
            Ok(there) if there.is_dir() => {
                return Err(WatchError::NoFile { file: name(), found: "a folder" });
            }
            Ok(there) if !there.is_file() => {
                return Err(WatchError::NoFile { file: name(), found: "a device or a pipe" });
            }
            _ => {}
        }
        let folder = file::folder(path);
        if !folder.is_dir() {
            let folder = folder.display().to_string();
            return Err(WatchError::NoFolder { file: name(), folder });
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = PathBuf::from(beside);
        let refused = |error| WatchError::Refused {
            file: beside.display().to_string(),
            done: "locked",
            error,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        // What lies there under that name is not followed and not waited for.
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        }
        let mut lock = options.open(&beside).map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(refused(error)),
            Err(TryLockError::WouldBlock) => {
                return Err(WatchError::Held { file: name(), who: holder(&mut lock) });
            }
        }
        // For whoever comes next; that it cannot be written changes nothing.
        let _ = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The state, or a new one of what is `wanted` where there is none yet.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or of something else.
    pub fn load(&self, wanted: State) -> Result<State, WatchError> {
        let file = || self.path.display().to_string();
        let mut bytes = Vec::new();
        let read = File::open(&self.path)
            .and_then(|file| file.take(Content::Kept.limit()).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(wanted),
            Err(error) => return Err(WatchError::Refused { file: file(), done: "read", error }),
        }
        let damaged = |problem: String| WatchError::Damaged { file: file(), problem };
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        match value.get("form").and_then(Value::as_u64) {
            Some(FORM) => {}
            Some(found) => {
                return Err(WatchError::OtherForm { file: file(), found, known: FORM });
            }
            None => return Err(damaged("it does not say its form".to_owned())),
        }
        // From the text, whose lines and columns an error names.
        let state: State =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        state.check().map_err(damaged)?;
        if (&state.watched, &state.profiles) != (&wanted.watched, &wanted.profiles) {
            return Err(WatchError::OfOther {
                file: file(),
                found: state.subject(),
                wanted: wanted.subject(),
            });
        }
        Ok(state)
    }

    /// Replaces the state, whole or not at all. When this returns, it is on the
    /// disk.
    ///
    /// # Errors
    /// When it cannot be written; the one before is as it was.
    pub fn save(&self, state: &State) -> Result<(), WatchError> {
        let write = || -> io::Result<()> {
            let mut text = serde_json::to_vec_pretty(state)?;
            text.push(b'\n');
            file::replace(&self.path, &text, None)
        };
        write().map_err(|error| WatchError::Refused {
            file: self.path.display().to_string(),
            done: "written",
            error,
        })
    }
}

/// What the state of such a watch is called: other for another model, another
/// registry and other profiles.
#[must_use]
pub fn file_name(sight: &Sight, profiles: &[&str]) -> String {
    let (subject, place) = (sight.subject(), sight.registry().map(|it| it.mlflow.http().base()));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = subject
        .trim_start_matches("models:/")
        .chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .take(80)
        .collect();
    let id = key(&json!([subject, place, profiles]));
    format!("{name}-{id}.json")
}

/// Who holds a lock, as far as the file says it.
fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.take(32).read_to_string(&mut text);
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if read.is_ok() && is_number { format!(" (process {text})") } else { String::new() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::reaction::When;
    use crate::state::Streak;

    fn state() -> State {
        State::new("models:/churn@champion", &["drift".to_owned()])
    }

    #[test]
    fn a_state_is_what_was_written_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let store = Store::hold(&path).unwrap();
        let mut kept = store.load(state()).unwrap();
        assert_eq!(kept, state());
        kept.rounds = 7;
        kept.last = Some("2026-11-30T12:00:00Z".to_owned());
        kept.streaks.push(Streak {
            profile: "drift".to_owned(),
            digest: "sha256:0".to_owned(),
            rule: "psi".to_owned(),
            when: When::Fail,
            version: Some(3),
            first: 5,
            since: "2026-11-30T11:58:00Z".to_owned(),
            rounds: 3,
            message: String::new(),
            raised: BTreeMap::new(),
        });
        store.save(&kept).unwrap();
        assert_eq!(store.load(state()).unwrap(), kept);

        let whole = fs::read_to_string(&path).unwrap();
        let load = |text: &str| {
            fs::write(&path, text).unwrap();
            store.load(state()).map_err(|error| error.to_string())
        };
        // Half of it, and less.
        for length in [0, 1, whole.len() / 2, whole.len() - 3] {
            let error = load(&whole[..length]).unwrap_err();
            assert!(error.contains("is damaged"), "{length}: {error}");
        }
        let error = load(&whole.replace("\"form\": 1", "\"form\": 2")).unwrap_err();
        assert!(error.contains("form 2"), "{error}");
        let error = load(&whole.replace("\"rounds\"", "\"turns\"")).unwrap_err();
        assert!(error.contains("is damaged"), "{error}");
        let error = load(&whole.replace("drift", "ramp")).unwrap_err();
        assert!(error.contains("by ramp"), "{error}");
        // What no rounds can have come to, and where it stands.
        for (from, to, says) in [
            ("\"rounds\": 7", "\"rounds\": 18446744073709551615", "`/rounds` is 1844"),
            ("\"rounds\": 7", "\"rounds\": -7", "line 7 column"),
            ("\"rounds\": 7", "\"rounds\": 7.5", "line 7 column"),
            ("\"rounds\": 7", "\"rounds\": 0", "`/last` does not fit"),
            ("\"rounds\": 7", "\"rounds\": 4", "`/streaks/0/first` is 5"),
            ("\"first\": 5", "\"first\": 0", "`/streaks/0/first` is 0"),
            ("\"first\": 5", "\"first\": 6", "`/streaks/0/rounds` is 3"),
            ("\"rounds\": 3", "\"rounds\": 0", "`/streaks/0/rounds` is 0"),
            ("\"rounds\": 3", "\"rounds\": 18446744073709551615", "`/streaks/0/rounds`"),
            ("2026-11-30T12:00", "yesterday", "`/last` is no time"),
            ("2026-11-30T11:58", "yesterday", "`/streaks/0/since` is no time"),
        ] {
            assert!(whole.contains(from), "{from}: {whole}");
            let error = load(&whole.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains("is damaged") && error.contains(says), "{to}: {error}");
        }
        let error = load("{}").unwrap_err();
        assert!(error.contains("form"), "{error}");
        assert_eq!(load(&whole), Ok(kept));
    }

    #[test]
    fn one_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let held = Store::hold(&path).unwrap();
        let error = Store::hold(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        drop(held);
        Store::hold(&path).unwrap();

        let error = Store::hold(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is a folder"), "{error}");
        let error = Store::hold(&folder.path().join("no/state.json")).unwrap_err().to_string();
        assert!(error.contains("there is no folder"), "{error}");
    }
}
