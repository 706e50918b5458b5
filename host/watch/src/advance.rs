//! From what a round saw to what is to be done.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_engine::types::Outcome;

use crate::news::{News, Told};
use crate::notice::to_the_second;
use crate::place::To;
use crate::reaction::{Act, Profile, Reaction, Step, When};
use crate::seen::{Observation, Seen, cut};
use crate::state::{ROUND, State, Streak, Task, Todo};

/// MLflow's tags hold 5,000 characters; a reason that long is read by nobody.
const LONGEST_REASON: usize = 1000;

/// What a watch is of.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) profiles: &'a [Profile],
    pub(crate) places: &'a [To],
    /// The model's name, where it is one of a registry.
    pub(crate) model: Option<&'a str>,
}

/// Takes a round into the state: streaks grow, begin and end, and what is to be
/// done because of it is put down.
pub(crate) fn advance(state: &mut State, seen: &Seen, desk: &Desk<'_>) {
    let mut news = News::default();
    state.rounds += 1;
    state.last = Some(seen.at.clone());
    leave_behind(state, seen, desk, &mut news);
    for (at, profile) in desk.profiles.iter().enumerate() {
        let rules = observed(profile, seen, at);
        for (rule, observation) in &rules {
            for when in kinds(profile, rule, seen.rules.is_err()) {
                step(state, seen, profile, rule, when, observation, &mut news);
            }
        }
        for reaction in &profile.reactions {
            raise(state, seen, desk, profile, reaction, &mut news);
        }
    }
    if is_seen_good(seen, desk) && state.in_its_place == seen.version {
        state.in_its_place = None;
    }
    news.tell(state, seen, desk.places);
}

/// How the rules of a profile came out: where nothing could be judged, those
/// that it names, and the round as a whole.
fn observed(profile: &Profile, seen: &Seen, at: usize) -> BTreeMap<String, Observation> {
    let not_judged =
        |message: &str| Observation { outcome: Outcome::Inconclusive, message: message.to_owned() };
    let named = profile.reactions.iter().flat_map(|reaction| &reaction.rules);
    let mut rules = match &seen.rules {
        Ok(all) => {
            let mut rules = all.get(at).cloned().unwrap_or_default();
            let judged = Observation { outcome: Outcome::Pass, message: "it is judged".to_owned() };
            rules.insert(ROUND.to_owned(), judged);
            rules
        }
        Err(why) => BTreeMap::from([(ROUND.to_owned(), not_judged(why))]),
    };
    for rule in named {
        rules.entry(rule.clone()).or_insert_with(|| {
            not_judged(seen.rules.as_ref().err().map_or("the profile found nothing", |why| why))
        });
    }
    rules
}

/// How a rule must come out for anything to be done about it. Where nothing was
/// judged, a reaction to all rules is one to that, and to no rule.
fn kinds(profile: &Profile, rule: &str, is_named: bool) -> BTreeSet<When> {
    let names = |reaction: &&Reaction| !is_named || rule == ROUND || !reaction.rules.is_empty();
    let about = profile.reactions.iter().filter(|reaction| reaction.is_about(rule));
    about.filter(names).map(|reaction| reaction.when).collect()
}

/// Drops what is of a version that is watched no more, or of a profile that has
/// changed: it is judged anew.
fn leave_behind(state: &mut State, seen: &Seen, desk: &Desk<'_>, news: &mut News) {
    if let Some(version) = seen.version {
        // What began before anybody could say which version serves is of this one.
        for streak in state.streaks.iter_mut().filter(|it| it.version.is_none()) {
            streak.version = Some(version);
        }
        if state.in_its_place.is_some_and(|other| other != version) {
            state.in_its_place = None;
        }
        state.version = Some(version);
    }
    let stays = |streak: &Streak| {
        desk.profiles.iter().any(|profile| profile.digest == streak.digest)
            && (seen.version.is_none() || streak.version == seen.version)
    };
    let (kept, gone): (Vec<_>, Vec<_>) = state.streaks.drain(..).partition(stays);
    state.streaks = kept;
    for streak in gone {
        withdraw(state, &streak);
        // Whoever was told of a rollback knows.
        let is_told = state.in_its_place.is_some() && state.in_its_place == seen.version;
        if let Some(id) = streak.raised.get(&Act::Notify).filter(|_| !is_told) {
            let of = streak.version.map_or_else(String::new, |version| format!("v{version}: "));
            let since = to_the_second(&streak.since);
            let line = format!("{of}{}, since {since}", streak.line());
            news.left.push((id.clone(), line));
        }
    }
}

