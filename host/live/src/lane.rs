//! One name that is served: what was seen of it, and what answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use semver::Version;
use tollgate::document::suggestion::suggestion;
use tollgate::facts::Instant;
use tollgate::source::{Content, SourceError};
use tollgate_engine::Digest;

use crate::documents::{DocumentsError, Listed};
use crate::found::{Found, signature_file};
use crate::load::{LoadError, load};
use crate::pins::{Pin, PinnedVersion};
use crate::serving::{Loaded, Serving};
use crate::settings::{Origin, Served};
use crate::sight::{Look, Sight};
use crate::stamp::Stamp;
use crate::state::{Refusal, Standby, Standing, State};

/// One name that is served.
pub(crate) struct Lane {
    served: Served,
    ready: usize,
    state: State,
    serving: Option<Arc<Serving>>,
    /// The pin that is live.
    pin: Option<Pin>,
    /// What was pinned has one digest for good, whether the pins say which.
    digests: BTreeMap<Version, Digest>,
    /// Versions that are kept loaded, the live one included.
    warm: Vec<Loaded>,
    /// What was refused last.
    refused: Option<Wanted>,
    /// The file, when it is served by itself, as it was seen last.
    seen: Option<(Stamp, Listed)>,
}

/// What is to be live.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    digest: Digest,
    pin: Option<Pin>,
}

/// How a version stands that is to be live.
enum Stands {
    Live,
    Refused,
    Open,
}

