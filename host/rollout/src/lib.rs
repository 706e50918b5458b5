//! Which of two versions answers whom, whether they agree, and when a step goes
//! on or back; the README says what holds.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`plan`] | the document: stages as data |
//! | [`assign`] | which version answers a key, by a stated hash |
//! | [`agreement`] | how often both answer alike |
//! | [`state`] | how far a rollout is, as a file |
//! | [`rollout`] | all of it together |

pub mod agreement;
pub mod assign;
pub mod plan;
pub mod rollout;
pub mod state;
mod window;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::DocumentError;
use tollgate::judge::JudgeError;

pub use self::agreement::{Answered, Transition};
pub use self::assign::Arm;
pub use self::plan::Plan;
pub use self::rollout::{Change, Rollout, Status};

/// Why a rollout cannot begin or go on. The champion answers then.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum RolloutError {
    /// The plan is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Document(#[from] DocumentError),
    /// A guardrail cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guardrail(#[from] JudgeError),
    /// The state cannot be used.
    #[error("`{file}` cannot be {done}: {problem}")]
    State {
        /// The file.
        file: String,
        /// `read` or `written`.
        done: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Latencies cannot be counted.
    #[error("latencies cannot be counted: {0}")]
    Histogram(String),
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
