//! Why a server gave no answer.

use std::time::Duration;

use miette::Diagnostic;
use serde_json::Value;
use thiserror::Error;

/// Why a server gave no answer.
#[derive(Debug, Clone, Error, Diagnostic)]
#[non_exhaustive]
pub enum HttpError {
    /// The address is none.
    #[error("the server's address cannot be used: {problem}")]
    #[diagnostic(help("give one such as `https://mlflow.example.org`"))]
    Address {
        /// What is wrong with it. The address itself may hold secrets.
        problem: &'static str,
    },
    /// Certificates cannot be used.
    #[error("the certificates to trust of `{name}` cannot be used: {problem}")]
    Certificates {
        /// The file or the server.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Nobody answers.
    #[error("`{server}` does not answer: {problem}")]
    #[diagnostic(help("is the server running, and is this its address?"))]
    Down {
        /// The server.
        server: String,
        /// What the system says.
        problem: String,
    },
    /// The answer takes too long.
    #[error("`{server}` did not answer within {} s", .after.as_secs_f64())]
    Slow {
        /// The server.
        server: String,
        /// How long was waited.
        after: Duration,
    },
    /// The server does not know who asks, or does not let them.
    #[error("`{url}` does not let us in ({status})")]
    #[diagnostic(help("a name and a password, or a token, come from the environment"))]
    Denied {
        /// What was asked.
        url: String,
        /// 401 or 403.
        status: u16,
    },
    /// The server refuses.
    #[error("`{url}` answers {status}{}", said(.message))]
    Refused {
        /// What was asked.
        url: String,
        /// The status of HTTP.
        status: u16,
        /// MLflow's word for it: `RESOURCE_DOES_NOT_EXIST`.
        code: Option<String>,
        /// What the server says, its first 300 characters.
        message: String,
    },
    /// The server sends us elsewhere.
    #[error("`{url}` sends us to `{to}`, where nobody goes unasked")]
    #[diagnostic(help("give the address that it sends to, if that is the server you mean"))]
    Elsewhere {
        /// What was asked.
        url: String,
        /// Where it leads.
        to: String,
    },
    /// The answer is something else than what was asked for.
    #[error("`{url}` answers {found}, expected {wanted}")]
    #[diagnostic(help("is this the server's address, and its API's version?"))]
    Unexpected {
        /// What was asked.
        url: String,
        /// What came.
        found: String,
        /// What should have come.
        wanted: &'static str,
    },
    /// The answer is too large.
    #[error("`{url}` answers more than {mib} MiB")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The bound.
        mib: u64,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// The longest message of a server that is repeated.
const LONGEST: usize = 300;

impl HttpError {
    pub(super) fn of(server: &str, timeout: Duration, error: &ureq::Error) -> Self {
        let server = server.to_owned();
        match error {
            ureq::Error::Timeout(_) => Self::Slow { server, after: timeout },
            ureq::Error::HostNotFound => {
                Self::Down { server, problem: "there is no host of this name".to_owned() }
            }
            error => Self::Down { server, problem: error.to_string() },
        }
    }

    pub(super) fn refused(url: &str, status: u16, body: &[u8]) -> Self {
        let url = url.to_owned();
        if status == 401 || status == 403 {
            return Self::Denied { url, status };
        }
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let text = |key: &str| json.as_ref()?.get(key)?.as_str().map(str::to_owned);
        // MLflow's key, and Prometheus's.
        let message = match text("message").or_else(|| text("error")) {
            Some(message) => message,
            None => kind(body).to_owned(),
        };
        let message = message.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
        Self::Refused { url, status, code: text("error_code"), message }
    }

    /// An answer that is not what was asked for.
    #[must_use]
    pub fn unexpected(url: &str, body: &[u8], wanted: &'static str) -> Self {
        Self::Unexpected { url: url.to_owned(), found: kind(body).to_owned(), wanted }
    }

    /// Whether the server says that there is no such thing.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Refused { status: 404, .. } => true,
            // A missing alias is 400.
            Self::Refused { status: 400, message, .. } => message.ends_with("not found."),
            _ => false,
        }
    }
}

/// What a body is, for a person.
fn kind(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    if start.is_empty() {
        "nothing"
    } else if start.first() == Some(&b'<') {
        "a web page"
    } else if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        "JSON of another form"
    } else {
        "something else"
    }
}
