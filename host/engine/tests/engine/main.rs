//! The engine against well-behaved and hostile guests. The guests are
//! WebAssembly text in `guests/`; what hostile ones replace in them is data in
//! `hostile/`.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)]

mod ahead;
mod cache;
mod calls;
mod costly;
mod documented;
mod files;
mod guest;
mod hostile;
mod options;
mod pool;
