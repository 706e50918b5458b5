//! A rollout under way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tollgate::facts::{CANDIDATE, CHAMPION, Evidence, Instant};
use tollgate::judge::Gate;
use tollgate::plugins::Plugins;
use tollgate::report::FindingReport;
use tollgate_engine::types::{Fact, FactValue, Label, Outcome};

use crate::RolloutError;
use crate::agreement::{Answered, Transition};
use crate::assign::{Arm, BUCKETS, Share, bucket};
use crate::plan::{Kind, Plan};
use crate::state::{Phase, State, StateFile};
use crate::window::{Sight, Window};

/// A rollout of one version beside another. For many threads.
pub struct Rollout {
    plan: Plan,
    /// By stage.
    gates: Vec<Vec<Gate>>,
    /// In buckets. This and the next is all that a request looks at.
    share: AtomicU32,
    running: AtomicBool,
    seen: Mutex<Window>,
    state: Mutex<State>,
    file: Option<StateFile>,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing changed; why it does not go on, where something is in its way.
    Stays(Option<String>),
    /// The next stage has begun.
    Next,
    /// All stages have held.
    Done,
    /// Rules are broken: the champion answers everybody.
    Returned(Vec<String>),
}

/// What people see of a rollout.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Name and version of the champion.
    pub champion: String,
    /// Name and version of the candidate.
    pub candidate: String,
    /// `shadow`, `step` or `split`.
    pub stage: &'static str,
    /// The number of the stage, from 1, and how many there are.
    pub stages: (usize, usize),
    /// How many percent the candidate answers.
    pub percent: f64,
    /// For how many seconds the guardrails have held, and must hold.
    pub held_seconds: (u64, u64),
    /// How many requests of the candidate were seen, and must be.
    pub seen: (u64, u64),
    /// Where it stands.
    pub phase: Phase,
    /// The part of the requests of this stage on which both agree.
    pub agreement_rate: Option<f64>,
    /// The mean of the candidate's score less the champion's, and the greatest
    /// distance.
    pub score_difference: Option<(f64, f64)>,
    /// The transitions of this stage.
    pub transitions: Vec<Transition>,
}

impl Rollout {
    /// Begins a rollout, or goes on where its state ended. `champion` and
    /// `candidate` are name and version of each, as `fraud_detector@43`.
    ///
    /// # Errors
    /// When a guardrail or the state cannot be used.
    pub fn open(
        plan: Plan,
        plugins: &Plugins,
        champion: &str,
        candidate: &str,
        state: Option<&Path>,
    ) -> Result<Self, RolloutError> {
        let open = |path: &PathBuf| Gate::open(plugins, path);
        let gates = plan.stages.iter().map(|stage| stage.guardrails.iter().map(open).collect());
        let gates = gates.collect::<Result<Vec<Vec<Gate>>, _>>()?;
        let file = state.map(StateFile::new);
        let beginning = State::new(&plan.digest.to_string(), champion, candidate);
        let state = match &file {
            Some(file) => file.load(beginning, plan.stages.len())?,
            None => beginning,
        };
        let window = Window::new().map_err(|error| RolloutError::Histogram(error.to_string()))?;
        let rollout = Self {
            gates,
            share: AtomicU32::new(0),
            running: AtomicBool::new(state.phase == Phase::Running),
            seen: Mutex::new(window),
            state: Mutex::new(state),
            file,
            plan,
        };
        let share = rollout.share_of(&rollout.state());
        rollout.share.store(share.buckets(), Ordering::Relaxed);
        Ok(rollout)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which version answers the request with this key. One without a key is
    /// the champion's.
    #[must_use]
    pub fn arm(&self, key: Option<&str>) -> Arm {
        let share = self.share.load(Ordering::Relaxed);
        match key {
            Some(key) if share > 0 && bucket(&self.plan.salt, key) < share => Arm::Candidate,
            _ => Arm::Champion,
        }
    }

    /// Whether the candidate answers anybody, so that a key is of any use.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.share.load(Ordering::Relaxed) > 0
    }

