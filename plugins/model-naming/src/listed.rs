//! Words that the settings list.

use alloc::string::String;
use alloc::vec::Vec;

use crate::parts::{Parts, Says, Word};

/// A word of a list as it is compared: without case, and without what is between
/// its parts: `random_forest` is in `RandomForestRanker`.
pub(crate) fn compared(word: &str) -> String {
    let letters = word.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a word, or what is left of it without digits at its ends, is listed.
pub(crate) fn is_listed(word: &str, list: &[String]) -> bool {
    let bare = word.trim_matches(|letter: char| letter.is_ascii_digit());
    list.iter().any(|listed| listed == word || listed == bare)
}

/// Marks what is listed, over several words of the name where it must be.
pub(crate) fn mark(parts: &mut Parts<'_>, list: &[String], says: Says) {
    let words = parts.left();
    let mut first = 0;
    while first < words.len() {
        let end = end_of(&words, first, list, says == Says::Person);
        if let (Some(from), Some(to)) = (words.get(first), end.and_then(|end| words.get(end - 1))) {
            parts.mark(from.pieces.start..to.pieces.end, says);
        }
        first = end.unwrap_or(first + 1);
    }
}

/// Where the listed word that begins here ends: the longest that there is.
fn end_of(words: &[Word], first: usize, list: &[String], is_person: bool) -> Option<usize> {
    let most = list.iter().map(String::len).max()?;
    let mut text = String::new();
    let mut end = None;
    for (place, word) in words.iter().enumerate().skip(first) {
        // One more for the `s` of `marias`.
        if text.trim_start_matches(|it: char| it.is_ascii_digit()).len() > most + 1 {
            break;
        }
        text.push_str(&word.lower());
        let whose = text.strip_suffix('s').filter(|_| is_person);
        if is_listed(&text, list) || whose.is_some_and(|name| is_listed(name, list)) {
            end = Some(place + 1);
        }
    }
    let end = end?;
    // `maria_s_model`.
    let has_s = is_person && words.get(end).is_some_and(|word| word.lower() == "s");
    Some(if has_s { end + 1 } else { end })
}

/// Marks version words (`final`) at the end: behind them are only words that
/// are generic or say something refused.
pub(crate) fn mark_last(parts: &mut Parts<'_>, marks: &[String], generic: &[String]) {
    let words = parts.left();
    let mut numbers: Vec<&Word> = Vec::new();
    for word in words.iter().rev() {
        if word.is_number() {
            numbers.push(word);
        } else if is_listed(&word.lower(), marks) {
            parts.mark(word.pieces.clone(), Says::Version);
            for number in numbers.drain(..) {
                parts.mark(number.pieces.clone(), Says::Version);
            }
        } else if is_listed(&word.lower(), generic) {
            numbers.clear();
        } else {
            break;
        }
    }
}

/// Whether no word says what a model is for: numbers and single letters do not.
pub(crate) fn is_generic(words: &[Word], generic: &[String]) -> bool {
    words
        .iter()
        .all(|word| word.is_number() || word.text.len() == 1 || is_listed(&word.lower(), generic))
}
