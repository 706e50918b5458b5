//! The judges that are served, by name, and what the server keeps beside each.
//!
//! Which version of a name answers is [`tollgate_live`]'s to say. Whoever asks
//! here gets that, with the counters of this very version.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tollgate::judge::{Checker, Decider, Gate, Registry};
use tollgate::plugins::Plugins;
use tollgate::text::visible;
use tollgate_live::{Live, Served, Serving, Settings, State, Watcher};

use crate::config::{Config, CountersConfig};
use crate::counting::Counting;
use crate::error::{Kind, Unloaded};
use crate::judged::{Judged, JudgedPolicy};
use crate::logging::Logging;
use crate::metrics::Metrics;
use crate::rolling::{Rolling, Versions};
use crate::work::Pace;

/// A policy that is served.
pub(crate) struct ServedPolicy {
    serving: Arc<Serving>,
    pub(crate) decider: Decider,
    /// The headers that it reads, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) judged: JudgedPolicy,
    pub(crate) pace: Pace,
    pub(crate) counting: Option<Arc<Counting>>,
    pub(crate) log: Option<Arc<Logging>>,
    candidate: Option<Arc<Serving>>,
    pub(crate) rolling: Option<Arc<Rolling>>,
}

impl ServedPolicy {
    /// Whoever may decide by it.
    pub(crate) fn deciders(&self) -> impl Iterator<Item = &Decider> {
        let candidate = self.candidate.as_ref().and_then(|candidate| candidate.decider());
        std::iter::once(&self.decider).chain(candidate)
    }

    /// Whether a call may wait for what is outside of this process.
    pub(crate) fn waits(&self) -> bool {
        self.counting.as_ref().is_some_and(|counting| counting.waits())
            || self.log.as_ref().is_some_and(|log| log.waits())
    }
}

/// A signature, schema or document that payloads are checked against.
pub(crate) struct ServedCheck {
    serving: [Arc<Serving>; 2],
    pub(crate) checker: Checker,
    /// The same for rows, of which each batch tells all that it finds.
    pub(crate) of_rows: Checker,
    pub(crate) judged: Judged,
    pub(crate) pace: Pace,
}

/// Gate profiles that judge together.
pub(crate) struct ServedGate {
    serving: Vec<Arc<Serving>>,
    pub(crate) profiles: Vec<Gate>,
    pub(crate) judged: Judged,
    pub(crate) pace: Pace,
}

/// What is live of each kind.
struct Lives {
    policies: Live,
    /// Of the policies that are rolled out, what may take their place.
    candidates: Live,
    checks: Live,
    /// The checks again, for rows.
    rows: Live,
    gates: Live,
    /// Where guardrails' plugins are.
    plugins: Plugins,
    _watchers: Vec<Watcher>,
}

/// What was told of a name last: how often it went live, and how often not.
type Told = BTreeMap<(Kind, String), (u64, u64)>;

/// All judges.
pub(crate) struct Judges {
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    /// None until all were tried once.
    live: ArcSwapOption<Lives>,
    policies: Registry<Arc<ServedPolicy>>,
    checks: Registry<Arc<ServedCheck>>,
    gates: Registry<Arc<ServedGate>>,
    told: Mutex<Told>,
    countings: OnceLock<BTreeMap<String, Arc<Counting>>>,
    log: OnceLock<Arc<Logging>>,
    /// By policy, the last rollout: it goes on while its versions are the same.
    rollings: Mutex<BTreeMap<String, Arc<Rolling>>>,
}

impl Judges {
    pub(crate) fn new(config: Arc<Config>, metrics: Arc<Metrics>) -> Self {
        Self {
            countings: OnceLock::new(),
            log: OnceLock::new(),
            rollings: Mutex::default(),
            config,
            metrics,
            live: ArcSwapOption::empty(),
            policies: Registry::default(),
            checks: Registry::default(),
            gates: Registry::default(),
            told: Mutex::default(),
        }
    }

