//! Ways into values.

use alloc::string::String;

/// One step from a value into a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A property.
    Key(String),
    /// An item.
    Item(usize),
}
