//! What the server says, in the words of all stores.

use std::error::Error as _;
use std::time::Duration;

use postgres::Error;
use postgres::error::SqlState;

use super::StoreError;

/// How long another program's lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn problem(name: &str, error: &Error) -> StoreError {
    let name = name.to_owned();
    let Some(said) = error.as_db_error() else {
        // Connecting, TLS, or the connection is lost.
        return StoreError::Gone { name, problem: chain(error) };
    };
    let problem = said.message().to_owned();
    let code = said.code();
    match code {
        code if *code == SqlState::DISK_FULL => StoreError::Full { name },
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreError::ReadOnly { name, problem: format!(": {problem}") }
        }
        code if [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED].contains(code) => {
            StoreError::Locked { name, seconds: PATIENCE.as_secs() }
        }
        // Who we are, and what we may; that there is no such database.
        code if code.code().starts_with("28")
            || [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::INVALID_CATALOG_NAME]
                .contains(code) =>
        {
            StoreError::Denied { name, problem }
        }
        // The server stops, restarts or is full.
        code if ["08", "57P", "53"].iter().any(|class| code.code().starts_with(class)) => {
            StoreError::Gone { name, problem }
        }
        _ => StoreError::Other { name, problem },
    }
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}
