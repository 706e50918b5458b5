//! What waits to be written: bounded, and given to one writer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::entry::Waiting;
use crate::error::Refused;
use crate::settings::{Acknowledge, Settings, WhenFull};

/// How a log is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Decisions that are on the disk, and changes of rollouts.
    pub written: u64,
    /// Those that wait to be.
    pub waiting: u64,
    /// The memory that they take, in bytes.
    pub waiting_bytes: usize,
    /// For how long the oldest of them has waited.
    pub lag: Duration,
    /// Decisions that were made and are not in the log, since it had no room.
    pub dropped: u64,
    /// Decisions that were not to be logged, by their share.
    pub sampled_away: u64,
    /// Why the last attempt to write failed, if it did.
    pub failing: Option<String>,
}

/// Decisions that wait.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// The writer waits for it.
    work: Condvar,
    /// Whoever decided waits for it: for room, or to be on the disk.
    done: Condvar,
    most: usize,
    most_bytes: usize,
    when_full: WhenFull,
    acknowledge: Acknowledge,
}

#[derive(Default)]
struct State {
    entries: Vec<(Waiting, usize)>,
    /// All that waits, what the writer holds included.
    count: usize,
    bytes: usize,
    /// When the oldest of what the writer holds, and of the rest, was taken.
    oldest: Option<Instant>,
    next_oldest: Option<Instant>,
    taken: u64,
    written: u64,
    dropped: Counted,
    sampled_away: Counted,
    /// When it was last told what is not to be logged.
    told: Option<Instant>,
    closed: bool,
    failing: Option<String>,
}

/// A count, and how much of it is written.
#[derive(Default)]
struct Counted {
    all: u64,
    written: u64,
}

/// What is done where there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// What the settings say.
    AsSet,
    /// The same, but nobody waits.
    AtOnce,
    /// It is taken all the same: there are few of these.
    Always,
}

/// What became of what was put.
pub(crate) enum Put {
    /// It is the so-many-th that was taken.
    Taken(u64),
    Dropped,
    /// There is no room at once.
    Full,
}

/// What the writer gets.
pub(crate) struct Work {
    /// Decisions that are not in the log and of which no record says so.
    pub(crate) dropped: u64,
    pub(crate) sampled_away: u64,
    /// Nothing comes behind it.
    pub(crate) last: bool,
}

