//! Names that people write in more than one way.

use alloc::string::String;

/// Whether two names of people, roles, stages or requests mean the same.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    key(left) == key(right)
}

/// A name as names are compared: without case and blanks around it. Of all
/// scripts: `Ünal` and `ünal` are no two people.
#[must_use]
pub fn key(name: &str) -> String {
    name.trim().to_lowercase()
}
