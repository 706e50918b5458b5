//! How many instances may be alive at a time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A counting semaphore. The pool of instances answers an overflow with an
/// error; this makes callers wait instead, and no longer than their deadline.
#[derive(Debug)]
pub(crate) struct Permits {
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug)]
struct State {
    free: u32,
    /// Callers that wait. Waking is a system call even when nobody sleeps, 5 %
    /// of a fresh decision, so it is made for them only.
    waiting: u32,
}

/// The right to one instance; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit {
    permits: Arc<Permits>,
    /// How long it was waited for.
    pub(crate) waited: Duration,
}

impl Permits {
    pub(crate) fn new(count: u32) -> Arc<Self> {
        let state = Mutex::new(State { free: count, waiting: 0 });
        Arc::new(Self { state, returned: Condvar::new() })
    }

    /// Waits for a permit; none when there is none for `patience`.
    pub(crate) fn acquire(self: &Arc<Self>, patience: Duration) -> Option<Permit> {
        self.acquire_from(patience, || {})
    }

    /// [`Permits::acquire`]; where there is none, `give_way` makes some free.
    /// By then it shows that somebody waits: who puts one by, and looks after
    /// that, either sees it or is seen by `give_way`.
    pub(crate) fn acquire_from(
        self: &Arc<Self>,
        patience: Duration,
        give_way: impl Fn(),
    ) -> Option<Permit> {
        let mut state = self.lock();
        let mut waited = Duration::ZERO;
        if state.free == 0 {
            let start = Instant::now();
            state.waiting += 1;
            drop(state);
            give_way();
            state = self
                .returned
                .wait_timeout_while(self.lock(), patience, |state| state.free == 0)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting -= 1;
            waited = start.elapsed();
        }
        state.free = state.free.checked_sub(1)?;
        Some(Permit { permits: Arc::clone(self), waited })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave a count half written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Whether somebody waits for one like it.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.permits.lock().waiting > 0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.permits.lock();
        state.free += 1;
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.permits.returned.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Permits;

    #[test]
    fn a_permit_comes_back() {
        let permits = Permits::new(1);
        let held = permits.acquire(Duration::ZERO).unwrap();
        assert!(permits.acquire(Duration::from_millis(5)).is_none());
        drop(held);
        assert!(permits.acquire(Duration::ZERO).is_some());
    }

    #[test]
    fn a_waiting_caller_gets_the_next_one() {
        let permits = Permits::new(1);
        let held = permits.acquire(Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| permits.acquire(Duration::from_secs(60)).is_some());
            drop(held);
            assert!(waiting.join().unwrap());
        });
    }
}