fn step(
    state: &mut State,
    seen: &Seen,
    profile: &Profile,
    rule: &str,
    when: When,
    observation: &Observation,
    news: &mut News,
) {
    let (round, version) = (state.rounds, state.version);
    match when.step(observation.outcome) {
        Step::Stay => {}
        Step::On => match state.streak_mut(&profile.name, rule, when) {
            Some(streak) => {
                streak.rounds += 1;
                streak.message.clone_from(&observation.message);
            }
            None => state.streaks.push(Streak {
                profile: profile.name.clone(),
                digest: profile.digest.clone(),
                rule: rule.to_owned(),
                when,
                version,
                first: round,
                since: seen.at.clone(),
                rounds: 1,
                message: observation.message.clone(),
                raised: BTreeMap::new(),
            }),
        },
        Step::End => {
            let is_it =
                |it: &Streak| it.profile == profile.name && it.rule == rule && it.when == when;
            let Some(at) = state.streaks.iter().position(is_it) else { return };
            let streak = state.streaks.remove(at);
            let is_withdrawn = withdraw(state, &streak);
            if let Some(id) = streak.raised.get(&Act::Notify) {
                let mut line = format!("{}: {}", streak.title(), observation.message);
                if is_withdrawn {
                    line += "; it is not rolled back any more";
                }
                news.over.push(Told::new(&streak, id, line));
            }
        }
    }
}

/// Takes back the rollback of a streak that is over, where no other wants it
/// and none of it was written.
fn withdraw(state: &mut State, streak: &Streak) -> bool {
    let Some(id) = streak.raised.get(&Act::Rollback) else { return false };
    if state.streaks.iter().any(|other| other.raised.get(&Act::Rollback) == Some(id)) {
        return false;
    }
    let count = state.tasks.len();
    let may_go =
        |task: &Task| task.id == *id && matches!(task.todo, Todo::Rollback { begun: false, .. });
    state.tasks.retain(|task| !may_go(task));
    state.tasks.len() < count
}

fn raise(
    state: &mut State,
    seen: &Seen,
    desk: &Desk<'_>,
    profile: &Profile,
    reaction: &Reaction,
    news: &mut News,
) {
    let State { streaks, tasks, in_its_place, .. } = state;
    let due = streaks.iter_mut().filter(|streak| {
        streak.digest == profile.digest
            && streak.when == reaction.when
            && streak.rounds >= reaction.rounds
            && reaction.is_about(&streak.rule)
    });
    for streak in due {
        for act in &reaction.acts {
            if streak.raised.contains_key(act) {
                continue;
            }
            let id = streak.id(desk.model, *act);
            let line = format!("{} ({})", streak.line(), streak.duration());
            match (act, desk.model.zip(streak.version)) {
                (Act::Notify, _) => {
                    news.broken.push(Told::new(streak, &id, line));
                    streak.raised.insert(*act, id);
                }
                // Nobody can say yet what to roll back.
                (Act::Rollback, None) => {}
                // What is seen may be of the version that is being rolled back.
                (Act::Rollback, Some((_, version))) if leaves_another(tasks, version) => {}
                (Act::Rollback, Some((_, version))) if *in_its_place == Some(version) => {
                    news.withheld.push((id.clone(), line));
                    streak.raised.insert(*act, id);
                }
                (Act::Rollback, Some((model, version))) => {
                    let same = tasks.iter().find(|task| {
                        matches!(&task.todo, Todo::Rollback { version: of, .. } if *of == version)
                    });
                    let known = same.map(|task| task.id.clone());
                    streak.raised.insert(*act, known.clone().unwrap_or_else(|| id.clone()));
                    if known.is_none() {
                        let reason = cut(
                            &format!("{line}; as of {}", to_the_second(&seen.at)),
                            LONGEST_REASON,
                        );
                        let model = model.to_owned();
                        let todo =
                            Todo::Rollback { model, version, reason, begun: false, told: false };
                        tasks.push(Task { id, todo });
                    }
                }
            }
        }
    }
}

/// Whether a rollback from another version was begun and is not done.
fn leaves_another(tasks: &[Task], version: u64) -> bool {
    tasks.iter().any(|task| {
        matches!(task.todo, Todo::Rollback { version: of, begun: true, .. } if of != version)
    })
}

