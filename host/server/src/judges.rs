//! The judges that are served, by name: loaded, and loaded anew while calls
//! go on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tollgate::judge::{
    Checker, CheckerOptions, Decider, Gate, JudgeError, Opened, Registry, Subject,
};
use tollgate::model;
use tollgate::plugins::Plugins;
use tollgate::source::{Content, Source};

use crate::config::{CheckAgainst, Config};
use crate::error::{Kind, Unloaded};
use crate::judged::{Judged, JudgedPolicy};
use crate::metrics::Metrics;
use crate::work::Pace;

/// A policy that is served.
pub(crate) struct ServedPolicy {
    pub(crate) decider: Decider,
    /// The headers that it reads, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) judged: JudgedPolicy,
    pub(crate) pace: Pace,
}

/// A signature, schema or document that payloads are checked against.
pub(crate) struct ServedCheck {
    pub(crate) checker: Checker,
    /// The same for rows, of which each batch tells all that it finds.
    pub(crate) of_rows: Checker,
    pub(crate) judged: Judged,
    pub(crate) pace: Pace,
}

/// Gate profiles that judge together.
pub(crate) struct ServedGate {
    pub(crate) profiles: Vec<Gate>,
    pub(crate) judged: Judged,
    pub(crate) pace: Pace,
}

/// How the last attempt to load something ended.
#[derive(Debug, Clone)]
pub(crate) struct Loading {
    /// Whether it is served, be it an earlier version.
    pub(crate) is_served: bool,
    /// Its version; empty where it has none.
    pub(crate) version: Option<String>,
    /// Since when what is served is.
    pub(crate) since: Option<SystemTime>,
    /// Why the last attempt failed, in one line.
    pub(crate) problem: Option<String>,
}

/// All judges.
pub(crate) struct Judges {
    plugins: Plugins,
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    pub(crate) policies: Registry<Arc<ServedPolicy>>,
    pub(crate) checks: Registry<Arc<ServedCheck>>,
    pub(crate) gates: Registry<Arc<ServedGate>>,
    state: Mutex<BTreeMap<(Kind, String), Loading>>,
    /// One loads at a time.
    loading: Mutex<()>,
}

impl Judges {
    pub(crate) fn new(plugins: Plugins, config: Arc<Config>, metrics: Arc<Metrics>) -> Self {
        Self {
            plugins,
            config,
            metrics,
            policies: Registry::default(),
            checks: Registry::default(),
            gates: Registry::default(),
            state: Mutex::default(),
            loading: Mutex::default(),
        }
    }

    /// Loads all that the configuration names. What cannot be loaded leaves
    /// what was served before as it is, and is told.
    pub(crate) fn load(&self) -> Vec<Unloaded> {
        let _one = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let Config { policies, checks, gates, .. } = &*self.config;
        let mut unloaded = Vec::new();
        for (name, path) in policies {
            let loaded = self.policy(name, path);
            let version = |it: &ServedPolicy| it.decider.document().version.to_string();
            let version = loaded.as_ref().map(version).unwrap_or_default();
            self.keep(Kind::Policy, name, version, &self.policies, loaded, &mut unloaded);
        }
        for (name, against) in checks {
            let loaded = self.check(name, against);
            self.keep(Kind::Check, name, String::new(), &self.checks, loaded, &mut unloaded);
        }
        for (name, paths) in gates {
            let profiles = paths.iter().map(|path| Gate::open(&self.plugins, path));
            let loaded = profiles.collect::<Result<Vec<_>, _>>().map(|profiles| ServedGate {
                profiles,
                judged: Judged::gate(&self.metrics, name),
                pace: Pace::default(),
            });
            self.keep(Kind::Gate, name, String::new(), &self.gates, loaded, &mut unloaded);
        }
        unloaded
    }

    fn policy(&self, name: &str, path: &Path) -> Result<ServedPolicy, JudgeError> {
        let decider = Decider::open(&self.plugins, path)?;
        let document = decider.document();
        let inputs = decider.policy().surface().inputs.iter();
        let headers = inputs
            .filter_map(|input| document.input(&input.name)?.header.as_deref())
            .map(str::to_ascii_lowercase)
            .collect();
        let judged = JudgedPolicy::new(&self.metrics, name, &decider);
        Ok(ServedPolicy { headers, judged, pace: Pace::default(), decider })
    }

    fn check(&self, name: &str, against: &CheckAgainst) -> Result<ServedCheck, JudgeError> {
        let subject = match against {
            CheckAgainst::Model { path, part, mode, protocol } => Subject::Signature {
                signature: model::read_signature(path)?,
                part: *part,
                mode: *mode,
                protocol: *protocol,
            },
            CheckAgainst::Schema { path, formats } => Subject::Schema {
                schema: Source::read(path, Content::Model)?,
                resources: Vec::new(),
                formats: *formats,
                strict: false,
            },
            CheckAgainst::Document(path) => {
                Subject::Document(Box::new(Opened::open(&self.plugins, path)?))
            }
        };
        let options = CheckerOptions::default();
        Ok(ServedCheck {
            checker: Checker::new(&self.plugins, &subject, options)?,
            of_rows: Checker::new(&self.plugins, &subject, options.of_batches())?,
            judged: Judged::check(&self.metrics, name),
            pace: Pace::default(),
        })
    }

    /// Serves what was loaded, or keeps what is served.
    fn keep<J>(
        &self,
        kind: Kind,
        name: &str,
        version: String,
        registry: &Registry<Arc<J>>,
        loaded: Result<J, JudgeError>,
        unloaded: &mut Vec<Unloaded>,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let loading = state.entry((kind, name.to_owned())).or_insert(Loading {
            is_served: false,
            version: None,
            since: None,
            problem: None,
        });
        let outcome = if loaded.is_ok() { "loaded" } else { "failed" };
        let labels = vec![
            ("kind", kind.name().to_owned()),
            ("name", name.to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        self.metrics.reloads.get_or_create_owned(&labels).inc();
        match loaded {
            Ok(judge) => {
                registry.insert(name, Arc::new(judge));
                let gauge = |version: &str| {
                    let kind = ("kind", kind.name().to_owned());
                    vec![kind, ("name", name.to_owned()), ("version", version.to_owned())]
                };
                if let Some(before) = &loading.version {
                    self.metrics.serving.remove(&gauge(before));
                }
                self.metrics.serving.get_or_create_owned(&gauge(&version)).set(1);
                *loading = Loading {
                    is_served: true,
                    version: Some(version.clone()),
                    since: Some(SystemTime::now()),
                    problem: None,
                };
                tracing::info!(kind = kind.name(), name, version, "loaded");
            }
            Err(error) => {
                let problem = error.to_string();
                tracing::error!(
                    kind = kind.name(), name, problem, kept = loading.is_served,
                    "not loaded"
                );
                loading.problem = Some(problem);
                unloaded.push(Unloaded { kind, name: name.to_owned(), error });
            }
        }
    }

    /// How loading each ended, by kind and name.
    pub(crate) fn state(&self) -> BTreeMap<(Kind, String), Loading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is configured and was never loaded; none when that is still to
    /// come.
    pub(crate) fn missing(&self) -> Option<Vec<String>> {
        let Config { policies, checks, gates, .. } = &*self.config;
        let all = policies.len() + checks.len() + gates.len();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.len() < all {
            return None;
        }
        let missing = state.iter().filter(|(_, loading)| !loading.is_served);
        Some(missing.map(|((kind, name), _)| format!("{} {name}", kind.name())).collect())
    }
}
