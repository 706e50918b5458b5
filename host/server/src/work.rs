//! Where judges are called: at once where that is quick, which nearly all
//! calls are, otherwise by a worker.
//!
//! A fresh decision takes some 5 µs, and to hand it to another thread and back
//! takes longer than that. So a judge is called right where the request was
//! read, with two milliseconds at most. One that is not done by then is called
//! again by a worker with what is left of the deadline: a plugin is pure, the
//! second call comes to what the first would have. A policy that was slow goes
//! to the workers at once for a while, so that one that hangs costs the other
//! requests two milliseconds in a hundred of its calls and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tollgate_engine::CallOptions;
use tracing::Span;

use crate::config::Limits;
use crate::problem::{BUSY, DEADLINE, INTERNAL, Problem};

/// How long a thread that serves others may be kept: the engine's clock has
/// steps of a millisecond.
pub(crate) const QUICK: Duration = Duration::from_millis(2);

/// A longer payload may take longer to be read than that.
const SHORT: usize = 64 << 10;

/// How many calls of a slow judge go to the workers at once.
const SLOW_FOR: u32 = 100;

/// What a call takes past its deadline at most, on a machine that is busy: a
/// step of the engine's clock and the rendering of what it came to.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// How a judge has done lately.
#[derive(Debug, Default)]
pub(crate) struct Pace(AtomicU32);

impl Pace {
    /// Whether it may be called at once.
    fn is_quick(&self) -> bool {
        let slow = self.0.load(Ordering::Relaxed);
        if slow > 0 {
            self.0.store(slow - 1, Ordering::Relaxed);
        }
        slow == 0
    }

    fn was_slow(&self) {
        self.0.store(SLOW_FOR, Ordering::Relaxed);
    }
}

/// How a judge is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) options: CallOptions,
    /// Whether what is not done in time is called again.
    pub(crate) again: bool,
}

/// What an attempt came to.
pub(crate) enum Tried<T> {
    Done(Result<T, Problem>),
    /// Time or instances ran out, and it is to be called again.
    Unfinished,
}

/// Room for calls: a bounded number at a time, and a bounded queue.
pub(crate) struct Work {
    all: Semaphore,
    workers: Arc<Semaphore>,
    deadline: Duration,
}

impl Work {
    pub(crate) fn new(limits: &Limits) -> Self {
        let all = limits.concurrency.saturating_add(limits.queue).min(Semaphore::MAX_PERMITS);
        Self {
            all: Semaphore::new(all),
            workers: Arc::new(Semaphore::new(limits.concurrency)),
            deadline: limits.deadline,
        }
    }

    /// Calls a judge on a payload of so many bytes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        pace: &Pace,
        bytes: usize,
        judge: impl Fn(Attempt) -> Tried<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let until = Instant::now() + self.deadline;
        let Ok(_room) = self.all.try_acquire() else {
            return Err(Problem::new(BUSY, "too many requests wait already"));
        };
        if bytes <= SHORT && pace.is_quick() {
            let options =
                CallOptions::fresh().deadline(QUICK.min(self.deadline)).refuse_when_busy();
            match judge(Attempt { options, again: true }) {
                Tried::Done(done) => return done,
                Tried::Unfinished => pace.was_slow(),
            }
        }
        let Ok(Ok(worker)) = timeout_at(until, Arc::clone(&self.workers).acquire_owned()).await
        else {
            return Err(Problem::new(BUSY, "no worker came free before the deadline"));
        };
        let options =
            CallOptions::fresh().deadline(until.saturating_duration_since(Instant::now()));
        let span = Span::current();
        let called = tokio::task::spawn_blocking(move || {
            let _worker = worker;
            let _entered = span.enter();
            judge(Attempt { options, again: false })
        });
        match timeout_at(until + GRACE, called).await {
            Ok(Ok(Tried::Done(done))) => done,
            Ok(Ok(Tried::Unfinished)) | Err(_) => {
                Err(Problem::new(DEADLINE, "it was not judged before the deadline"))
            }
            Ok(Err(_)) => Err(Problem::new(INTERNAL, "the server could not judge it")),
        }
    }
}
