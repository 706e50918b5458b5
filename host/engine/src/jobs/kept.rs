//! Instances at rest: made ahead for calls to come, or warm from one before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::instance::Live;
use crate::permits::Permit;
use crate::shared::Places;

/// An instance, and its right to be kept.
struct Kept {
    live: Live,
    _place: Permit,
}

/// The instances of one configured plugin that are at rest.
pub(super) struct AtRest {
    places: Places,
    ready: Mutex<Vec<Kept>>,
    warm: Mutex<Vec<Kept>>,
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
            wanted: AtomicUsize::new(0),
        }
    }

    /// One that has answered nothing yet, and whether more are to be made now.
    pub(super) fn take_ready(&self) -> (Option<Live>, bool) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted == 0 {
            return (None, false);
        }
        let mut ready = lock(&self.ready);
        let live = ready.pop().map(|kept| kept.live);
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
            lock(&self.warm).push(Kept { live, _place: place });
        }
    }

    /// Makes room for a call: drops an instance, a warm one where there is any.
    pub(super) fn give_way(&self) {
        let kept = lock(&self.warm).pop();
        drop(kept.or_else(|| lock(&self.ready).pop()));
    }

    /// Asks for so many to be ready; fewer drops those that are too many.
    pub(super) fn want(&self, count: usize) {
        let mut ready = lock(&self.ready);
        self.wanted.store(count, Ordering::Relaxed);
        ready.truncate(count);
    }

    /// How many are ready.
    pub(super) fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Makes those that are missing, until there is no room or one cannot be
    /// made; says whether all are there.
    pub(super) fn fill(&self, mut make: impl FnMut() -> Option<Live>) -> bool {
        while self.ready() < self.wanted.load(Ordering::Relaxed) {
            let Some(place) = self.places.ready.acquire(Duration::ZERO) else { return false };
            let Some(live) = make() else { return false };
            let mut ready = lock(&self.ready);
            // Fewer may be wanted since.
            if ready.len() < self.wanted.load(Ordering::Relaxed) {
                ready.push(Kept { live, _place: place });
            }
        }
        true
    }
}

/// A panic elsewhere cannot leave a list half changed.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
