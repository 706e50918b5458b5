//! One round: look, judge, remember, record, act.

mod recording;

use std::collections::BTreeMap;

use tollgate::facts::Instant;
use tollgate::judge::Gate;
use tollgate::plugins::Plugins;
use tollgate::report::{GateReport, ProfileReport};
use tollgate_engine::types::Outcome;
use tollgate_promotion::moves::Planned as _;
use tollgate_records::gate::Recorder;

use crate::WatchError;
use crate::advance::{Desk, advance};
use crate::notice::Notice;
use crate::place::{Place, To, Undelivered};
use crate::reaction::{Act, Profile};
use crate::report::{Deeds, ProfileLine, RoundReport, RuleLine};
use crate::rollback::{Way, way};
use crate::seen::{Observation, Seen, by_rule};
use crate::sight::{Registry, Sight, Sighted};
use crate::state::{State, Todo};
use crate::store::Store;

/// A watch.
pub struct Watch {
    profiles: Vec<Profile>,
    gates: Vec<Gate>,
    sight: Sight,
    places: Vec<Place>,
    /// Who rolls back, for the record.
    by: String,
    /// None where nothing is written and nobody told.
    store: Option<Store>,
    /// None where no records are kept.
    recorder: Option<Recorder>,
    state: State,
    /// Whether the rules that profiles name were found to exist.
    is_checked: bool,
}

/// What was seen and what the gates make of it, or why nothing was judged.
type Judged = Result<(Sighted, GateReport), WatchError>;

impl Watch {
    /// A watch that goes on where `store` says that it stopped; without one it
    /// does nothing but say what it would do. `recorder` keeps evidence.
    ///
    /// # Errors
    /// When profiles do not say what is to be done, or it cannot be done here, or the state cannot be
    /// used.
    pub fn new(
        gates: Vec<Gate>,
        sight: Sight,
        places: Vec<Place>,
        by: &str,
        store: Option<Store>,
        recorder: Option<Recorder>,
    ) -> Result<Self, WatchError> {
        let profiles = gates.iter().map(Profile::of).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<String> = Vec::new();
        for profile in &profiles {
            let name = profile.name.clone();
            if profile.does(Act::Notify) && places.is_empty() && store.is_some() {
                return Err(WatchError::NoPlace { profile: name });
            }
            if profile.does(Act::Rollback) && sight.registry().is_none() {
                return Err(WatchError::NoModel { profile: name });
            }
            if names.contains(&name) {
                return Err(WatchError::Twice(name));
            }
            names.push(name);
        }
        let mut state = State::new(&sight.subject(), &names);
        if let Some(store) = &store {
            state = store.load(state)?;
        }
        let by = by.to_owned();
        let is_checked = false;
        Ok(Self { profiles, gates, sight, places, by, store, recorder, state, is_checked })
    }

    /// What is remembered.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Makes a round, as of a point in time. What could not be judged is no
    /// error: the round says so, and the next may be better.
    ///
    /// # Errors
    /// When a profile names rules that it does not have, a round cannot be
    /// recorded, or the state cannot be written: to act without it would be to
    /// act twice.
    pub fn round(&mut self, plugins: &Plugins, at: Instant) -> Result<RoundReport, WatchError> {
        let mut notes = Vec::new();
        if let Some(last) = self.state.last.as_ref().and_then(|last| last.parse::<Instant>().ok())
            && at < last
        {
            notes.push(format!("the clock was set back: the round before was at {last}"));
        }
        let mut deeds = Deeds::default();
        self.record(&mut deeds)?;
        // What an earlier run began is done before anything is seen: the version
        // that serves may be the one that it goes back to.
        self.roll_back(&at.to_string(), true, &mut deeds)?;
        let (judged, more) = self.judge(plugins, at);
        notes.extend(more);
        if let Ok((_, report)) = &judged {
            self.check_names(report)?;
        }
        let seen = self.seen(at, &judged);
        let places: Vec<To> = self.places.iter().map(Place::to).collect();
        let model = self.sight.registry().map(|registry| registry.model.name.clone());
        let desk = Desk { profiles: &self.profiles, places: &places, model: model.as_deref() };
        let before = self.state.ids();
        advance(&mut self.state, &seen, &desk);
        let raised = !self.state.ids().is_subset(&before);
        self.draw_up(at, &seen, &judged, raised)?;
        self.save()?;
        // Before anything is done about it.
        self.record(&mut deeds)?;
        let mut report = self.report(&seen, &judged, notes);
        if deeds.waiting.is_empty() {
            self.roll_back(&seen.at, false, &mut deeds)?;
        }
        self.tell(&seen.at, &mut deeds)?;
        report.deeds = deeds;
        Ok(report)
    }

