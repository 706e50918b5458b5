//! Why a version could not be moved.

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::DocumentError;
use tollgate::facts::FactsError;
use tollgate::judge::JudgeError;
use tollgate::model::ModelError;
use tollgate_sources::MlflowError;
use tollgate_sources::http::HttpError;

use crate::Stage;

/// Why a version could not be moved. Nothing was written, unless it says so.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PromotionError {
    /// The registry does not give what is asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] MlflowError),
    /// A document is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Document(#[from] DocumentError),
    /// What the registry says of a version is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// Evidence is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// The gates could not judge.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Judge(#[from] JudgeError),
    /// The plan has no gates for this stage.
    #[error("the plan `{plan}` says nothing of {stage}, so nothing would be judged")]
    #[diagnostic(help("give `targets` an entry `{stage}` with its `profiles`"))]
    NoTarget {
        /// The plan's file.
        plan: String,
        /// The stage.
        stage: Stage,
    },
    /// The plan has no alias for this stage, and writes no stages.
    #[error(
        "the plan `{plan}` has no alias for {stage} and no `stages: true`, so nothing would be written"
    )]
    NoPlace {
        /// The plan's file.
        plan: String,
        /// The stage.
        stage: Stage,
    },
    /// Someone else moves this model.
    #[error("{by} moves {model} at the same time: {what} to {to}, begun {at}")]
    #[diagnostic(help(
        "wait for its end; where it has died, run the same move again to finish it, or give `--take-over`"
    ))]
    Taken {
        /// The model.
        model: Box<str>,
        /// Which of its versions.
        what: Box<str>,
        /// The other's target.
        to: Box<str>,
        /// Who.
        by: String,
        /// When it began.
        at: String,
    },
    /// What was judged is no longer so.
    #[error("{what} changed while the gates ran: {then} then, {now} now; nothing was written")]
    #[diagnostic(help("run it again, to judge against what is there now"))]
    Changed {
        /// What changed.
        what: String,
        /// What it was.
        then: String,
        /// What it is.
        now: String,
    },
    /// A write failed on the way.
    #[error("{done} of {all} writes were made, then: {error}")]
    #[diagnostic(help("run the same command again: it finishes what was begun"))]
    HalfWritten {
        /// How many were made.
        done: usize,
        /// How many there are.
        all: usize,
        /// What went wrong.
        error: MlflowError,
    },
    /// The version was rolled back.
    #[error("{title} was rolled back at {at}{}, and is not promoted again", because(.why))]
    #[diagnostic(help("promote a version that mends it, or give `--override REASON --by NAME`"))]
    Bad {
        /// The version.
        title: String,
        /// When.
        at: String,
        /// Why; empty where nobody said.
        why: String,
    },
    /// Versions served, and none does.
    #[error(
        "{model} had version {version} serving, and no version serves now: there is nothing to compare with"
    )]
    #[diagnostic(help(
        "let the alias of Production name the version that serves, or name the one to compare with: `--alias`"
    ))]
    NoChampion {
        /// The model.
        model: String,
        /// The version that served last.
        version: u64,
    },
    /// A file of facts speaks for the version that serves.
    #[error(
        "a file of facts speaks of `{fact}` of the champion, which only the registry does here"
    )]
    ForChampion {
        /// The fact.
        fact: String,
    },
    /// A source speaks of what only the registry says.
    #[error("a source speaks of `{fact}`, which only the registry says")]
    Stated {
        /// The fact.
        fact: String,
    },
    /// What serves is not given a sunset before something else serves.
    #[error("{title} serves, and nothing that would replace it does")]
    #[diagnostic(help(
        "promote another version and name it with `--replacement`, or give `--override REASON --by NAME`"
    ))]
    StillServes {
        /// The version.
        title: String,
    },
    /// A sunset has come already.
    #[error("the sunset `{sunset}` has passed: it is {now}")]
    PastSunset {
        /// The sunset.
        sunset: String,
        /// When it is.
        now: String,
    },
    /// A version cannot come after another.
    #[error("{title} cannot replace a version: {why}")]
    NoReplacement {
        /// The version that was to replace it.
        title: String,
        /// Why not.
        why: String,
    },
    /// A model does not go from one name to another.
    #[error("`{from}` is not migrated to `{to}`: {why}")]
    NotMigrated {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
        /// Why not.
        why: String,
    },
    /// The plan has nothing to judge a name by.
    #[error("the plan `{plan}` says nothing of names, so the new one would not be judged")]
    #[diagnostic(help("give it a profile: `naming: gates/naming-snake.yaml`"))]
    NoNaming {
        /// The plan's file.
        plan: String,
    },
    /// The plan has nothing to judge by whether a name is used no more.
    #[error("the plan `{plan}` does not say by what an old name is judged to be used no more")]
    #[diagnostic(help(
        "give it a profile: `unused: gates/unused.yaml`; or give `--override REASON --by NAME`"
    ))]
    NoUnused {
        /// The plan's file.
        plan: String,
    },
    /// A version is in the middle of a move.
    #[error("{title} is in the middle of a move: {action} to {to} was begun and is not done")]
    #[diagnostic(help("run that again first: it finishes what was begun"))]
    Unfinished {
        /// The version.
        title: String,
        /// The move.
        action: String,
        /// Its target.
        to: String,
    },
    /// There is nothing to go back to.
    #[error("{model} has no version to go back to: {why}")]
    NoPrevious {
        /// The model.
        model: String,
        /// Why not.
        why: String,
    },
    /// The version is not where this move starts.
    #[error("{title} is in {found}, and {wanted}")]
    WrongStage {
        /// The version.
        title: String,
        /// Where it is.
        found: Stage,
        /// What the move needs.
        wanted: String,
    },
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}

impl From<HttpError> for PromotionError {
    fn from(error: HttpError) -> Self {
        Self::Registry(error.into())
    }
}
