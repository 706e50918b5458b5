//! Instances at rest: made ahead for calls to come, or warm from one before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::instance::Live;
use crate::permits::{Permit, Permits};

/// An instance, and its right to be kept.
struct Kept {
    live: Live,
    _place: Permit,
}

/// The instances of one configured plugin that are at rest.
pub(super) struct AtRest {
    /// Of the whole engine: instances at rest leave half of it to calls.
    places: Arc<Permits>,
    ready: Mutex<Vec<Kept>>,
    warm: Mutex<Vec<Kept>>,
    /// How many are to be ready.
    wanted: AtomicUsize,
}

impl AtRest {
    pub(super) fn new(places: &Arc<Permits>) -> Self {
        Self {
            places: Arc::clone(places),
            ready: Mutex::default(),
            warm: Mutex::default(),
            wanted: AtomicUsize::new(0),
        }
    }

    /// One that has answered nothing yet, and whether more are to be made now.
    pub(super) fn take_ready(&self) -> Option<(Live, bool)> {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted == 0 {
            return None;
        }
        let mut ready = lock(&self.ready);
        let live = ready.pop()?.live;
        // Waking who makes them costs as much as a call, so not for each.
        Some((live, ready.len() <= wanted / 2))
    }

    /// One that has answered before.
    pub(super) fn take_warm(&self) -> Option<Live> {
        lock(&self.warm).pop().map(|kept| kept.live)
    }

    /// Keeps a warm instance for a later call, or drops it where there are
    /// enough.
    pub(super) fn keep_warm(&self, live: Live) {
        if let Some(place) = self.place() {
            lock(&self.warm).push(Kept { live, _place: place });
        }
    }

    /// Asks for so many to be ready; fewer drops those that are too many.
    pub(super) fn want(&self, count: usize) {
        self.wanted.store(count, Ordering::Relaxed);
        lock(&self.ready).truncate(count);
    }

    /// How many are ready.
    pub(super) fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Makes those that are missing, until one fails or there is no room.
    pub(super) fn fill(&self, mut make: impl FnMut() -> Option<Live>) {
        while self.ready() < self.wanted.load(Ordering::Relaxed)
            && let Some(place) = self.place()
            && let Some(live) = make()
        {
            lock(&self.ready).push(Kept { live, _place: place });
        }
    }

    fn place(&self) -> Option<Permit> {
        self.places.acquire(Duration::ZERO)
    }
}

/// A panic elsewhere cannot leave a list half changed.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
