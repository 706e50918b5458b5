//! All that is served: asked, reloaded, watched.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tollgate::judge::Registry;
use tollgate::plugins::Plugins;

use crate::lane::Lane;
use crate::serving::Serving;
use crate::settings::Settings;
use crate::sight::{Look, Sight};
use crate::state::State;
use crate::watch::Watcher;

/// Every so many looks of a watcher everything is read.
const CLOSELY: u32 = 10;

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
    sight: Sight,
    lanes: Vec<Lane>,
}

impl Live {
    /// Opens all that is to be served. What cannot be loaded does not answer,
    /// and [`Live::state`] says why.
    #[must_use]
    pub fn open(plugins: Plugins, settings: Settings) -> Self {
        let ready = settings.ready;
        let served = settings.served.into_iter();
        let lanes = served.map(|(name, served)| Lane::new(&name, served, ready)).collect();
        let work = Work { sight: Sight::new(plugins), lanes };
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

    /// Loads everything again, as a signal asks for, and tries again what was
    /// refused. Gives how each name stands then.
    pub fn reload(&self) -> Vec<State> {
        self.look(Look::Again)
    }

    /// Loads what has changed since the last time, and gives how each name
    /// stands then: what a watcher does from time to time.
    pub fn refresh(&self) -> Vec<State> {
        self.look(Look::Closely)
    }

    /// What is not to be used leaves the last good version as it is.
    fn look(&self, look: Look) -> Vec<State> {
        let mut work = lock(&self.0.work);
        let Work { sight, lanes } = &mut *work;
        sight.begin();
        let mut changed = false;
        for lane in lanes.iter_mut() {
            changed |= lane.look(sight, look);
        }
        if changed {
            let serving = lanes.iter().filter_map(Lane::serving);
            self.0.registry.replace(serving.collect());
        }
        let states: Vec<State> = lanes.iter().map(|lane| lane.state().clone()).collect();
        lock(&self.0.states).clone_from(&states);
        states
    }

    /// Looks for changes in a thread of its own, until the watcher is dropped.
    ///
    /// Files are looked at rather than watched: notifications do not come from
    /// network file systems, and of a ConfigMap they tell of links that are
    /// swapped. A look costs a call of the system for each file; each tenth
    /// reads them all, so that no change is missed that shows in no file's
    /// stamp.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn watch(&self, every: Duration) -> io::Result<Watcher> {
        let live = self.clone();
        let mut looks = 0_u32;
        Watcher::start(every, move || {
            looks = looks.wrapping_add(1);
            live.look(if looks.is_multiple_of(CLOSELY) { Look::Closely } else { Look::Glance });
        })
    }
}

/// What a thread that panicked left is whole: lanes are changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