    /// Whether the other version is to see what one has answered.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// Counts what both versions made of a request, and how long each took.
    pub fn compare(
        &self,
        champion: (&Answered<'_>, Duration),
        candidate: (&Answered<'_>, Duration),
    ) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.now.count(champion, candidate);
    }

    /// Judges the guardrails on what was seen, and goes on or back. `elapsed` is
    /// the time since the last check, by a clock that only goes forward; `more`
    /// are facts from elsewhere, such as an accuracy whose labels came later.
    ///
    /// # Errors
    /// When the state cannot be written: it is as it was, and the champion
    /// answers what the stage before did not give away.
    pub fn check(
        &self,
        elapsed: Duration,
        more: &[Fact],
        as_of: Instant,
    ) -> Result<Change, RolloutError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.phase != Phase::Running {
            return Ok(Change::Stays(None));
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = seen.check();
        let mut next = state.clone();
        next.seen = next.seen.saturating_add(answers);
        // Where nobody asked, nothing held; and a pause in which nothing was
        // checked is no time in which anything did.
        if answers > 0 {
            let counted = elapsed.min(self.plan.every * 2);
            let counted = u64::try_from(counted.as_millis()).unwrap_or(u64::MAX);
            next.held_ms = next.held_ms.saturating_add(counted);
        }
        let facts = self.facts(&seen, next.held(), more, as_of);
        let (broken, unknown) = self.judge(next.stage, &facts, as_of);
        let change = self.step(&mut next, broken, unknown);
        if let Some(file) = &self.file {
            // Back in any case: what cannot be written must not go on.
            if let Change::Returned(_) = change {
                self.share.store(0, Ordering::Relaxed);
            }
            file.save(&next)?;
        }
        if change == Change::Next {
            seen.begin();
        }
        self.share.store(self.share_of(&next).buckets(), Ordering::Relaxed);
        self.running.store(next.phase == Phase::Running, Ordering::Relaxed);
        *state = next;
        Ok(change)
    }

    /// The candidate is not to answer any more, for a reason that is not of its
    /// guardrails: a person says so.
    ///
    /// # Errors
    /// When the state cannot be written. The champion answers all the same.
    pub fn give_up(&self, because: &str) -> Result<(), RolloutError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.share.store(0, Ordering::Relaxed);
        self.running.store(false, Ordering::Relaxed);
        state.phase = Phase::Returned { because: vec![because.to_owned()] };
        self.file.as_ref().map_or(Ok(()), |file| file.save(&state))
    }

    fn step(&self, next: &mut State, broken: Vec<String>, unknown: Option<String>) -> Change {
        if !broken.is_empty() {
            next.phase = Phase::Returned { because: broken.clone() };
            return Change::Returned(broken);
        }
        let Some(stage) = self.plan.stages.get(next.stage) else { return Change::Stays(None) };
        if next.held() < stage.hold || next.seen < stage.at_least {
            return Change::Stays(None);
        }
        // The time is over, and whether the rules hold is not known: nobody goes
        // on by that.
        if unknown.is_some() {
            return Change::Stays(unknown);
        }
        if next.stage + 1 == self.plan.stages.len() {
            next.phase = Phase::Done;
            return Change::Done;
        }
        next.stage += 1;
        next.held_ms = 0;
        next.seen = 0;
        Change::Next
    }

    /// The sentences of the rules that are broken, and one that cannot be
    /// judged.
    fn judge(
        &self,
        stage: usize,
        evidence: &Evidence,
        as_of: Instant,
    ) -> (Vec<String>, Option<String>) {
        let mut broken = Vec::new();
        let mut unknown = None;
        for gate in self.gates.get(stage).into_iter().flatten() {
            match gate.evaluate(evidence, as_of) {
                Ok(report) => {
                    let name = &report.name;
                    let told = |it: &FindingReport| format!("{name}: {}: {}", it.rule, it.message);
                    for finding in &report.findings {
                        match finding.measured() {
                            Outcome::Fail => broken.push(told(finding)),
                            Outcome::Inconclusive => {
                                unknown.get_or_insert_with(|| told(finding));
                            }
                            Outcome::Warn | Outcome::Pass => {}
                        }
                    }
                    if report.findings.is_empty() {
                        unknown.get_or_insert_with(|| format!("{name}: it has no rule"));
                    }
                }
                Err(fault) => {
                    let name = &gate.profile().name;
                    unknown.get_or_insert_with(|| format!("{name}: {fault}"));
                }
            }
        }
        (broken, unknown)
    }