    /// What there is to see, judged; and what the sources have to say.
    fn judge(&mut self, plugins: &Plugins, at: Instant) -> (Judged, Vec<String>) {
        let asks = self.gates.iter().any(Gate::asks_for_signature);
        let mut notes = Vec::new();
        let judged = self.sight.look(plugins, at, asks, &mut notes).and_then(|sighted| {
            let report = sighted.case.judge(&self.gates)?;
            Ok((sighted, report))
        });
        (judged, notes)
    }

    /// That the rules which profiles name exist: to wait for a rule that is
    /// written otherwise would be to wait for ever.
    fn check_names(&mut self, report: &GateReport) -> Result<(), WatchError> {
        if self.is_checked {
            return Ok(());
        }
        for (profile, judged) in self.profiles.iter().zip(&report.profiles) {
            let known: Vec<&str> = judged.findings.iter().map(|it| it.rule.as_str()).collect();
            let mut named = profile.reactions.iter().flat_map(|reaction| &reaction.rules);
            if let Some(rule) = named.find(|rule| !known.contains(&rule.as_str())) {
                let mut known: Vec<String> = known.iter().map(|it| format!("`{it}`")).collect();
                known.dedup();
                return Err(WatchError::NoRule {
                    profile: profile.name.clone(),
                    rule: rule.clone(),
                    known: known.join(", "),
                });
            }
        }
        self.is_checked = true;
        Ok(())
    }

    fn seen(&self, at: Instant, judged: &Judged) -> Seen {
        let at = at.to_string();
        match judged {
            Ok((sighted, report)) => Seen {
                at,
                title: sighted.title.clone(),
                version: sighted.version,
                rules: Ok(report.profiles.iter().map(by_rule).collect()),
            },
            Err(error) => {
                let name = self.sight.registry().map(|registry| registry.model.name.clone());
                let title = match (name, self.state.version) {
                    (Some(name), Some(version)) => format!("{name} v{version}"),
                    (Some(name), None) => name,
                    (None, _) => "the live model".to_owned(),
                };
                Seen { at, title, version: None, rules: Err(error.to_string()) }
            }
        }
    }

    fn report(&self, seen: &Seen, judged: &Judged, notes: Vec<String>) -> RoundReport {
        let outcome = judged.as_ref().ok().map(|(_, report)| report.verdict);
        let profiles = match (&seen.rules, judged) {
            (Ok(rules), Ok((_, report))) => {
                let lines = report.profiles.iter().zip(rules);
                lines.map(|(profile, rules)| self.profile_line(profile, rules)).collect()
            }
            _ => Vec::new(),
        };
        RoundReport {
            round: self.state.rounds,
            as_of: seen.at.clone(),
            watched: seen.title.clone(),
            version: seen.version,
            verdict: outcome.map_or("error", Outcome::name),
            error: seen.rules.as_ref().err().cloned(),
            profiles,
            deeds: Deeds::default(),
            notes,
            outcome,
        }
    }

    fn profile_line(
        &self,
        profile: &ProfileReport,
        rules: &BTreeMap<String, Observation>,
    ) -> ProfileLine {
        let streak = |rule: &str| {
            let mut own = self.state.streaks.iter();
            own.find(|it| it.profile == profile.name && it.rule == rule).map(|it| it.rounds)
        };
        let broken = rules.iter().filter(|(_, it)| it.outcome != Outcome::Pass);
        let rules: Vec<RuleLine> = broken
            .map(|(rule, it)| RuleLine {
                rule: rule.clone(),
                outcome: it.outcome.name(),
                message: it.message.clone(),
                rounds: streak(rule).unwrap_or(0),
            })
            .collect();
        ProfileLine {
            name: profile.name.clone(),
            version: profile.version.clone(),
            verdict: profile.verdict.name(),
            rules,
        }
    }

    fn save(&self) -> Result<(), WatchError> {
        self.store.as_ref().map_or(Ok(()), |store| store.save(&self.state))
    }

