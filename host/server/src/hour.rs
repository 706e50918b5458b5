//! The last hour of a policy, by minute, for who looks at the console.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// How much is kept.
const MINUTES: u64 = 60;

/// Times are counted in steps of a factor of 1.25, from a microsecond on.
const STEPS: usize = 80;
const FACTOR: f64 = 1.25;

/// What was decided in the last hour.
#[derive(Debug)]
pub(crate) struct Hour {
    /// What is counted, in the order of the indices of [`Hour::count`].
    actions: Vec<String>,
    minutes: Mutex<VecDeque<Minute>>,
}

#[derive(Debug)]
struct Minute {
    /// Since 1970.
    number: u64,
    /// By action, the last without one.
    actions: Vec<u64>,
    times: [u32; STEPS],
}

impl Hour {
    /// An hour of a policy with these actions.
    pub(crate) fn new(actions: &[String]) -> Self {
        let mut actions = actions.to_vec();
        actions.push("none".to_owned());
        Self { actions, minutes: Mutex::default() }
    }

    /// Counts a decision; none where there is no action to take.
    pub(crate) fn count(&self, action: Option<usize>, took: Option<Duration>) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that is set back counts on in the minute that it left.
        let newest = minutes.back().map_or(0, |minute| minute.number);
        let number = minute_of(SystemTime::now()).max(newest);
        if newest != number || minutes.is_empty() {
            let actions = vec![0; self.actions.len()];
            minutes.push_back(Minute { number, actions, times: [0; STEPS] });
            while minutes.front().is_some_and(|it| it.number + MINUTES <= number) {
                minutes.pop_front();
            }
        }
        let Some(minute) = minutes.back_mut() else { return };
        let none = self.actions.len().saturating_sub(1);
        if let Some(count) = minute.actions.get_mut(action.unwrap_or(none)) {
            *count += 1;
        }
        if let Some(count) = took.and_then(|took| minute.times.get_mut(step(took))) {
            *count = count.saturating_add(1);
        }
    }

    /// The actions, and 60 minutes up to now, those without decisions as well.
    pub(crate) fn shown(&self) -> Value {
        let minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = minutes.back().map_or(0, |minute| minute.number);
        let now = minute_of(SystemTime::now()).max(newest);
        let shown = (now.saturating_sub(MINUTES - 1)..=now).map(|number| {
            let minute = minutes.iter().find(|minute| minute.number == number);
            let mut actions = Map::new();
            for (name, count) in self.actions.iter().zip(minute.iter().flat_map(|it| &it.actions)) {
                if *count > 0 {
                    actions.insert(name.clone(), (*count).into());
                }
            }
            let quantile = |part| minute.and_then(|minute| minute.quantile(part));
            json!({
                "at": shown(number),
                "actions": actions,
                "p50_us": quantile(0.5),
                "p99_us": quantile(0.99),
            })
        });
        json!({ "actions": self.actions, "minutes": shown.collect::<Vec<_>>() })
    }
}

impl Minute {
    /// The time that such a part of the decisions stays within, in
    /// microseconds.
    fn quantile(&self, part: f64) -> Option<f64> {
        let all: u64 = self.times.iter().map(|count| u64::from(*count)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a part of a count")]
        let wanted = all as f64 * part;
        let mut seen = 0_u64;
        for (step, count) in (0_i32..).zip(&self.times) {
            seen += u64::from(*count);
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            if seen > 0 && seen as f64 >= wanted {
                return Some(FACTOR.powi(step));
            }
        }
        None
    }
}

fn step(took: Duration) -> usize {
    let microseconds = took.as_secs_f64() * 1e6;
    if microseconds <= 1.0 {
        return 0;
    }
    let step = (microseconds.ln() / FACTOR.ln()).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 on")]
    (step as usize).min(STEPS - 1)
}

fn minute_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs() / 60)
}

/// `12:07`, UTC.
fn shown(minute: u64) -> String {
    let seconds = i64::try_from(minute.saturating_mul(60)).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .map_or_else(|_| String::new(), |at| at.strftime("%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_within_a_quarter_and_never_too_small() {
        let mut minute = Minute { number: 0, actions: Vec::new(), times: [0; STEPS] };
        assert_eq!(minute.quantile(0.99), None);
        for microseconds in [7, 7, 7, 7, 7, 7, 7, 7, 7, 900] {
            minute.times[step(Duration::from_micros(microseconds))] += 1;
        }
        let (half, most) = (minute.quantile(0.5).unwrap(), minute.quantile(0.99).unwrap());
        assert!((7.0..7.0 * FACTOR).contains(&half), "{half}");
        assert!((900.0..900.0 * FACTOR).contains(&most), "{most}");
        assert_eq!(step(Duration::ZERO), 0);
        assert_eq!(step(Duration::from_secs(1_000_000)), STEPS - 1);
    }

    #[test]
    fn an_hour_has_sixty_minutes_and_every_decision() {
        let hour = Hour::new(&["allow".to_owned(), "block".to_owned()]);
        for action in [Some(0), Some(0), Some(1), None] {
            hour.count(action, Some(Duration::from_micros(20)));
        }
        let shown = hour.shown();
        assert_eq!(shown["actions"], json!(["allow", "block", "none"]));
        let minutes = shown["minutes"].as_array().unwrap();
        assert_eq!(minutes.len(), 60);
        let count = |action: &str| -> u64 {
            minutes.iter().filter_map(|minute| minute["actions"][action].as_u64()).sum()
        };
        assert_eq!((count("allow"), count("block"), count("none")), (2, 1, 1));
    }
}
