//! Batches that are decoded ahead, in a thread of their own.
//!
//! Decoding Parquet takes as long as all that is done with its cells. The first
//! batch is decoded where it is asked for: most files have no other.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

/// What another iterator gives, one item ahead of whoever asks.
pub(crate) enum Ahead<I: Iterator> {
    /// Nothing was asked for yet.
    New(I),
    /// One item was.
    Begun(I),
    Running(Receiver<I::Item>, JoinHandle<()>),
    Ended,
}

impl<I: Iterator<Item: Send> + Send + 'static> Ahead<I> {
    /// The next item; none at the end.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(crate) fn next(&mut self) -> io::Result<Option<I::Item>> {
        match std::mem::replace(self, Self::Ended) {
            Self::New(mut of) => {
                let first = of.next();
                *self = Self::Begun(of);
                Ok(first)
            }
            Self::Begun(of) => {
                // Nobody waits in between: memory is for two items.
                let (give, take) = sync_channel(0);
                let decode = move || {
                    for item in of {
                        if give.send(item).is_err() {
                            return;
                        }
                    }
                };
                let thread = thread::Builder::new().name("tollgate-decode".to_owned());
                Ok(self.received(take, thread.spawn(decode)?))
            }
            Self::Running(take, thread) => Ok(self.received(take, thread)),
            Self::Ended => Ok(None),
        }
    }

    fn received(&mut self, take: Receiver<I::Item>, thread: JoinHandle<()>) -> Option<I::Item> {
        match take.recv() {
            Ok(item) => {
                *self = Self::Running(take, thread);
                Some(item)
            }
            // That it broke is no end.
            Err(_) => thread.join().map_or_else(|panic| resume_unwind(panic), |()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Ahead;

    #[test]
    fn all_items_come_in_their_order() {
        for count in [0, 1, 2, 1000] {
            let mut ahead = Ahead::New(0..count);
            let mut given = Vec::new();
            while let Some(item) = ahead.next().unwrap() {
                given.push(item);
            }
            assert_eq!(given, (0..count).collect::<Vec<_>>());
            assert_eq!(ahead.next().unwrap(), None, "an end stays one");
        }
    }

    #[test]
    fn one_item_is_made_ahead_and_no_more() {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let mut ahead = Ahead::New((0..100).inspect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        }));
        assert_eq!(ahead.next().unwrap(), Some(0));
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert_eq!(ahead.next().unwrap(), Some(1));
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(made.load(Ordering::Relaxed) <= 3);
    }

    #[test]
    fn what_panics_does_not_end_quietly() {
        let mut ahead = Ahead::New((0..10).inspect(|item| assert_ne!(*item, 5, "broken")));
        let all = catch_unwind(AssertUnwindSafe(|| while ahead.next().unwrap().is_some() {}));
        assert!(all.is_err());
    }
}
