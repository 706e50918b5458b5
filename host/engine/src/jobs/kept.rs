//! Instances at rest: made ahead for calls to come, or warm from one before.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::instance::Live;
use crate::permits::Permit;
use crate::shared::Places;

/// An instance, and its right to be at rest.
struct Kept {
    live: Live,
    place: Permit,
}

/// The instances of one configured plugin that are at rest.
pub(super) struct AtRest {
    places: Places,
    ready: Mutex<Vec<Kept>>,
    warm: Mutex<Vec<Kept>>,
    /// Those that have answered, for whoever makes new ones to take down: that
    /// takes longer than the call itself.
    spent: Mutex<Vec<Kept>>,
    /// How many are to be ready. Changed and relied on under the lock of
    /// `ready`; read without it to see that there is nothing to do.
    wanted: AtomicUsize,
}

impl AtRest {
    pub(super) fn new(places: &Places) -> Self {
        Self {
            places: places.clone(),
            ready: Mutex::default(),
            warm: Mutex::default(),
            spent: Mutex::default(),
            wanted: AtomicUsize::new(0),
        }
    }

    /// One that has answered nothing yet, with its place, and whether more are
    /// to be made now.
    pub(super) fn take_ready(&self) -> (Option<(Live, Permit)>, bool) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted == 0 {
            return (None, false);
        }
        let mut ready = lock(&self.ready);
        let live = ready.pop().map(|kept| (kept.live, kept.place));
        // Waking who makes them costs as much as a call, so not for each.
        (live, ready.len() <= wanted / 2)
    }

    /// One that has answered before.
    pub(super) fn take_warm(&self) -> Option<Live> {
        lock(&self.warm).pop().map(|kept| kept.live)
    }

    /// Keeps a warm instance for a later call, or drops it where there are
    /// enough, or where somebody waits for its room.
    pub(super) fn keep_warm(&self, live: Live) {
        if live.is_waited_for() {
            return;
        }
        if let Some(place) = self.places.warm.acquire(Duration::ZERO) {
            let mut warm = lock(&self.warm);
            warm.push(Kept { live, place });
            // Who began to wait meanwhile may have looked before it was here.
            let in_the_way = warm.pop_if(|kept| kept.live.is_waited_for());
            drop(warm);
            drop(in_the_way);
        }
    }

    /// Puts by an instance that was ready and has answered.
    pub(super) fn put_by(&self, live: Live, place: Permit) {
        let mut spent = lock(&self.spent);
        spent.push(Kept { live, place });
        // As above. And where none are to be ready any more, nobody comes.
        let idle = self.wanted.load(Ordering::Relaxed) == 0;
        let in_the_way = spent.pop_if(|kept| idle || kept.live.is_waited_for());
        drop(spent);
        drop(in_the_way);
    }

    /// Takes down what was put by.
    fn clear(&self) {
        let spent = mem::take(&mut *lock(&self.spent));
        drop(spent);
    }

    /// Makes room for a call: drops an instance, one that has answered where
    /// there is any, then a warm one.
    pub(super) fn give_way(&self) {
        let spent = lock(&self.spent).pop();
        let kept = spent.or_else(|| lock(&self.warm).pop());
        drop(kept.or_else(|| lock(&self.ready).pop()));
    }

    /// Asks for so many to be ready; fewer drops those that are too many.
    pub(super) fn want(&self, count: usize) {
        let mut ready = lock(&self.ready);
        self.wanted.store(count, Ordering::Relaxed);
        ready.truncate(count);
        drop(ready);
        self.clear();
    }

    /// How many are ready.
    pub(super) fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Makes those that are missing, until there is no room or one cannot be
    /// made; says whether all are there.
    pub(super) fn fill(&self, mut make: impl FnMut() -> Option<Live>) -> bool {
        self.clear();
        while self.ready() < self.wanted.load(Ordering::Relaxed) {
            let Some(place) = self.places.ready.acquire(Duration::ZERO) else { return false };
            let Some(live) = make() else { return false };
            let mut ready = lock(&self.ready);
            // Fewer may be wanted since.
            if ready.len() < self.wanted.load(Ordering::Relaxed) {
                ready.push(Kept { live, place });
            }
        }
        true
    }
}

/// A panic elsewhere cannot leave a list half changed.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
