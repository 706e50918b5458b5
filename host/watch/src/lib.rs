//! Judges live models round by round, and acts once on what breaks.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`reaction`] | what a profile says is to be done, when, after how many rounds |
//! | [`sight`] | what is seen of the model in one round, as a case for gates |
//! | [`state`] | what is remembered: since when a rule is broken, what was raised |
//! | [`store`] | the state as a file that one watch holds at a time |
//! | [`notice`] | what people are told: text, Slack's JSON, mail |
//! | [`place`] | where they are told |
//! | [`rollback`] | how a version is taken out of use |
//! | [`round`] | one round: look, judge, remember, record, act |
//! | [`report`] | what it came to, for whoever reads it |
//! | [`schedule`] | when the next one is due |
//!
//! What is to be done is written down before it is done, and struck out after
//! it: whoever is killed in between does it again, under the same id, when it
//! is started the next time. A rollback that is made again changes nothing; a
//! notification may arrive twice with one key; a record is looked for in its
//! log, and is there once.

mod advance;
mod error;
mod news;
pub mod notice;
pub mod place;
pub mod reaction;
pub mod report;
pub mod rollback;
pub mod round;
pub mod schedule;
mod seen;
pub mod sight;
pub mod state;
pub mod store;

pub use self::error::WatchError;
pub use self::report::RoundReport;
pub use self::round::Watch;
