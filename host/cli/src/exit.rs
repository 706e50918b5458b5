//! How a command ends.

use std::process::{ExitCode, Termination};

use tollgate_engine::types::Outcome;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: everything passed.
    Passed,
    /// 3: something cannot be judged, or a person must look.
    Inconclusive,
    /// 1: something failed.
    Failed,
    /// 2: the command, a file or a plugin is wrong.
    Error,
}

impl Exit {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Error => 2,
            Self::Inconclusive => 3,
        }
    }

    /// The exit of a verdict. `warnings_fail` makes `warn` fail.
    pub(crate) fn of(verdict: Outcome, warnings_fail: bool) -> Self {
        match verdict {
            Outcome::Fail => Self::Failed,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Warn if warnings_fail => Self::Failed,
            Outcome::Warn | Outcome::Pass => Self::Passed,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
