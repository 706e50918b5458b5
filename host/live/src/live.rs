//! All that is served: asked, reloaded, watched.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tollgate::facts::Instant;
use tollgate::judge::Registry;
use tollgate::plugins::Plugins;
use tollgate_engine::Digest;

use crate::load::{Found, LoadError, load};
use crate::serving::{Loaded, Serving};
use crate::settings::{Served, Settings};
use crate::state::{Refusal, Standing, State};
use crate::watch::Watcher;

/// All judges that are served. Cheap to clone; clones are the same.
///
/// ```no_run
/// # use std::collections::BTreeMap;
/// # use tollgate::plugins::Plugins;
/// # use tollgate_live::{Live, Served, Settings};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// let fraud = Served::policy("policies/fraud.yaml");
/// let served = BTreeMap::from([("fraud".to_owned(), fraud)]);
/// let live = Live::open(plugins, Settings { served, ready: 8 });
/// let _watcher = live.watch(std::time::Duration::from_secs(1))?;
/// if let Some(fraud) = live.serving("fraud") {
///     // All of this call is of one version, whatever is swapped meanwhile.
///     let decider = fraud.decider().expect("a policy");
///     let answer = decider.decide(br#"{"score": 0.73, "amount": 120, "country": "US"}"#);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    registry: Registry<Arc<Serving>>,
    states: Mutex<Vec<State>>,
    /// Held by whoever reloads.
    work: Mutex<Work>,
}

struct Work {
    plugins: Plugins,
    ready: usize,
    lanes: Vec<Lane>,
}

/// One name, and what was seen of it.
struct Lane {
    served: Served,
    state: State,
    serving: Option<Arc<Serving>>,
    /// The file that was refused last.
    refused: Option<Digest>,
}

impl Live {
    /// Opens all that is to be served. What cannot be loaded does not answer,
    /// and [`Live::state`] says why.
    #[must_use]
    pub fn open(plugins: Plugins, settings: Settings) -> Self {
        let lanes = settings.served.into_iter().map(|(name, served)| Lane {
            served,
            state: State::new(&name),
            serving: None,
            refused: None,
        });
        let work = Work { plugins, ready: settings.ready, lanes: lanes.collect() };
        let live = Self(Arc::new(Inner {
            registry: Registry::default(),
            states: Mutex::default(),
            work: Mutex::new(work),
        }));
        live.reload();
        live
    }

    /// What answers to a name now; none when nothing does. Takes no lock.
    #[must_use]
    pub fn serving(&self, name: &str) -> Option<Arc<Serving>> {
        self.0.registry.get(name)
    }

    /// All that answers now, together.
    #[must_use]
    pub fn all(&self) -> Arc<BTreeMap<String, Arc<Serving>>> {
        self.0.registry.all()
    }

    /// How each name stands, in their order.
    #[must_use]
    pub fn state(&self) -> Vec<State> {
        lock(&self.0.states).clone()
    }

    /// Whether every name answers.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        lock(&self.0.states).iter().all(State::is_ready)
    }

    /// Reads everything again, as a signal asks for: what was refused before
    /// is tried again. Gives how each name stands then.
    pub fn reload(&self) -> Vec<State> {
        self.look(true)
    }

    /// Looks whether something has changed, and loads that. What is not to be
    /// used leaves the last good version as it is.
    pub(crate) fn look(&self, again: bool) -> Vec<State> {
        let mut work = lock(&self.0.work);
        let Work { plugins, ready, lanes } = &mut *work;
        let mut swapped = false;
        for lane in lanes.iter_mut() {
            swapped |= lane.look(plugins, *ready, again);
        }
        if swapped {
            let serving = lanes.iter().filter_map(|lane| {
                Some((lane.state.name.clone(), Arc::clone(lane.serving.as_ref()?)))
            });
            self.0.registry.replace(serving.collect());
        }
        let states: Vec<State> = lanes.iter().map(|lane| lane.state.clone()).collect();
        lock(&self.0.states).clone_from(&states);
        states
    }

    /// Looks for changes in a thread of its own, until the watcher is dropped.
    ///
    /// Files are read again rather than watched: notifications do not come from
    /// network file systems, and of a ConfigMap they tell a swap of links. A
    /// look costs a read of each file.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn watch(&self, every: Duration) -> io::Result<Watcher> {
        let live = self.clone();
        Watcher::start(every, move || {
            live.look(false);
        })
    }
}

impl Lane {
    /// Loads the file where it is another; true when another version is to
    /// answer.
    fn look(&mut self, plugins: &Plugins, ready: usize, again: bool) -> bool {
        let found = match self.served.origin.find() {
            Ok(found) => found,
            Err(error) => {
                self.refuse(error.into(), None);
                return false;
            }
        };
        let digest = Some(found.digest);
        if self.serving.as_ref().map(|serving| serving.digest()) == digest && !again {
            self.state.refused = None;
            self.refused = None;
            return false;
        }
        if self.refused == digest && !again {
            return false;
        }
        match self.prove(plugins, ready, &found) {
            Ok(loaded) => {
                self.swap(loaded);
                true
            }
            Err(error) => {
                self.refuse(error, digest);
                false
            }
        }
    }

    fn prove(&self, plugins: &Plugins, ready: usize, found: &Found) -> Result<Loaded, LoadError> {
        let loaded = load(plugins, &self.served, found)?;
        loaded.judge.prepare(ready)?;
        Ok(loaded)
    }

    fn swap(&mut self, loaded: Loaded) {
        let same = self.serving.as_ref().filter(|it| it.digest() == loaded.digest);
        let since = same.map_or_else(Instant::now, |serving| serving.since());
        let serving = Serving { loaded, generation: 0, since };
        self.state.live = Some(Standing {
            version: serving.version().cloned(),
            generation: serving.generation(),
            digest: serving.digest(),
            since,
        });
        self.state.refused = None;
        self.state.swaps += 1;
        self.refused = None;
        self.serving = Some(Arc::new(serving));
    }

    fn refuse(&mut self, error: LoadError, digest: Option<Digest>) {
        let known = self.state.refused.as_ref();
        let since = known.filter(|known| known.error.to_string() == error.to_string());
        let since = since.map_or_else(Instant::now, |known| known.since);
        self.refused = digest;
        self.state.refusals += 1;
        self.state.refused = Some(Refusal { error: Arc::new(error), since });
    }
}

/// What a thread that panicked left is whole: lanes are changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
