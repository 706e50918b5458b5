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
            _ if is_hidden(character) => '\u{fffd}',
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

/// Whether a character is not plainly visible: Unicode's control, format,
/// separator and private-use characters (Cc, Cf, Zl, Zp, Zs, Co), those that
/// programs are told to ignore (`Default_Ignorable_Code_Point`, without the
/// variation selectors that emoji need), and those that are none at all. The
/// space is plainly visible.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(character,
        '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{34f}'
        | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{1680}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{3000}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
        || character as u32 & 0xfffe == 0xfffe
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
