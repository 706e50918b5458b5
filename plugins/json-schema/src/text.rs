//! Texts in findings.

/// The first characters, and `...` where there are more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let mut short: String = text.chars().take(most.saturating_sub(3)).collect();
            short.push_str("...");
            short
        }
    }
}