impl Queue {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            most: settings.queue_records,
            most_bytes: settings.queue_bytes,
            when_full: settings.when_full,
            acknowledge: settings.acknowledge,
        }
    }

    /// Whether a decision counts as logged only when it is on the disk.
    pub(crate) fn awaits_disk(&self) -> bool {
        matches!(self.acknowledge, Acknowledge::Written(_))
    }

    /// Takes what is to be written.
    pub(crate) fn put(&self, entry: Waiting, room: Room) -> Result<Put, Refused> {
        let weight = entry.weight();
        let mut state = self.lock();
        let since = Instant::now();
        // One that is larger than all that may wait waits alone.
        while room != Room::Always
            && state.count > 0
            && (state.count >= self.most || state.bytes.saturating_add(weight) > self.most_bytes)
        {
            if state.closed {
                return Err(Refused::Closed);
            }
            let WhenFull::Block(patience) = self.when_full else {
                state.dropped.all += 1;
                return Ok(Put::Dropped);
            };
            if room == Room::AtOnce {
                return Ok(Put::Full);
            }
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(Refused::Full(patience, state.failing.clone()));
            }
            self.work.notify_one();
            state = wait(&self.done, state, left);
        }
        if state.closed {
            return Err(Refused::Closed);
        }
        state.entries.push((entry, weight));
        state.count += 1;
        state.bytes += weight;
        state.taken += 1;
        if state.entries.len() == 1 {
            state.next_oldest = Some(since);
            self.work.notify_one();
        } else if state.count == self.most / 2 {
            self.work.notify_one();
        }
        Ok(Put::Taken(state.taken))
    }

    /// Waits until the first so many that were taken count as logged; all that
    /// were, where it is not said how many.
    pub(crate) fn settle(&self, ticket: Option<u64>) -> Result<(), Refused> {
        let Acknowledge::Written(patience) = self.acknowledge else { return Ok(()) };
        let (since, mut state) = (Instant::now(), self.lock());
        let ticket = ticket.unwrap_or(state.taken);
        while state.written < ticket {
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(Refused::Unwritten(patience, state.failing.clone()));
            }
            state = wait(&self.done, state, left);
        }
        Ok(())
    }

    /// Counts a decision that is not to be logged.
    pub(crate) fn sampled_away(&self) {
        self.lock().sampled_away.all += 1;
    }

    /// All that waits, once there is something, and gathered for `interval`;
    /// what is not logged is told at the end, and every `rest`.
    pub(crate) fn take(
        &self,
        interval: Duration,
        rest: Duration,
        into: &mut Vec<(Waiting, usize)>,
    ) -> Work {
        let since = Instant::now();
        let mut state = self.lock();
        while state.entries.is_empty() && !state.closed {
            let has_gap = state.dropped.is_open() || state.sampled_away.is_open();
            let left = rest.saturating_sub(since.elapsed());
            if has_gap && (left.is_zero() || state.dropped.is_open()) {
                break;
            }
            state = match has_gap {
                true => wait(&self.work, state, left),
                // Sampled away decisions wake nobody.
                false => wait(&self.work, state, rest),
            };
        }
        let gathered = Instant::now();
        while !state.closed && !state.entries.is_empty() && state.count < self.most / 2 {
            let left = interval.saturating_sub(gathered.elapsed());
            if left.is_zero() {
                break;
            }
            state = wait(&self.work, state, left);
        }
        into.append(&mut state.entries);
        state.oldest = state.next_oldest.take();
        let last = state.closed;
        let tells = last || state.told.is_none_or(|told| told.elapsed() >= rest);
        if tells {
            state.told = Some(Instant::now());
        }
        Work {
            dropped: state.dropped.rest(),
            sampled_away: if tells { state.sampled_away.rest() } else { 0 },
            last,
        }
    }

    /// So many of what the writer holds are on the disk, and a record of this
    /// gap.
    pub(crate) fn written(&self, count: usize, bytes: usize, gap: (u64, u64)) {
        let mut state = self.lock();
        state.count = state.count.saturating_sub(count);
        state.bytes = state.bytes.saturating_sub(bytes);
        state.written += count as u64;
        state.dropped.written += gap.0;
        state.sampled_away.written += gap.1;
        state.failing = None;
        if state.count == state.entries.len() {
            state.oldest = None;
        }
        self.done.notify_all();
    }

    /// What the writer holds cannot be written, for now.
    pub(crate) fn failed(&self, problem: String) {
        self.lock().failing = Some(problem);
    }

    /// Waits so long, or until the log is closed.
    pub(crate) fn pause(&self, length: Duration) -> bool {
        let since = Instant::now();
        let mut state = self.lock();
        loop {
            let left = length.saturating_sub(since.elapsed());
            if state.closed || left.is_zero() {
                return state.closed;
            }
            state = wait(&self.work, state, left);
        }
    }

    /// Takes nothing any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.done.notify_all();
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.lock();
        let oldest = state.oldest.or(state.next_oldest);
        Health {
            written: state.written,
            waiting: state.count as u64,
            waiting_bytes: state.bytes,
            lag: oldest.map(|oldest| oldest.elapsed()).unwrap_or_default(),
            dropped: state.dropped.all,
            sampled_away: state.sampled_away.all,
            failing: state.failing.clone(),
        }
    }

    /// A thread that panicked while it held the state left it whole: nothing
    /// that is done there can.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn rest(&self) -> u64 {
        self.all.saturating_sub(self.written)
    }

    fn is_open(&self) -> bool {
        self.rest() > 0
    }
}

fn wait<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    length: Duration,
) -> MutexGuard<'a, State> {
    condition.wait_timeout(state, length).unwrap_or_else(PoisonError::into_inner).0
}
