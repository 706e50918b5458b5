//! Why the server does not start, or serves less than it should.

use std::fmt;
use std::io;
use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::source::SourceError;
use tollgate_live::LoadError;

/// What something that is served is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A policy.
    Policy,
    /// What payloads are checked against.
    Check,
    /// Gate profiles.
    Gate,
    /// What may take the place of a policy.
    Candidate,
}

impl Kind {
    /// Its name: `policy`, `check`, `gate`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Check => "check",
            Self::Gate => "gate",
            Self::Candidate => "candidate",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What could not be loaded, and why.
#[derive(Debug, Error)]
#[error("{kind} `{name}` cannot be served")]
pub struct Unloaded {
    /// What it is.
    pub kind: Kind,
    /// The name that it is asked for.
    pub name: String,
    /// Why.
    #[source]
    pub error: Arc<LoadError>,
}

/// Why has places of its own.
impl Diagnostic for Unloaded {
    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        Some(&*self.error)
    }
}

/// Why the server does not start or cannot go on.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ServerError {
    /// An address cannot be listened on.
    #[error("`{address}` cannot be listened on: {error}")]
    Listen {
        /// The address or path.
        address: String,
        /// What the system said.
        error: io::Error,
    },
    /// There is a file that is no socket.
    #[error("`{0}` is there already and is no socket: it is left alone")]
    NotSocket(String),
    /// Another server listens on the socket.
    #[error("`{0}` is the socket of a server that runs")]
    Taken(String),
    /// A certificate or key cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A certificate or key cannot be used.
    #[error("`{file}` cannot be used: {problem}")]
    Tls {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The actions that let requests through.
    #[error("`{place}` names action `{action}`, which policy `{policy}` does not have")]
    Action {
        /// Where it is named.
        place: String,
        /// The action.
        action: String,
        /// The policy.
        policy: String,
        /// What would be right.
        #[help]
        help: Option<String>,
    },
    /// The score of exchanges.
    #[error(
        "`{place}` gives the model's score as `{score}`, which policy `{policy}` does not read"
    )]
    Score {
        /// Where it is named.
        place: String,
        /// The name.
        score: String,
        /// The policy.
        policy: String,
        /// What would be right.
        #[help]
        help: Option<String>,
    },
    /// Nothing that is configured can be served.
    #[error("nothing of what is configured can be served")]
    Nothing(#[related] Vec<Unloaded>),
    /// Some of what is configured cannot be served.
    #[error("some of what is configured cannot be served")]
    Some(#[related] Vec<Unloaded>),
    /// Counters cannot be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Counters(#[from] tollgate_counters::StoreError),
    /// Decisions cannot be logged.
    #[error(transparent)]
    #[diagnostic(transparent)]
    DecisionLog(#[from] tollgate_decisions::OpenError),
    /// An input is to be masked that no policy reads.
    #[error("`decision_log` masks input `{input}`, which no policy reads")]
    Mask {
        /// The input.
        input: String,
        /// What would be right.
        #[help]
        help: Option<String>,
    },
    /// The registry, its plan or its gates cannot be used.
    #[error("`registry` cannot be used: {0}")]
    Registry(String),
    /// At the end of the server decisions were not in the log.
    #[error("{0}")]
    Unlogged(String),
    /// The system refused what a server needs.
    #[error("the server cannot run: {0}")]
    System(#[from] io::Error),
}
