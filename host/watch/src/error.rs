//! Why a watch cannot begin, or a round came to nothing.

use std::io;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::facts::{FactsError, Instant};
use tollgate::judge::JudgeError;
use tollgate::model::ModelError;
use tollgate_promotion::PromotionError;
use tollgate_records::gate::RecordError;
use tollgate_sources::MlflowError;
use tollgate_sources::http::HttpError;

/// Why a watch cannot begin, or a round came to nothing.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum WatchError {
    /// The registry does not give what is asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] MlflowError),
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
    /// A version could not be taken out of use.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Promotion(#[from] PromotionError),
    /// Where people are told cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Address(#[from] HttpError),
    /// A round cannot be recorded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// A record that is due has nowhere to go.
    #[error("the round of {at} is not recorded yet, and no log is given any more")]
    #[diagnostic(help("give `--record FILE`, as before"))]
    NoLog {
        /// When the round was.
        at: Instant,
    },
    /// A profile says nothing of what is to be done.
    #[error("profile `{profile}` does not say what is to be done when a rule is broken")]
    #[diagnostic(help("give it `watch: [{{ do: [notify] }}]`"))]
    NoReaction {
        /// The profile.
        profile: String,
    },
    /// A profile names rules that it does not have.
    #[error(
        "profile `{profile}` is to act on rule `{rule}`, which it does not have: it has {known}"
    )]
    NoRule {
        /// The profile.
        profile: String,
        /// The rule that it names under `watch`.
        rule: String,
        /// Those that it has.
        known: String,
    },
    /// Two profiles have one name.
    #[error("two profiles are called `{0}`, and what is remembered goes by the name")]
    Twice(String),
    /// There is nobody to tell.
    #[error("profile `{profile}` notifies, and nobody says where")]
    #[diagnostic(help(
        "set `TOLLGATE_WEBHOOK_URL`, or give `--email-out FOLDER` or `--sendmail COMMAND`"
    ))]
    NoPlace {
        /// The profile.
        profile: String,
    },
    /// There is nothing to roll back.
    #[error("profile `{profile}` rolls back, and no model of a registry is watched")]
    #[diagnostic(help("name the version that is watched: `models:/churn@champion`"))]
    NoModel {
        /// The profile.
        profile: String,
    },
    /// An address of mail is none.
    #[error("`{0}` is no address of mail, such as `oncall@example.org`")]
    Mail(String),
    /// A command is empty.
    #[error(
        "the command that takes mail is empty, expected one such as `/usr/sbin/sendmail -t -i`"
    )]
    NoCommand,
    /// Someone else watches with this state.
    #[error("`{file}` is held by another watch{who}")]
    #[diagnostic(help("end that one, or give each a state of its own: `--state FILE`"))]
    Held {
        /// The state's file.
        file: String,
        /// ` (process 4711)`, where it says so.
        who: String,
    },
    /// The state is of something else.
    #[error("`{file}` is the state of a watch of {found}, and this one watches {wanted}")]
    #[diagnostic(help("give this watch a state of its own: `--state FILE`"))]
    OfOther {
        /// The state's file.
        file: String,
        /// What it is of.
        found: String,
        /// What is watched now.
        wanted: String,
    },
    /// The state is of a form that is not known here.
    #[error("`{file}` has form {found}, and this version of tollgate knows form {known}")]
    #[diagnostic(help("go on with the version of tollgate that wrote it, or move it away"))]
    OtherForm {
        /// The state's file.
        file: String,
        /// Its form.
        found: u64,
        /// The form that is known here.
        known: u64,
    },
    /// The state cannot be understood.
    #[error("`{file}` is no state of a watch, or is damaged: {problem}")]
    #[diagnostic(help(
        "move it away to begin anew: what was raised before and is broken still is then raised again"
    ))]
    Damaged {
        /// The state's file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The state's file is of a kind that cannot be replaced.
    #[error("`{file}` is {found}, expected a file of its own for the state")]
    NoFile {
        /// The state's file.
        file: String,
        /// `a folder`, `a link`.
        found: &'static str,
    },
    /// There is no folder.
    #[error("`{file}` cannot be written: there is no folder `{folder}`")]
    NoFolder {
        /// The state's file.
        file: String,
        /// The folder that it should be in.
        folder: String,
    },
    /// The operating system refused.
    #[error("`{file}` cannot be {done}: {error}")]
    Refused {
        /// The file.
        file: String,
        /// `read`, `written`, `locked`.
        done: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Someone else's rollback is under way.
    #[error("a rollback of {model} from version {version} was begun and is not done")]
    #[diagnostic(help("`tollgate rollback` finishes it"))]
    Unfinished {
        /// The model.
        model: String,
        /// The version that it leads away from.
        version: u64,
    },
}