    /// Loads all that is configured, and looks for changes from here on, where
    /// it is said how often. What was opened before answers until then, and is
    /// closed.
    pub(crate) fn open(&self, plugins: &Plugins, watch: Option<Duration>) -> io::Result<()> {
        let open = |served| Live::open(plugins.clone(), Settings { served, ready: 0 });
        let Config { policies, checks, gates, rollouts, .. } = &*self.config;
        let candidates = rollouts.iter().map(|(name, rollout)| {
            let mut candidate = Served::policy(&rollout.candidate);
            candidate.model = policies.get(name).and_then(|served| served.model.clone());
            (name.clone(), candidate)
        });
        let candidates = open(candidates.collect());
        let gates = gates.iter().flat_map(|(name, profiles)| {
            let named =
                |(place, profile): (usize, &_)| (profile_name(name, place), Clone::clone(profile));
            profiles.iter().enumerate().map(named)
        });
        let gates = open(gates.collect());
        let of_rows = checks.iter().map(|(name, check)| (name.clone(), check.of_rows()));
        let rows = open(of_rows.collect());
        let checks =
            open(checks.iter().map(|(name, check)| (name.clone(), check.served())).collect());
        let policies = open(policies.clone());
        let all = [&policies, &candidates, &checks, &rows, &gates];
        let watchers = match watch {
            None => Vec::new(),
            Some(every) => {
                all.iter().map(|live| live.watch(every)).collect::<io::Result<Vec<_>>>()?
            }
        };
        let loses = |old: &Live, new: &Live| {
            old.state().iter().any(|it| it.is_ready() && new.serving(&it.name).is_none())
        };
        // A document that has become bad since is no reason to lose the last good
        // one, which answers.
        if self.live.load().as_ref().is_some_and(|old| {
            let old = [&old.policies, &old.candidates, &old.checks, &old.rows, &old.gates];
            old.into_iter().zip(all).any(|(old, new)| loses(old, new))
        }) {
            return Err(io::Error::other("what answers cannot be loaded anew"));
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let plugins = plugins.clone();
        let lives =
            Lives { policies, candidates, checks, rows, gates, plugins, _watchers: watchers };
        if self.live.swap(Some(Arc::new(lives))).is_some() {
            // The same versions in another engine are no news.
            let state = self.state().unwrap_or_default().into_iter();
            *told = state.map(|(kind, it)| ((kind, it.name), (it.swaps, it.refusals))).collect();
        }
        Ok(())
    }

    /// Loads all of it again. What cannot be loaded leaves what is live.
    pub(crate) fn reload(&self) {
        let Some(lives) = self.live.load_full() else { return };
        let Lives { policies, candidates, checks, rows, gates, .. } = &*lives;
        for live in [policies, candidates, checks, rows, gates] {
            live.reload();
        }
    }

    pub(crate) fn policy(&self, name: &str) -> Option<Arc<ServedPolicy>> {
        let lives = self.live.load();
        let lives = lives.as_ref()?;
        let serving = lives.policies.serving(name)?;
        let candidate = lives.candidates.serving(name);
        if let Some(known) = self.policies.get(name)
            && Arc::ptr_eq(&known.serving, &serving)
            && known.candidate.as_ref().map(Arc::as_ptr) == candidate.as_ref().map(Arc::as_ptr)
        {
            return Some(known);
        }
        let decider = serving.decider()?.clone();
        let mut headers = headers_of(&decider);
        if let Some(candidate) = candidate.as_ref().and_then(|candidate| candidate.decider()) {
            headers.extend(headers_of(candidate));
            headers.sort();
            headers.dedup();
        }
        let rolling = self.rolling(&lives.plugins, name, &decider, candidate.as_deref());
        let counting = self.countings.get().and_then(|all| all.get(name).cloned());
        let judged = JudgedPolicy::new(&self.metrics, name, &decider);
        let pace = Pace::default();
        let policy = Arc::new(ServedPolicy {
            serving,
            headers,
            judged,
            pace,
            counting,
            log: self.log().cloned(),
            candidate,
            rolling,
            decider,
        });
        self.policies.insert(name, Arc::clone(&policy));
        Some(policy)
    }

    /// Opens the places where counters are kept.
    ///
    /// # Errors
    /// When one cannot be used.
    pub(crate) fn open_counters(&self) -> Result<(), tollgate_counters::StoreError> {
        let open = |(name, counters): (&String, &CountersConfig)| {
            Ok((name.clone(), Arc::new(Counting::open(name, counters, &self.metrics)?)))
        };
        let countings = self.config.counters.iter().map(open).collect::<Result<_, _>>()?;
        // Nobody else opens them.
        let _ = self.countings.set(countings);
        Ok(())
    }

    /// Opens the decision log, where there is to be one.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(crate) fn open_log(&self) -> Result<(), tollgate_decisions::OpenError> {
        if let Some(settings) = self.config.decision_log.clone() {
            // Nobody else opens it.
            let _ = self.log.set(Arc::new(Logging::open(settings, &self.metrics)?));
        }
        Ok(())
    }

