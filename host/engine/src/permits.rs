//! How many instances may be alive at a time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A counting semaphore. The pool of instances answers an overflow with an
/// error; this makes callers wait instead, and no longer than their deadline.
#[derive(Debug)]
pub(crate) struct Permits {
    free: Mutex<u32>,
    returned: Condvar,
}

/// The right to one instance; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Permits>);

impl Permits {
    pub(crate) fn new(count: u32) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), returned: Condvar::new() })
    }

    /// Waits for a permit; none when there is none for `patience`.
    pub(crate) fn acquire(self: &Arc<Self>, patience: Duration) -> Option<Permit> {
        // A panic elsewhere cannot leave a count half written.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            free = self
                .returned
                .wait_timeout_while(free, patience, |free| *free == 0)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *free = free.checked_sub(1)?;
        Some(Permit(Arc::clone(self)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
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
