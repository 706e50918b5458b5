//! When the next round is due.

use std::time::{Duration, Instant};

/// Rounds at even distances. One that takes longer than that is followed by the
/// next at once; those that were missed meanwhile are left out, and never pile
/// up. The clock of the wall has no part in it.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    every: Duration,
    due: Instant,
}

impl Schedule {
    /// The first round is due at once.
    #[must_use]
    pub fn new(every: Duration, now: Instant) -> Self {
        Self { every, due: now }
    }

    /// How long to wait for the next round once one has ended, and how many
    /// were missed.
    pub fn next(&mut self, now: Instant) -> (Duration, u64) {
        let since = now.saturating_duration_since(self.due);
        let whole = since.as_nanos() / self.every.as_nanos().max(1);
        if whole == 0 {
            self.due += self.every;
            return (self.due.saturating_duration_since(now), 0);
        }
        self.due = now;
        (Duration::ZERO, u64::try_from(whole.saturating_sub(1)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_do_not_pile_up() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::new(Duration::from_secs(30), start);
        // The first took two seconds, the second none.
        assert_eq!(schedule.next(at(2)), (Duration::from_secs(28), 0));
        assert_eq!(schedule.next(at(30)), (Duration::from_secs(30), 0));
        // The third, due at 60, took 100: those of 90, 120 and 150 are missed, and
        // one is made up for.
        assert_eq!(schedule.next(at(160)), (Duration::ZERO, 2));
        assert_eq!(schedule.next(at(161)), (Duration::from_secs(29), 0));
    }
}