    /// Writes what waits for the decision log, which takes no more then.
    ///
    /// # Errors
    /// What could not be written, and why.
    pub(crate) fn close_log(&self) -> Result<(), String> {
        self.log().map_or(Ok(()), |log| log.close())
    }

    /// The decision log, where there is one.
    pub(crate) fn log(&self) -> Option<&Arc<Logging>> {
        self.log.get()
    }

    /// The rollout of a policy, which goes on while both versions are the same.
    fn rolling(
        &self,
        plugins: &Plugins,
        name: &str,
        champion: &Decider,
        candidate: Option<&Serving>,
    ) -> Option<Arc<Rolling>> {
        let rollout = self.config.rollouts.get(name)?;
        let candidate = candidate?.decider()?;
        let mut rollings = self.rollings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rolling) = rollings.get(name).filter(|it| it.is_of(champion, candidate)) {
            // The same versions, in another engine perhaps.
            rolling.renew(champion, candidate);
            return Some(Arc::clone(rolling));
        }
        let versions = Versions { champion: champion.clone(), candidate: candidate.clone() };
        let log = self.log().cloned();
        let opened = Rolling::open(name, rollout, plugins, versions, log, &self.metrics);
        match opened {
            Ok(rolling) => {
                let rolling = Arc::new(rolling);
                rollings.insert(name.to_owned(), Arc::clone(&rolling));
                Some(rolling)
            }
            Err(error) => {
                let problem = one_line(&error);
                let problem = visible(&problem);
                tracing::error!(policy = name, %problem, "no rollout: the champion answers all");
                rollings.remove(name);
                None
            }
        }
    }

    /// Judges the guardrails of all rollouts whose time it is.
    pub(crate) fn check_rollouts(&self) {
        // A rollout begins with the first look at its policy.
        for name in self.config.rollouts.keys() {
            if let Some(rolling) = self.policy(name).and_then(|policy| policy.rolling.clone()) {
                rolling.check();
            }
        }
    }

    pub(crate) fn check(&self, name: &str) -> Option<Arc<ServedCheck>> {
        let lives = self.live.load();
        let lives = lives.as_ref()?;
        let serving = [lives.checks.serving(name)?, lives.rows.serving(name)?];
        if let Some(known) = self.checks.get(name)
            && are_same(&known.serving, &serving)
        {
            return Some(known);
        }
        let [single, rows] = &serving;
        let check = Arc::new(ServedCheck {
            checker: single.checker()?.clone(),
            of_rows: rows.checker()?.clone(),
            judged: Judged::check(&self.metrics, name),
            pace: Pace::default(),
            serving,
        });
        self.checks.insert(name, Arc::clone(&check));
        Some(check)
    }

    pub(crate) fn gate(&self, name: &str) -> Option<Arc<ServedGate>> {
        let lives = self.live.load();
        let gates = &lives.as_ref()?.gates;
        let count = self.config.gates.get(name)?.len();
        let serving = (0..count).map(|place| gates.serving(&profile_name(name, place)));
        let serving = serving.collect::<Option<Vec<_>>>()?;
        if let Some(known) = self.gates.get(name)
            && are_same(&known.serving, &serving)
        {
            return Some(known);
        }
        let profiles = serving.iter().map(|serving| serving.gate().cloned());
        let gate = Arc::new(ServedGate {
            profiles: profiles.collect::<Option<Vec<_>>>()?,
            judged: Judged::gate(&self.metrics, name),
            pace: Pace::default(),
            serving,
        });
        self.gates.insert(name, Arc::clone(&gate));
        Some(gate)
    }

    /// How all stand, in order; none until they were tried once.
    pub(crate) fn state(&self) -> Option<Vec<(Kind, State)>> {
        let lives = self.live.load_full()?;
        let of = |kind, live: &Live| live.state().into_iter().map(move |state| (kind, state));
        let checks = of(Kind::Check, &lives.checks).zip(lives.rows.state());
        // A check answers where both of its judges do.
        let checks = checks.map(|((kind, one), rows)| {
            (kind, if one.refused.is_none() && rows.refused.is_some() { rows } else { one })
        });
        let all = of(Kind::Policy, &lives.policies).chain(of(Kind::Candidate, &lives.candidates));
        let all = all.chain(checks);
        Some(all.chain(of(Kind::Gate, &lives.gates)).collect())
    }

    /// What is configured and does not answer; none when that is not known yet.
    pub(crate) fn missing(&self) -> Option<Vec<String>> {
        let state = self.state()?.into_iter();
        let missing = state.filter(|(_, state)| !state.is_ready());
        Some(missing.map(|(kind, state)| format!("{kind} {}", state.name)).collect())
    }

    /// What of it cannot be loaded as it is now.
    pub(crate) fn unloaded(&self) -> Vec<Unloaded> {
        let state = self.state().unwrap_or_default().into_iter();
        let refused = state.filter_map(|(kind, state)| {
            Some(Unloaded { kind, name: state.name, error: state.refused?.error })
        });
        refused.collect()
    }

    /// Says what has changed since this was called last, in the log and in the
    /// metrics.
    pub(crate) fn tell(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, state) in self.state().unwrap_or_default() {
            let State { name, live, refused, swaps, refusals, .. } = state;
            let before = told.insert((kind, name.clone()), (swaps, refusals));
            let (before_swaps, before_refusals) = before.unwrap_or_default();
            let swapped = swaps.saturating_sub(before_swaps);
            let failed = refusals.saturating_sub(before_refusals);
            self.count(kind, &name, "live", swapped);
            self.count(kind, &name, "refused", failed);
            if let Some(live) = &live
                && swapped > 0
            {
                let version = live.version.as_ref().map(ToString::to_string).unwrap_or_default();
                let (generation, digest) = (live.generation, &live.digest);
                tracing::info!(kind = kind.name(), name, version, generation, %digest, "live");
            }
            if let Some(refused) = refused
                && failed > 0
            {
                let problem = one_line(&*refused.error);
                let kept = live.is_some();
                tracing::error!(
                    kind = kind.name(), name, problem = %visible(&problem), kept, "not loaded"
                );
            }
        }
    }

    fn count(&self, kind: Kind, name: &str, outcome: &str, count: u64) {
        let kind = ("kind", kind.name().to_owned());
        let labels = vec![kind, ("name", name.to_owned()), ("outcome", outcome.to_owned())];
        self.metrics.reloads.get_or_create_owned(&labels).inc_by(count);
    }
}

/// A problem with what it comes from, in one line.
pub(crate) fn one_line(error: &dyn miette::Diagnostic) -> String {
    let places: Vec<String> =
        error.related().into_iter().flatten().map(ToString::to_string).collect();
    let text = error.to_string();
    if places.is_empty() { text } else { format!("{text}: {}", places.join("; ")) }
}

/// The headers that a policy reads, in lower case.
fn headers_of(decider: &Decider) -> Vec<String> {
    let (document, surface) = (decider.document(), decider.policy().surface());
    let headers =
        surface.inputs.iter().filter_map(|input| document.input(&input.name)?.header.as_deref());
    headers.map(str::to_ascii_lowercase).collect()
}

/// What a profile of a gate is called among the live ones.
fn profile_name(gate: &str, place: usize) -> String {
    format!("{gate}/{}", place + 1)
}

fn are_same(one: &[Arc<Serving>], other: &[Arc<Serving>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Arc::ptr_eq(one, other))
}
