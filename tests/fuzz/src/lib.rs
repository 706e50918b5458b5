//! Every reader of Tollgate, given valid files that chance has changed.
//!
//! A [`Target`] reads bytes; the inputs of a round follow from the seed and
//! the number of the round alone, so that two numbers are all that a failure
//! needs to be had again. The rounds run in a process of their own
//! ([`worker`]), as what a hostile file does may end the process; another one
//! watches it ([`watch`]).

// A seed file that is missing, or a target that is wrong, is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

pub mod guided;
pub mod hostile;
pub mod mutate;
pub mod seeds;
pub mod targets;
pub mod watch;
pub mod worker;

pub use targets::{Target, target, targets};
