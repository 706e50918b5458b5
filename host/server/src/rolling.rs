//! A rollout in the request path: who is answered by which version, and the
//! other version beside it, later and elsewhere.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use arc_swap::ArcSwap;
use prometheus_client::metrics::counter::Counter;
use tollgate::facts::Instant;
use tollgate::input::{CaseKey, Outside};
use tollgate::judge::{Answer, Decider};
use tollgate::plugins::Plugins;
use tollgate_decisions::{Assignment, RolloutChange};
use tollgate_engine::CallOptions;
use tollgate_rollout::{Answered, Arm, Change, Plan, Rollout, RolloutError, Status};

use crate::config::RolloutConfig;
use crate::judged::JudgedPolicy;
use crate::logging::Logging;
use crate::metrics::Metrics;

/// So many requests wait to be seen by the other version. One that finds no room
/// is not compared, and counted as such.
const WAITING: usize = 4096;

/// What the other version may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// A rollout of a policy.
pub(crate) struct Rolling {
    policy: String,
    shared: Arc<Shared>,
    key: CaseKey,
    jobs: SyncSender<Job>,
    skipped: Counter,
    returned: Counter,
    checked: Mutex<Moment>,
    log: Option<Arc<Logging>>,
    /// Why it was held up when that was logged last.
    held: Mutex<Option<String>>,
    /// What the log says of a request that one of both answers.
    assigned: Assigned,
    /// What the candidate came to, where it answered.
    pub(crate) judged: JudgedPolicy,
}

struct Shared {
    rollout: Rollout,
    versions: ArcSwap<Versions>,
}

/// Both versions of a policy.
pub(crate) struct Versions {
    pub(crate) champion: Decider,
    pub(crate) candidate: Decider,
}

impl Versions {
    fn of(&self, arm: Arm) -> &Decider {
        match arm {
            Arm::Champion => &self.champion,
            Arm::Candidate => &self.candidate,
        }
    }
}

/// What the log says of requests, by who answers them.
struct Assigned {
    champion: Assignment,
    candidate: Assignment,
    /// Nobody is assigned yet.
    shadow: Assignment,
}

impl Assigned {
    fn new(rollout: &str) -> Self {
        let name: Arc<str> = Arc::from(rollout);
        let to =
            |arm: &str, shadow| Assignment { name: Arc::clone(&name), arm: arm.into(), shadow };
        Self {
            champion: to("champion", false),
            candidate: to("candidate", false),
            shadow: to("champion", true),
        }
    }
}

/// Which version answers a request.
pub(crate) struct Answering<'r> {
    pub(crate) arm: Arm,
    pub(crate) decider: Decider,
    /// What the log says of it; none once the champion answers everybody for
    /// good.
    pub(crate) assignment: Option<&'r Assignment>,
}

/// A request that one version has answered and the other is to see.
struct Job {
    request: Vec<u8>,
    outside: Outside,
    by: Arm,
    action: Option<String>,
    score: Option<f64>,
    took: Duration,
}

impl Rolling {
    pub(crate) fn open(
        policy: &str,
        config: &RolloutConfig,
        plugins: &Plugins,
        versions: Versions,
        log: Option<Arc<Logging>>,
        metrics: &Metrics,
    ) -> Result<Self, RolloutError> {
        let plan = Plan::read(&config.plan)?;
        let key = CaseKey::new(&plan.key);
        let assigned = Assigned::new(&plan.name);
        let (of_champion, of_candidate) = (title(&versions.champion), title(&versions.candidate));
        let state = config.state.as_deref();
        let rollout = Rollout::open(plan, plugins, &of_champion, &of_candidate, state)?;
        let labels = vec![("policy", policy.to_owned())];
        let judged = JudgedPolicy::new(metrics, policy, &versions.candidate);
        let versions = ArcSwap::from_pointee(versions);
        let shared = Arc::new(Shared { rollout, versions });
        let (jobs, waiting) = sync_channel::<Job>(WAITING);
        let other = Arc::clone(&shared);
        let compared = metrics.shadow.clone();
        let policy_name = policy.to_owned();
        let thread = std::thread::Builder::new().name("tollgate-shadow".to_owned());
        let started = thread.spawn(move || {
            for job in waiting {
                let agree = other.see(&job);
                let labels = vec![
                    ("policy", policy_name.clone()),
                    ("agree", if agree { "true" } else { "false" }.to_owned()),
                ];
                compared.get_or_create_owned(&labels).inc();
            }
        });
        started.map_err(|error| RolloutError::State {
            file: of_candidate,
            done: "shadowed",
            problem: error.to_string(),
        })?;
        let rolling = Self {
            policy: policy.to_owned(),
            skipped: metrics.shadow_skipped.get_or_create_owned(&labels),
            returned: metrics.rollouts_returned.get_or_create_owned(&labels),
            checked: Mutex::new(Moment::now()),
            held: Mutex::default(),
            log,
            assigned,
            shared,
            key,
            jobs,
            judged,
        };
        rolling.tell("began", &[]);
        Ok(rolling)
    }