    /// What guardrails judge: the last checks, and all of the stage with the
    /// label `window`.
    fn facts(&self, seen: &Window, held: Duration, more: &[Fact], as_of: Instant) -> Evidence {
        let mut evidence = Evidence::new();
        let window = Label { key: "window".to_owned(), value: format!("{}s", held.as_secs()) };
        for (sight, labels) in [(&seen.recent(), Vec::new()), (seen.stage(), vec![window])] {
            for fact in facts_of(sight, &labels, as_of) {
                evidence.observe(fact);
            }
        }
        for fact in more {
            // What only the host states of a version is no business of a
            // guardrail's source.
            let _ = evidence.say(fact.clone());
        }
        evidence
    }

    fn share_of(&self, state: &State) -> Share {
        let stage = self.plan.stages.get(state.stage);
        match (&state.phase, stage) {
            (Phase::Running, Some(stage)) => stage.share,
            // A ramp that is done has come to its last step.
            (Phase::Done, Some(stage)) if stage.kind == Kind::Step => stage.share,
            _ => Share::NOBODY,
        }
    }

    /// The facts of the stage so far, for the gates that judge a rollout:
    /// `ramp`, `canary-5` and the like.
    #[must_use]
    pub fn evidence(&self, as_of: Instant) -> Evidence {
        let held = self.state().held();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.facts(&seen, held, &[], as_of)
    }

    /// What people see of it.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.state();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut agreement = seen.stage().agreement.clone();
        agreement.add(&seen.now.agreement);
        let stage = self.plan.stages.get(state.stage);
        Status {
            name: self.plan.name.clone(),
            stage: match stage.map(|stage| stage.kind) {
                Some(Kind::Step) => "step",
                Some(Kind::Split) => "split",
                Some(Kind::Shadow) | None => "shadow",
            },
            stages: (state.stage + 1, self.plan.stages.len()),
            percent: f64::from(self.share.load(Ordering::Relaxed)) * 100.0 / f64::from(BUCKETS),
            held_seconds: (state.held().as_secs(), stage.map_or(0, |stage| stage.hold.as_secs())),
            seen: (state.seen, stage.map_or(0, |stage| stage.at_least)),
            agreement_rate: agreement.rate(),
            score_difference: agreement.scores(),
            transitions: agreement.transitions(),
            champion: state.champion,
            candidate: state.candidate,
            phase: state.phase,
        }
    }
}

fn facts_of(sight: &Sight, labels: &[Label], as_of: Instant) -> Vec<Fact> {
    let fact = |name: &str, subject: &str, value: f64, unit: Option<&str>, samples: u64| Fact {
        name: name.to_owned(),
        subject: subject.to_owned(),
        labels: labels.to_vec(),
        value: FactValue::Number(value),
        unit: unit.map(str::to_owned),
        samples: Some(samples),
        observed_at: Some(as_of.to_string()),
        source: Some("rollout".to_owned()),
    };
    let mut facts = Vec::new();
    for (subject, answers) in [(CANDIDATE, &sight.candidate), (CHAMPION, &sight.champion)] {
        let samples = answers.answers;
        facts.extend(answers.error_rate().map(|it| fact("error_rate", subject, it, None, samples)));
        facts.extend(answers.p99_ms().map(|it| fact("p99_ms", subject, it, Some("ms"), samples)));
    }
    let compared = sight.agreement.compared();
    let rate = sight.agreement.rate();
    facts.extend(rate.map(|it| fact("agreement_rate", CANDIDATE, it, None, compared)));
    facts
}
