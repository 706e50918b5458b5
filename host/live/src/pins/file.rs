//! The file that pins are in: read in one go, and changed in one write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use tollgate::file;
use tollgate::source::Source;

use super::error::PinsError;
use super::snapshot::Form;
use super::{LARGEST, Pin, Snapshot, manifest, write};

/// A writer holds a file for some milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where pins are: a pin file, the manifest of a ConfigMap, or the folder of
/// one that is mounted.
#[derive(Debug, Clone)]
pub struct PinFile {
    path: PathBuf,
}

impl PinFile {
    /// Pins at a path, where there need be nothing yet.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is nothing yet.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(fs::symlink_metadata(&self.path), Err(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Reads all pins as they are at one moment.
    ///
    /// # Errors
    /// When they cannot be read, or are wrong.
    pub fn read(&self) -> Result<Snapshot, PinsError> {
        Snapshot::read(&self.path)
    }

    /// Writes the pin of a policy, where it still is what was `seen`: whole or
    /// not at all, whoever else writes at the same time and wherever this
    /// process is killed. The file is made where there is none.
    ///
    /// # Errors
    /// When somebody else changed it meanwhile, or it cannot be written; it is
    /// as it was then.
    pub fn change(&self, name: &str, seen: Option<&Pin>, pin: &Pin) -> Result<(), PinsError> {
        if self.path.is_dir() {
            return Err(PinsError::Mounted(self.name()));
        }
        // What a link names is changed, and the link stays.
        let path = match self.path.is_symlink() {
            true => fs::canonicalize(&self.path).map_err(|error| self.refused("read", error))?,
            false => self.path.clone(),
        };
        let since = Instant::now();
        loop {
            let Some(mut held) = self.hold(&path, since)? else {
                self.unchanged(name, seen, None)?;
                let text = bounded(&self.name(), pin, |pin| {
                    write::file(None, &[(name.to_owned(), pin.clone())].into())
                })?;
                match file::create(&path, text.as_bytes()) {
                    Ok(()) => return Ok(()),
                    // Somebody else made it in between.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    Err(error) => return Err(self.refused("written", error)),
                }
            };
            let mut text = String::new();
            held.read_to_string(&mut text).map_err(|error| self.refused("read", error))?;
            let snapshot = Snapshot::parse(Source::new(&self.name(), &text))?;
            self.unchanged(name, seen, snapshot.pin(name)?.as_ref())?;
            let text = self.with(&snapshot, name, pin)?;
            let replaced = held.metadata().and_then(|metadata| {
                file::replace(&path, text.as_bytes(), Some(metadata.permissions()))
            });
            return replaced.map_err(|error| self.refused("written", error));
        }
    }

    /// The one change that Kubernetes is to make: a JSON Patch (RFC 6902) for
    /// `kubectl patch --type json`. It tests that the pin still is what was
    /// read, so that the API server refuses a stale one.
    ///
    /// # Errors
    /// When there is no ConfigMap.
    pub fn patch(&self, snapshot: &Snapshot, name: &str, pin: &Pin) -> Result<String, PinsError> {
        if matches!(snapshot.form, Form::File(..)) {
            return Err(PinsError::NoConfigMap(self.name()));
        }
        let path = format!("/data/{}", tollgate::tree::escape(name));
        let value = bounded(&self.name(), pin, write::line)?;
        let patch = match snapshot.text(name) {
            Some(before) => json!([
                { "op": "test", "path": path, "value": before },
                { "op": "replace", "path": path, "value": value },
            ]),
            None => json!([{ "op": "add", "path": path, "value": value }]),
        };
        Ok(patch.to_string())
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn refused(&self, what: &'static str, error: io::Error) -> PinsError {
        PinsError::Refused { file: self.name(), what, error }
    }

    /// The text with another pin in it.
    fn with(&self, snapshot: &Snapshot, name: &str, pin: &Pin) -> Result<String, PinsError> {
        match &snapshot.form {
            Form::File(source, pins) => bounded(&self.name(), pin, |pin| {
                let mut pins = pins.clone();
                pins.insert(name.to_owned(), pin.clone());
                write::file(Some(source.text()), &pins)
            }),
            Form::Manifest(source, tree, _) => {
                let value = bounded(&self.name(), pin, write::line)?;
                manifest::with_key(source, tree, name, &value, pin)
            }
            Form::Mounted(_) => Err(PinsError::Mounted(self.name())),
        }
    }

    fn unchanged(
        &self,
        name: &str,
        seen: Option<&Pin>,
        found: Option<&Pin>,
    ) -> Result<(), PinsError> {
        if seen == found {
            return Ok(());
        }
        let generation = |pin: Option<&Pin>| pin.map_or(0, |pin| pin.generation);
        let last = found.and_then(|pin| pin.history.last());
        Err(PinsError::Stale {
            file: self.name(),
            name: name.to_owned(),
            seen: generation(seen),
            found: generation(found),
            who: last.map_or_else(String::new, |last| format!(", by {}", last.by)),
        })
    }

    /// Opens the file, and holds it until it is dropped; none when there is
    /// none.
    fn hold(&self, path: &Path, since: Instant) -> Result<Option<File>, PinsError> {
        loop {
            let file = match OpenOptions::new().read(true).write(true).open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(self.refused("written", error)),
            };
            let patience = PATIENCE.saturating_sub(since.elapsed());
            if !file::hold(&file, patience).map_err(|error| self.refused("locked", error))? {
                let seconds = PATIENCE.as_secs();
                return Err(PinsError::Busy { file: self.name(), seconds });
            }
            // While it was waited for, another file may have taken its place.
            if file::is_at(&file, path) {
                return Ok(Some(file));
            }
        }
    }
}

/// What `written` makes of a pin, whose oldest changes go where it would be too
/// large.
fn bounded(file: &str, pin: &Pin, written: impl Fn(&Pin) -> String) -> Result<String, PinsError> {
    let mut text = written(pin);
    let mut pin = pin.clone();
    while text.len() > LARGEST {
        if pin.history.len() < 2 {
            return Err(PinsError::TooLarge(file.to_owned()));
        }
        pin.history.drain(..pin.history.len() / 2);
        text = written(&pin);
    }
    Ok(text)
}
