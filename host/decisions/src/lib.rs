//! The decision log: what policies decided, on what and why, in a chain of
//! hashes; and what can be done with it afterwards. The README says what holds.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`DecisionLog`] | takes decisions from many threads and writes them from one of its own |
//! | [`Settings`] | how it does that, and what of a decision is written |
//! | [`read`] | the decisions of a log, one by one or in blocks |
//! | [`query`] | those of them that somebody asks for |
//! | [`replay`] | each decided again, from the log alone |
//! | [`diff`] | all decided again by another policy |
//! | [`export`] | a log as a table |

mod body;
pub mod diff;
mod entry;
mod error;
pub mod export;
mod folder;
mod log;
mod mask;
mod policy;
pub mod query;
mod queue;
pub mod read;
pub mod replay;
mod sample;
mod settings;
mod stated;
mod value;
mod writer;

pub use self::entry::{Assignment, Context, RolloutChange};
pub use self::error::{OpenError, Refused, SettingsError};
pub use self::log::{Closed, DecisionLog, Taken};
pub use self::mask::{HowMasked, KEY_VARIABLE, Key, Masks};
pub use self::queue::Health;
pub use self::sample::Sample;
pub use self::settings::{Acknowledge, LOG_SCHEMA, Rotation, Settings, WhenFull};

/// The kind of records of decisions.
pub const DECISION: &str = "decision";

/// The kind of records that say by which policies the decisions behind them
/// were made.
pub const POLICY: &str = "policy";

/// The kind of records that say how many decisions are not in the log.
pub const GAP: &str = "gap";

/// The kind of records that say what became of a rollout.
pub const ROLLOUT: &str = "rollout";

/// Whether a record with this kind is one of a decision log.
#[must_use]
pub fn is_of_decisions(kind: &str) -> bool {
    [DECISION, POLICY, GAP, ROLLOUT].contains(&kind)
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
