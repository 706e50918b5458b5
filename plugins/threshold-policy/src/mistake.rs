//! Mistakes in the settings.

use alloc::string::String;

use tollgate_sdk::{Finding, Outcome};

/// A failed rule of the settings.
pub(crate) fn fail(rule: &str, pointer: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding::new(rule, Outcome::Fail, message).at(pointer)
}

/// One token of a JSON Pointer (RFC 6901).
pub(crate) fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