impl Lane {
    pub(crate) fn new(name: &str, served: Served, ready: usize) -> Self {
        Self {
            served,
            ready,
            state: State::new(name),
            serving: None,
            pin: None,
            digests: BTreeMap::new(),
            warm: Vec::new(),
            refused: None,
            seen: None,
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn serving(&self) -> Option<(String, Arc<Serving>)> {
        Some((self.state.name.clone(), Arc::clone(self.serving.as_ref()?)))
    }

    /// Loads what is to be live where it is not; true when something else
    /// answers from now on.
    pub(crate) fn look(&mut self, sight: &mut Sight, look: Look) -> bool {
        let before = self.serving.clone();
        match self.served.origin.clone() {
            Origin::Pinned { pins, name, documents } => {
                let name = name.unwrap_or_else(|| self.state.name.clone());
                if let Err(error) = self.look_pinned(sight, look, &name, &pins, &documents) {
                    self.refuse(error);
                }
            }
            origin => {
                if let Err(error) = self.look_single(sight, look, &origin) {
                    self.refuse(error);
                }
            }
        }
        match (&before, &self.serving) {
            (Some(before), Some(now)) => !Arc::ptr_eq(before, now),
            (None, now) => now.is_some(),
            (Some(_), None) => false,
        }
    }

    fn look_single(&mut self, sight: &Sight, look: Look, origin: &Origin) -> Result<(), LoadError> {
        let (listed, found) = self.find_single(look, origin)?;
        let wanted = Wanted { digest: listed.digest, pin: None };
        match self.stands(&wanted, look) {
            Stands::Live => self.clear(),
            Stands::Refused => {}
            Stands::Open => {
                let found = match found {
                    Some(found) => found,
                    None => read(origin, &listed.file)?,
                };
                self.attempt(wanted, |lane| {
                    let loaded = load(&sight.plugins, &lane.served, &found)?;
                    loaded.judge.prepare(lane.ready)?;
                    Ok(loaded)
                })?;
            }
        }
        Ok(())
    }

    /// The file, read when it may have changed.
    fn find_single(
        &mut self,
        look: Look,
        origin: &Origin,
    ) -> Result<(Listed, Option<Found>), SourceError> {
        let path = match origin {
            Origin::Model { path, .. } => signature_file(path)?,
            Origin::Single(path)
            | Origin::Schema { path, .. }
            | Origin::Pinned { pins: path, .. } => path.clone(),
        };
        let stamp = Stamp::of(&path);
        if let (Some(stamp), Some((seen, listed))) = (&stamp, &self.seen)
            && look == Look::Glance
            && stamp == seen
        {
            return Ok((listed.clone(), None));
        }
        self.seen = None;
        let found = read(origin, &path)?;
        let listed = Listed { file: path, digest: found.digest };
        self.seen = stamp.map(|stamp| (stamp, listed.clone()));
        Ok((listed, Some(found)))
    }

    fn look_pinned(
        &mut self,
        sight: &mut Sight,
        look: Look,
        name: &str,
        pins: &Path,
        folder: &Path,
    ) -> Result<(), LoadError> {
        let pin = pin(sight, look, name, pins)?;
        self.is_later(&pin, name, pins)?;
        // What is loaded needs no file any more: a rollback must not hang on
        // one. What is wrong with the file is told all the same.
        let (digest, problem) = match self.document(sight, look, name, folder, &pin, &pin.current) {
            Ok(listed) => (listed.digest, None),
            Err(error) => match self.pinned_digest(&pin, &pin.current) {
                Some(digest) if self.is_warm(&pin.current, digest) => (digest, Some(error)),
                _ => return Err(error),
            },
        };
        let wanted = Wanted { digest, pin: Some(pin.clone()) };
        match self.stands(&wanted, look) {
            Stands::Live => {}
            Stands::Refused => return Ok(()),
            Stands::Open => self.attempt(wanted, |lane| {
                let loaded = match lane.take_warm(&pin.current, digest, look) {
                    Some(loaded) => loaded,
                    None => lane.load(sight, look, name, folder, &pin, &pin.current)?,
                };
                loaded.judge.prepare(lane.ready)?;
                Ok(loaded)
            })?,
        }
        self.keep_ready(sight, look, name, folder, &pin);
        match problem {
            Some(problem) => Err(problem),
            None => {
                self.clear();
                Ok(())
            }
        }
    }

    /// Whether this is live, or was refused already.
    fn stands(&self, wanted: &Wanted, look: Look) -> Stands {
        let is_live = self.serving.as_ref().is_some_and(|it| it.digest() == wanted.digest)
            && self.pin == wanted.pin;
        match look {
            Look::Again => Stands::Open,
            _ if is_live => Stands::Live,
            Look::Glance if self.refused.as_ref() == Some(wanted) => Stands::Refused,
            _ => Stands::Open,
        }
    }

    /// All is as it should be.
    fn clear(&mut self) {
        self.refused = None;
        self.state.refused = None;
    }

    /// A pin must be of a later generation than the one that is live, unless
    /// nobody counts.
    fn is_later(&self, pin: &Pin, name: &str, pins: &Path) -> Result<(), LoadError> {
        let Some(live) = &self.pin else { return Ok(()) };
        if pin.generation == 0 || pin == live {
            return Ok(());
        }
        let (pins, name) = (pins.display().to_string(), name.to_owned());
        let (found, live) = (pin.generation, live.generation);
        match found {
            _ if found < live => Err(LoadError::Stale { pins, name, found, live }),
            _ if found == live => Err(LoadError::SameGeneration { pins, name, generation: live }),
            _ => Ok(()),
        }
    }

    /// The document of a version, which must be the one that was pinned.
    fn document(
        &self,
        sight: &mut Sight,
        look: Look,
        name: &str,
        folder: &Path,
        pin: &Pin,
        version: &PinnedVersion,
    ) -> Result<Listed, LoadError> {
        let documents = sight.documents(folder, look).map_err(LoadError::Documents)?;
        let listed = documents.find(name, version.version())?;
        match self.pinned_digest(pin, version) {
            Some(pinned) if pinned != listed.digest => Err(DocumentsError::Changed {
                what: format!("version {version} of `{name}`"),
                file: listed.file.display().to_string(),
                pinned,
                found: listed.digest,
            }
            .into()),
            _ => Ok(listed),
        }
    }

    fn load(
        &self,
        sight: &mut Sight,
        look: Look,
        name: &str,
        folder: &Path,
        pin: &Pin,
        version: &PinnedVersion,
    ) -> Result<Loaded, LoadError> {
        let listed = self.document(sight, look, name, folder, pin, version)?;
        let found = Found::document(&listed.file)?;
        if found.digest != listed.digest {
            // It changes right now; the next look sees what it came to.
            return Err(DocumentsError::Changed {
                what: format!("version {version} of `{name}`"),
                file: found.name(),
                pinned: listed.digest,
                found: found.digest,
            }
            .into());
        }
        load(&sight.plugins, &self.served, &found)
    }

    fn pinned_digest(&self, pin: &Pin, version: &PinnedVersion) -> Option<Digest> {
        pin.digests.get(version).or_else(|| self.digests.get(version.version())).copied()
    }

    fn warm(&self, version: &PinnedVersion, digest: Digest) -> Option<&Loaded> {
        self.warm.iter().find(|loaded| {
            loaded.digest == digest && loaded.version.as_ref() == Some(version.version())
        })
    }

    fn is_warm(&self, version: &PinnedVersion, digest: Digest) -> bool {
        self.warm(version, digest).is_some()
    }

    fn take_warm(&self, version: &PinnedVersion, digest: Digest, look: Look) -> Option<Loaded> {
        // What is asked to be loaded again is, unless its file is gone.
        let is_live = self.serving.as_ref().is_some_and(|it| it.digest() == digest);
        let again = look == Look::Again && is_live;
        self.warm(version, digest).filter(|loaded| !again || !loaded.file.exists()).cloned()
    }

    /// Makes live what is wanted, or remembers that it is not to be.
    fn attempt(
        &mut self,
        wanted: Wanted,
        load: impl FnOnce(&Self) -> Result<Loaded, LoadError>,
    ) -> Result<(), LoadError> {
        match load(self) {
            Ok(loaded) => {
                self.swap(loaded, wanted.pin);
                Ok(())
            }
            Err(error) => {
                self.refused = Some(wanted);
                Err(error)
            }
        }
    }

    fn swap(&mut self, loaded: Loaded, pin: Option<Pin>) {
        let before = self.serving.as_ref();
        let same = before.filter(|before| before.digest() == loaded.digest);
        let since = same.map_or_else(Instant::now, |before| before.since());
        if let (Some(version), true) = (&loaded.version, pin.is_some()) {
            self.digests.insert(version.clone(), loaded.digest);
        }
        let generation = pin.as_ref().map_or(0, |pin| pin.generation);
        if let Some(before) = before.filter(|_| same.is_none()) {
            // Its calls go on; no new ones come. Whoever is ready for them goes.
            let _ = before.judge().prepare(0);
        }
        self.warm.retain(|warm| warm.digest != loaded.digest);
        self.warm.push(loaded.clone());
        let serving = Serving { loaded, generation, since };
        self.state.live = Some(Standing {
            version: serving.version().cloned(),
            generation,
            digest: serving.digest(),
            since,
        });
        self.state.swaps += 1;
        self.clear();
        self.pin = pin;
        self.serving = Some(Arc::new(serving));
        if self.pin.is_none() {
            self.warm.clear();
        }
    }

    /// Keeps previous and fallback loaded, for a rollback that waits for
    /// nothing. One that cannot be loaded is told, and hinders nobody.
    fn keep_ready(&mut self, sight: &mut Sight, look: Look, name: &str, folder: &Path, pin: &Pin) {
        let mut kept: Vec<Digest> = self.serving.iter().map(|serving| serving.digest()).collect();
        let mut ready = |lane: &mut Self,
                         version: Option<&PinnedVersion>,
                         known: Option<Standby>| {
            let version = version?.clone();
            let known = known.filter(|known| known.version == version && known.problem.is_some());
            let digest = lane.pinned_digest(pin, &version);
            if let Some(digest) = digest.filter(|digest| lane.is_warm(&version, *digest)) {
                kept.push(digest);
                return Some(Standby { version, problem: None });
            }
            if look == Look::Glance && known.is_some() {
                return known;
            }
            let problem = match lane.load(sight, look, name, folder, pin, &version) {
                Ok(loaded) => {
                    kept.push(loaded.digest);
                    lane.digests.insert(version.version().clone(), loaded.digest);
                    lane.warm.push(loaded);
                    None
                }
                Err(error) => Some(Arc::new(error)),
            };
            Some(Standby { version, problem })
        };
        let (previous, fallback) = (self.state.previous.take(), self.state.fallback.take());
        let previous = ready(self, pin.previous.as_ref(), previous);
        let fallback = ready(self, pin.fallback.as_ref(), fallback);
        self.state.previous = previous;
        self.state.fallback = fallback;
        self.state.bad = pin.bad.iter().cloned().collect();
        self.warm.retain(|loaded| kept.contains(&loaded.digest));
    }

    fn refuse(&mut self, error: LoadError) {
        let known = self.state.refused.as_ref();
        match known.filter(|known| known.error.to_string() == error.to_string()) {
            Some(_) => {}
            None => {
                self.state.refusals += 1;
                let since = Instant::now();
                self.state.refused = Some(Refusal { error: Arc::new(error), since });
            }
        }
    }
}

fn read(origin: &Origin, path: &Path) -> Result<Found, SourceError> {
    match origin {
        Origin::Single(_) | Origin::Pinned { .. } => Found::document(path),
        Origin::Schema { .. } | Origin::Model { .. } => Found::read(path, Content::Model),
    }
}

fn pin(sight: &mut Sight, look: Look, name: &str, pins: &Path) -> Result<Pin, LoadError> {
    let snapshot = sight.pins(pins, look).map_err(LoadError::Pins)?;
    let pin = snapshot.pin(name).map_err(|error| LoadError::Pins(Arc::new(error)))?;
    pin.ok_or_else(|| LoadError::Unpinned {
        pins: pins.display().to_string(),
        name: name.to_owned(),
        help: suggestion(name, snapshot.names()).map_or_else(String::new, |it| format!("; {it}")),
    })
}