    /// Takes versions out of use; those first of which something may have been
    /// written.
    fn roll_back(
        &mut self,
        at: &str,
        only_begun: bool,
        report: &mut Deeds,
    ) -> Result<(), WatchError> {
        let Some(registry) = self.sight.registry().cloned() else { return Ok(()) };
        for id in self.state.rollbacks(only_begun) {
            let task = self.state.tasks.iter().find(|task| task.id == id);
            let Some(Todo::Rollback { model, version, reason, .. }) = task.map(|it| &it.todo)
            else {
                continue;
            };
            let (title, reason) = (format!("{model} v{version}"), reason.clone());
            let way = way(&registry.mlflow, &registry.plan, model, *version, &self.by, &reason);
            let gone = match way {
                Ok(way) => self.go(&registry, &id, way)?,
                Err(error) => Err(error),
            };
            match gone {
                Ok(what) => {
                    let headline = format!("{title}: {what}");
                    report.done(&id, Act::Rollback, &headline);
                    self.state.finish(&id, at, &headline);
                    self.put_down("done", &id, at, &headline, &[reason]);
                    self.save()?;
                }
                Err(error) => {
                    let what = error.to_string();
                    report.waiting(&id, Act::Rollback, &format!("{title}: {what}"));
                    if self.state.has_to_tell(&id) {
                        let headline =
                            format!("{title} could not be rolled back yet; it is tried each round");
                        self.put_down("failed", &id, at, &headline, &[what, reason]);
                        self.save()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Goes a way, and says what came of it; the inner error is the registry's.
    fn go(
        &mut self,
        registry: &Registry,
        id: &str,
        way: Way,
    ) -> Result<Result<String, WatchError>, WatchError> {
        let (wanted, is_back) = match way {
            Way::Nothing { why, serves } => {
                // An earlier run came to its end and could not say so.
                if self.state.is_begun(id) && serves.is_some() {
                    self.state.in_its_place = serves;
                }
                return Ok(Ok(why));
            }
            Way::Back(wanted) => (wanted, true),
            Way::Out(wanted) => (wanted, false),
        };
        if self.store.is_none() {
            let writes: Vec<String> = wanted.writes.iter().map(ToString::to_string).collect();
            let what = if is_back {
                format!("it would be rolled back to v{}", wanted.version)
            } else {
                "it would be rejected".to_owned()
            };
            return Ok(Ok(format!("{what}: {}", writes.join(", "))));
        }
        self.state.begin(id);
        self.save()?;
        if let Err(error) = wanted.make(&registry.mlflow, false, &mut |_| {}) {
            return Ok(Err(error.into()));
        }
        if is_back {
            self.state.in_its_place = Some(wanted.version);
            return Ok(Ok(format!("it was rolled back, v{} serves", wanted.version)));
        }
        Ok(Ok("it was rejected".to_owned()))
    }

    fn put_down(&mut self, kind: &str, id: &str, at: &str, headline: &str, lines: &[String]) {
        let places: Vec<To> = self.places.iter().map(Place::to).collect();
        let notice = Notice::new(kind, &[id.to_owned()], at, headline, lines);
        self.state.tell(&places, &notice);
    }

    /// Tells people what is to be told, at each place in order.
    fn tell(&mut self, at: &str, report: &mut Deeds) -> Result<(), WatchError> {
        for place in 0..self.places.len() {
            let Some(to) = self.places.get(place).map(Place::to) else { continue };
            for (id, notice) in self.state.notices(to) {
                let Some(place) = self.places.get(place) else { continue };
                let (name, headline) = (place.name(), &notice.headline);
                if self.store.is_none() {
                    report.done(&id, Act::Notify, &format!("{name} would be told: {headline}"));
                    self.state.finish(&id, at, headline);
                    continue;
                }
                match place.deliver(&notice) {
                    Ok(()) => {
                        report.done(&id, Act::Notify, &format!("{name} was told: {headline}"));
                        self.state.finish(&id, at, headline);
                        self.save()?;
                    }
                    Err(Undelivered { why, is_refused }) => {
                        let what = format!("{name} was not told yet: {why}");
                        report.waiting(&id, Act::Notify, &what);
                        // Where nobody answers, the next would not arrive either.
                        if !is_refused {
                            break;
                        }
                    }
                }
            }
        }
        for to in [To::Webhook, To::Folder, To::Command] {
            let is_here = self.places.iter().any(|place| place.to() == to);
            for (id, notice) in self.state.notices(to).into_iter().filter(|_| !is_here) {
                let why = format!("no {} is given any more: {}", to.name(), notice.headline);
                report.waiting(&id, Act::Notify, &why);
            }
        }
        Ok(())
    }
}