/// Whether all rules that a rollback hangs on were seen to hold.
fn is_seen_good(seen: &Seen, desk: &Desk<'_>) -> bool {
    let Ok(all) = &seen.rules else { return false };
    let outcomes = desk.profiles.iter().zip(all).flat_map(|(profile, rules)| {
        let rolls = profile.reactions.iter().filter(|it| it.acts.contains(&Act::Rollback));
        rolls.flat_map(move |reaction| {
            rules.iter().filter(|(rule, _)| reaction.is_about(rule)).map(|(_, it)| it.outcome)
        })
    });
    let outcomes: Vec<Outcome> = outcomes.collect();
    !outcomes.is_empty() && outcomes.iter().all(|it| matches!(it, Outcome::Pass | Outcome::Warn))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test that fails panics")]

    use super::*;

    /// A reaction: rules, how they come out, rounds, what is done.
    type Short<'a> = (&'a [&'a str], When, u64, &'a [Act]);

    /// How the one rule comes out, round by round: `p`ass, `w`arn, `i`nconclusive,
    /// `f`ail, `e`: nothing was judged; a digit is the version from then on.
    fn told(reactions: &[Short<'_>], rounds: &str) -> String {
        let reactions = reactions.iter().map(|(rules, when, rounds, acts)| Reaction {
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            when: *when,
            rounds: *rounds,
            acts: acts.to_vec(),
        });
        let profile = Profile {
            name: "guard".to_owned(),
            digest: "sha256:0".to_owned(),
            reactions: reactions.collect(),
        };
        let profiles = [profile];
        let desk = Desk { profiles: &profiles, places: &[To::Webhook], model: Some("churn") };
        let mut state = State::new("models:/churn@champion", &["guard".to_owned()]);
        let (mut version, mut out) = (1, String::new());
        for (at, letter) in rounds.chars().enumerate() {
            if let Some(digit) = letter.to_digit(10) {
                version = u64::from(digit);
                continue;
            }
            let outcome = match letter {
                'p' => Outcome::Pass,
                'w' => Outcome::Warn,
                'f' => Outcome::Fail,
                _ => Outcome::Inconclusive,
            };
            let observation = Observation { outcome, message: format!("it is {letter}") };
            let rules = BTreeMap::from([("errors".to_owned(), observation)]);
            let is_judged = letter != 'e';
            let seen = Seen {
                at: format!("2026-11-30T12:00:{at:02}Z"),
                title: format!("churn v{version}"),
                version: is_judged.then_some(version),
                rules: if is_judged { Ok(vec![rules]) } else { Err("it is down".to_owned()) },
            };
            // What is remembered is what is written.
            let text = serde_json::to_string(&state).unwrap_or_default();
            state = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
            advance(&mut state, &seen, &desk);
            let ids: BTreeSet<&String> = state.tasks.iter().map(|task| &task.id).collect();
            assert_eq!(ids.len(), state.tasks.len(), "{:?}", state.tasks);
            out.push(letter);
            for task in std::mem::take(&mut state.tasks) {
                out.push_str(match &task.todo {
                    Todo::Rollback { .. } => "[rollback]",
                    Todo::Tell { notice, .. } if notice.headline.contains("judged anew") => {
                        "[anew]"
                    }
                    Todo::Tell { notice, .. } if notice.headline.contains("again") => "[over]",
                    Todo::Tell { notice, .. } if notice.headline.contains("not rolled") => "[look]",
                    Todo::Tell { .. } => "[told]",
                });
                if matches!(task.todo, Todo::Rollback { .. }) {
                    version += 1;
                    state.in_its_place = Some(version);
                }
            }
        }
        out
    }

    const NOTIFY: &[Act] = &[Act::Notify];
    const ROLLBACK: &[Act] = &[Act::Rollback];

    #[test]
    fn rounds_come_to_what_is_told() {
        let twice: &[Short<'_>] = &[(&[], When::Fail, 2, NOTIFY)];
        for told_of in [
            "pfpfpf",
            "pff[told]fffp[over]pp",
            // Neither good nor bad.
            "fif[told]iip[over]",
            "fef[told]eep[over]",
            "fwf",
            "iiiieeee",
            // Another time, another thing.
            "ff[told]p[over]ff[told]w[over]",
        ] {
            let rounds = without_marks(told_of);
            assert_eq!(told(twice, &rounds), told_of);
        }
        // Another version is judged anew, and told of as such.
        assert_eq!(told(twice, "fff2fff"), "ff[told]ff[anew]f[told]f");
        assert_eq!(told(twice, "f2f3f"), "fff");
        // An error says nothing of the version.
        assert_eq!(told(twice, "efef"), "efef[told]");
    }

    #[test]
    fn what_cannot_be_judged_is_told_for_itself() {
        let dark: &[Short<'_>] = &[(&[], When::Inconclusive, 3, NOTIFY)];
        for told_of in ["iipii", "iii[told]if[over]f", "eee[told]ep[over]", "ieeiie"] {
            let rounds = without_marks(told_of);
            // A round that was not judged at all is no round of a rule, and the
            // other way round.
            let expected = if told_of == "ieeiie" { "ieeii[told]e" } else { told_of };
            assert_eq!(told(dark, &rounds), expected);
        }
        let named: &[Short<'_>] = &[(&["errors"], When::Inconclusive, 3, NOTIFY)];
        assert_eq!(told(named, "ieeep"), "iee[told]ep[over]");
    }

    #[test]
    fn the_version_in_its_place_is_not_rolled_back_before_it_was_good() {
        let at_once: &[Short<'_>] = &[(&[], When::Fail, 1, ROLLBACK)];
        assert_eq!(told(at_once, "pfffiff"), "pf[rollback]f[look]fiff");
        assert_eq!(told(at_once, "pffpf"), "pf[rollback]f[look]pf[rollback]");
        assert_eq!(told(at_once, "iiei"), "iiei");
        // Inconclusive is not good.
        assert_eq!(told(at_once, "pfiif"), "pf[rollback]iif[look]");
        let both: &[Short<'_>] = &[
            (&[], When::Fail, 1, NOTIFY),
            (&["errors"], When::Fail, 3, &[Act::Rollback, Act::Notify]),
        ];
        assert_eq!(told(both, "ffff"), "f[told]ff[rollback]f[told]");
    }

    fn without_marks(text: &str) -> String {
        let mut inside = false;
        let keep = |c: &char| {
            let kept = !inside && *c != '[';
            inside = (inside || *c == '[') && *c != ']';
            kept
        };
        text.chars().filter(keep).collect()
    }
}
