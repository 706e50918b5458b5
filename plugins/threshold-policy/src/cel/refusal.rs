//! Why an expression was not compiled.

use alloc::string::String;

/// What an expression may hold, for messages.
pub const SUPPORTED: &str = "input names, numbers, texts, true, false, null, \
    ! - * / % + < <= > >= == != in && || ?:, parentheses, size(), int(), double(), \
    .startsWith(), .endsWith(), .contains()";

/// Why an expression was not compiled, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The character, counted from 1, at which it went wrong.
    pub column: u32,
    /// What is wrong; one sentence without the place.
    pub message: String,
}

/// The character, counted from 1, that starts at byte `offset` of `text`.
pub(super) fn column(text: &str, offset: usize) -> u32 {
    let before = text.char_indices().take_while(|(at, _)| *at < offset);
    before.count() as u32 + 1
}
