//! Text from plugins and files, made fit for a message.

/// The longest piece that a message repeats, in characters: a panic's message
/// as long as the SDK keeps it.
const LONGEST: usize = 1000;

/// How many names a message lists.
const NAMES: usize = 8;

/// One line that no terminal acts on, and not a long one: an error message is
/// no place for a megabyte that a plugin chose.
pub(crate) fn plain(text: &str) -> String {
    let mut characters = text.trim().chars();
    let mut plain: String = characters
        .by_ref()
        .take(LONGEST)
        .map(|character| match character {
            '\n' => ' ',
            _ if character.is_control() || reorders(character) => '\u{fffd}',
            _ => character,
        })
        .collect();
    if characters.next().is_some() {
        plain.push('…');
    }
    plain
}

/// Names in backticks, and how many more there are.
pub(crate) fn quoted(names: &[impl AsRef<str>]) -> String {
    let shown = names.iter().take(NAMES).map(|name| format!("`{}`", plain(name.as_ref())));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMES {
        text.push_str(&format!(" and {} more", names.len() - NAMES));
    }
    text
}

/// A number of bytes, in MiB when it is a whole number of them.
pub(crate) fn size(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}

/// Invisible, or changes the order in which others are shown.
fn reorders(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{plain, quoted};

    #[test]
    fn a_message_stays_one_plain_line() {
        assert_eq!(plain(" a\nb\u{1b}[31m\u{202e}c\r\n"), "a b\u{fffd}[31m\u{fffd}c");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let cut = plain(&"é".repeat(5000));
        assert_eq!(cut.chars().count(), 1001);
        assert!(cut.ends_with("é…"));
    }

    #[test]
    fn many_names_are_counted() {
        assert_eq!(quoted(&["a", "b"]), "`a`, `b`");
        assert!(quoted(&["n"; 1000]).ends_with("`n` and 992 more"));
    }
}
