//! Ways into values.

use alloc::borrow::Cow;
use alloc::string::String;

/// One step from a value into a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A property.
    Key(String),
    /// An item.
    Item(usize),
}

/// A reference token of a JSON Pointer.
#[must_use]
pub fn escaped(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}