    /// Whether it is of these versions.
    pub(crate) fn is_of(&self, champion: &Decider, candidate: &Decider) -> bool {
        let same = |one: &Decider, other: &Decider| {
            one.plugin().digest() == other.plugin().digest()
                && one.document().settings_digest() == other.document().settings_digest()
                && title(one) == title(other)
        };
        let versions = self.shared.versions.load();
        same(&versions.champion, champion) && same(&versions.candidate, candidate)
    }

    /// Takes the same versions as they are now, frozen perhaps.
    pub(crate) fn renew(&self, champion: &Decider, candidate: &Decider) {
        let (champion, candidate) = (champion.clone(), candidate.clone());
        self.shared.versions.store(Arc::new(Versions { champion, candidate }));
    }

    /// Which version answers a request.
    pub(crate) fn arm(&self, request: &[u8]) -> Answering<'_> {
        let rollout = &self.shared.rollout;
        // Without a step there is nothing to look for.
        let is_shared = rollout.is_shared();
        let key = is_shared.then(|| self.key.of(request).ok()).flatten();
        let arm = rollout.arm(key.as_deref());
        let assignment = match arm {
            Arm::Candidate => Some(&self.assigned.candidate),
            Arm::Champion if is_shared => Some(&self.assigned.champion),
            Arm::Champion => rollout.is_running().then_some(&self.assigned.shadow),
        };
        let decider = self.shared.versions.load().of(arm).clone();
        Answering { arm, decider, assignment }
    }

    /// Lets the other version see what one has answered.
    pub(crate) fn compare(
        &self,
        request: &[u8],
        outside: &Outside,
        by: Arm,
        answer: &Answer<'_>,
        took: Duration,
    ) {
        if !self.shared.rollout.is_running() {
            return;
        }
        let decided = answer.decision().is_ok();
        let job = Job {
            request: request.to_vec(),
            outside: outside.clone(),
            by,
            action: decided.then(|| answer.action().map(str::to_owned)).flatten(),
            score: answer.score(),
            took,
        };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.jobs.try_send(job)
        {
            self.skipped.inc();
        }
    }

    /// Judges the guardrails, where it is time to.
    pub(crate) fn check(&self) {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = checked.elapsed();
        if elapsed < self.shared.rollout.plan().every {
            return;
        }
        *checked = Moment::now();
        drop(checked);
        let policy = self.policy.as_str();
        match self.shared.rollout.check(elapsed, &[], Instant::now()) {
            Ok(Change::Stays(None)) => {}
            Ok(Change::Stays(Some(why))) => {
                tracing::warn!(policy, why, "the rollout does not go on");
                let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                if held.as_ref() != Some(&why) {
                    self.tell("held", std::slice::from_ref(&why));
                    *held = Some(why);
                }
            }
            Ok(Change::Next) => {
                self.tell("next", &[]);
                tracing::info!(policy, "the rollout takes its next step");
            }
            Ok(Change::Done) => {
                self.tell("done", &[]);
                tracing::info!(policy, "the rollout is done");
            }
            Ok(Change::Returned(because)) => {
                self.returned.inc();
                self.tell("returned", &because);
                let because = because.join("; ");
                tracing::error!(policy, because, "the champion answers everybody again");
            }
            Err(error) => {
                let problem = error.to_string();
                tracing::error!(policy, problem, "the rollout does not go on");
            }
        }
    }

    /// Says in the decision log what became of it.
    fn tell(&self, change: &str, because: &[String]) {
        let Some(log) = &self.log else { return };
        let Status { name, champion, candidate, stage, stages, percent, .. } = self.status();
        log.tell(&RolloutChange {
            name: &name,
            policy: &self.policy,
            champion: &champion,
            candidate: &candidate,
            change,
            stage,
            number: stages.0,
            of: stages.1,
            percent,
            because,
        });
    }

    /// What people see of it.
    pub(crate) fn status(&self) -> Status {
        self.shared.rollout.status()
    }
}

impl Shared {
    /// Decides as the other version, and compares; whether they agree.
    fn see(&self, job: &Job) -> bool {
        let versions = self.versions.load_full();
        let decider = versions.of(match job.by {
            Arm::Champion => Arm::Candidate,
            Arm::Candidate => Arm::Champion,
        });
        let start = Moment::now();
        let options = CallOptions::fresh().deadline(PATIENCE);
        let answer = decider.decide_with(&job.request, &job.outside, &options, None);
        let took = start.elapsed();
        let decided = answer.decision().is_ok();
        let action = if decided { answer.action() } else { None };
        let given = Answered { action: job.action.as_deref(), score: job.score };
        let other = Answered { action, score: answer.score() };
        let (given, other) = ((&given, job.took), (&other, took));
        match job.by {
            Arm::Champion => self.rollout.compare(given, other),
            Arm::Candidate => self.rollout.compare(other, given),
        }
        job.action.as_deref() == action
    }
}

/// `fraud_detector@2.1.0`
fn title(decider: &Decider) -> String {
    let document = decider.document();
    format!("{}@{}", document.name, document.version)
}
