//! How far reading has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes of a file that were read, for a person who waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    bytes: Arc<AtomicU64>,
}

impl Progress {
    pub(crate) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
