//! What is remembered from round to round.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate::facts::Instant;

use crate::notice::{Notice, key, to_the_second};
use crate::place::To;
use crate::reaction::{Act, When};

/// The form of a state, in its member `form`.
pub const FORM: u64 = 1;

/// Stands for a round of which nothing could be judged. No rule of a plugin has
/// that name: their ids are kebab-case.
pub(crate) const ROUND: &str = "(round)";

/// How many things that were done are remembered.
const MOST_DONE: usize = 50;

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORM`].
    pub form: u64,
    /// What is watched: `models:/churn@champion`, or `facts`.
    pub watched: String,
    /// The profiles' names.
    pub profiles: Vec<String>,
    /// How many rounds there were.
    pub rounds: u64,
    /// When the last one was, RFC 3339.
    pub last: Option<String>,
    /// The version that was watched last.
    pub version: Option<u64>,
    /// The version that serves because this watch rolled another one back, as
    /// long as it was not seen good.
    pub in_its_place: Option<u64>,
    /// Rules that are not as they should be.
    pub streaks: Vec<Streak>,
    /// What is to be done, in this order.
    pub tasks: Vec<Task>,
    /// What was done last, the newest first.
    pub done: Vec<Done>,
    /// What was recorded last; none where no records are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// What was recorded last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The log.
    pub log: String,
    /// What it said, rule by rule, as a digest.
    pub said: String,
    /// The record, until it is known to be in the log.
    pub due: Option<Due>,
}

/// A record that is to be in the log, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// When that was judged.
    pub at: Instant,
    /// What a record says of it.
    pub body: Value,
}

/// A rule that came out alike round after round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streak {
    /// The profile.
    pub profile: String,
    /// The profile's digest.
    pub digest: String,
    /// The rule.
    pub rule: String,
    /// How it came out.
    pub when: When,
    /// Of which version.
    pub version: Option<u64>,
    /// The number of the first such round.
    pub first: u64,
    /// When that was, RFC 3339.
    pub since: String,
    /// How many such rounds there were.
    pub rounds: u64,
    /// What was said in the last one.
    pub message: String,
    /// What was raised for it, under which id.
    pub raised: BTreeMap<Act, String>,
}

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The same whenever it is done.
    pub id: String,
    /// What it is.
    pub todo: Todo,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Todo {
    /// Take a version out of use.
    Rollback {
        /// The model.
        model: String,
        /// The version.
        version: u64,
        /// Why.
        reason: String,
        /// Whether something may have been written: it is then finished,
        /// whatever happens.
        begun: bool,
        /// Whether people were told that it could not be done yet.
        told: bool,
    },
    /// Tell people.
    Tell {
        /// Where.
        to: To,
        /// What.
        notice: Notice,
    },
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Its id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// What came of it.
    pub what: String,
}

/// More rounds than there are seconds in 30,000 years.
const MOST_ROUNDS: u64 = 1 << 40;

/// That these texts are times.
fn moment<'t>(place: &str, texts: impl IntoIterator<Item = &'t String>) -> Result<(), String> {
    texts.into_iter().try_for_each(|text| match text.parse::<Instant>() {
        Ok(_) => Ok(()),
        Err(problem) => Err(format!("`{place}` is no time: {problem}")),
    })
}

impl State {
    /// Nothing is remembered.
    #[must_use]
    pub fn new(watched: &str, profiles: &[String]) -> Self {
        Self {
            form: FORM,
            watched: watched.to_owned(),
            profiles: profiles.to_vec(),
            rounds: 0,
            last: None,
            version: None,
            in_its_place: None,
            streaks: Vec::new(),
            tasks: Vec::new(),
            done: Vec::new(),
            kept: None,
        }
    }

    /// Whether it can have come of rounds: counts and times that cannot would be
    /// counted on, and acted by. The error names the member.
    ///
    /// # Errors
    /// What cannot be, and where.
    pub fn check(&self) -> Result<(), String> {
        if self.rounds > MOST_ROUNDS {
            return Err(format!("`/rounds` is {}, more than there can have been", self.rounds));
        }
        if self.last.is_some() != (self.rounds > 0) {
            let rounds = self.rounds;
            return Err(format!("`/last` does not fit `/rounds`, which is {rounds}"));
        }
        moment("/last", self.last.iter())?;
        for (at, streak) in self.streaks.iter().enumerate() {
            let Streak { first, rounds, .. } = *streak;
            if first == 0 || first > self.rounds {
                let last = self.rounds;
                return Err(format!(
                    "`/streaks/{at}/first` is {first}, and the rounds are 1 to {last}"
                ));
            }
            let most = self.rounds - first + 1;
            if rounds == 0 || rounds > most {
                return Err(format!(
                    "`/streaks/{at}/rounds` is {rounds}, and from round {first} on there were \
                     {most}"
                ));
            }
            moment(&format!("/streaks/{at}/since"), [&streak.since])?;
        }
        for (at, done) in self.done.iter().enumerate() {
            moment(&format!("/done/{at}/at"), [&done.at])?;
        }
        Ok(())
    }

    /// What a state is of, for a person.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{} by {}", self.watched, self.profiles.join(", "))
    }

    /// The ids of what is to be done.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// Strikes a task out.
    pub(crate) fn finish(&mut self, id: &str, at: &str, what: &str) {
        self.tasks.retain(|task| task.id != id);
        let done = Done { id: id.to_owned(), at: at.to_owned(), what: what.to_owned() };
        self.done.insert(0, done);
        self.done.truncate(MOST_DONE);
    }

    /// Puts a notice down for each of these places.
    pub(crate) fn tell(&mut self, places: &[To], notice: &Notice) {
        for to in places {
            let id = format!("{}-{}", notice.key, to.name());
            if self.tasks.iter().all(|task| task.id != id) {
                let todo = Todo::Tell { to: *to, notice: notice.clone() };
                self.tasks.push(Task { id, todo });
            }
        }
    }

    /// The ids of the rollbacks that are to be made.
    pub(crate) fn rollbacks(&self, only_begun: bool) -> Vec<String> {
        let wanted = |task: &&Task| match task.todo {
            Todo::Rollback { begun, .. } => begun || !only_begun,
            Todo::Tell { .. } => false,
        };
        self.tasks.iter().filter(wanted).map(|task| task.id.clone()).collect()
    }

    /// What is to be told at a place.
    pub(crate) fn notices(&self, place: To) -> Vec<(String, Notice)> {
        let notice = |task: &Task| match &task.todo {
            Todo::Tell { to, notice } if *to == place => Some((task.id.clone(), notice.clone())),
            _ => None,
        };
        self.tasks.iter().filter_map(notice).collect()
    }

    /// Puts down that something of a rollback may be written from now on.
    pub(crate) fn begin(&mut self, id: &str) {
        for task in self.tasks.iter_mut().filter(|task| task.id == id) {
            if let Todo::Rollback { begun, .. } = &mut task.todo {
                *begun = true;
            }
        }
    }

    /// Whether something of a rollback may be written.
    pub(crate) fn is_begun(&self, id: &str) -> bool {
        let mut own = self.tasks.iter().filter(|task| task.id == id);
        own.any(|task| matches!(task.todo, Todo::Rollback { begun: true, .. }))
    }

    /// Whether people do not know yet that a rollback could not be made; they
    /// are to be told now.
    pub(crate) fn has_to_tell(&mut self, id: &str) -> bool {
        let mut own = self.tasks.iter_mut().filter(|task| task.id == id);
        match own.next().map(|task| &mut task.todo) {
            Some(Todo::Rollback { told, .. }) => !std::mem::replace(told, true),
            _ => false,
        }
    }

    /// The streak of this kind that is going on.
    pub(crate) fn streak_mut(
        &mut self,
        profile: &str,
        rule: &str,
        when: When,
    ) -> Option<&mut Streak> {
        let is_it = |it: &&mut Streak| it.profile == profile && it.rule == rule && it.when == when;
        self.streaks.iter_mut().find(is_it)
    }
}

impl Streak {
    /// The rule, and whose it is.
    pub(crate) fn title(&self) -> String {
        match &*self.rule {
            ROUND => self.profile.clone(),
            rule => format!("{}: {rule}", self.profile),
        }
    }

    pub(crate) fn line(&self) -> String {
        format!("{}: {}", self.title(), self.message)
    }

    pub(crate) fn duration(&self) -> String {
        let rounds = if self.rounds == 1 { "round" } else { "rounds on end" };
        format!("{} {rounds}, since {}", self.rounds, to_the_second(&self.since))
    }

    /// The same for the same thing, whoever asks, and for nothing else.
    pub(crate) fn id(&self, model: Option<&str>, act: Act) -> String {
        let Self { version, digest, rule, when, first, since, .. } = self;
        key(&json!([model, version, digest, rule, when.name(), first, since, act]))
    }
}
