//! Text from strangers, shown so that it can do nothing but be read.
//!
//! Names, values and messages come from plugins, payloads, files and the
//! command line, and go to terminals and to the logs of CI systems, which act
//! on some characters: escape sequences and control characters, characters
//! that are invisible or change the order of others, line breaks that forge
//! lines, and lines that a CI runner takes for its commands. Letters of all
//! languages stay as they are.

use std::borrow::Cow;
use std::fmt;

pub use tollgate_engine::is_hidden;

/// Shows a text with everything that is not plainly visible escaped: `\n`,
/// `\u{1b}`. A backslash stays as it is, so the result is for reading only.
#[derive(Debug, Clone, Copy)]
pub struct Visible<'a>(&'a str);

/// One piece of a stranger's text, as part of a line for a person.
#[must_use]
pub fn visible<T: AsRef<str> + ?Sized>(text: &T) -> Visible<'_> {
    Visible(text.as_ref())
}

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(is_hidden) {
            return f.pad(self.0);
        }
        let mut escaped = String::with_capacity(self.0.len() + 16);
        for character in self.0.chars() {
            push(&mut escaped, character);
        }
        f.pad(&escaped)
    }
}

fn push(text: &mut String, character: char) {
    if is_hidden(character) {
        text.extend(character.escape_default());
    } else {
        text.push(character);
    }
}

/// A text of lines in which everything hidden is masked, and who asks by a URL
/// with what password, byte for byte of the same length, so that places in the
/// one are places in the other; none when nothing is to be masked. For texts
/// that are shown beside a message that says what is wrong in them.
#[must_use]
pub fn masked(text: &str) -> Option<String> {
    let open = without_credentials(text);
    without_hidden(open.as_deref().unwrap_or(text)).or(open)
}

/// A text whose URLs have stars for what stands before their `@`, byte for byte;
/// none when there is no such URL.
#[must_use]
pub fn without_credentials(text: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let mut masked = String::with_capacity(text.len());
    for token in text.split_inclusive(ends) {
        // A password may hold what it must not, and the URL be wrong for that;
        // a bracket begins an address, or a pattern of URLs.
        let url = token
            .match_indices("://")
            .filter_map(|(at, scheme)| token.split_at_checked(at + scheme.len()))
            .find(|(_, url)| !url.starts_with('['));
        let (before, url) = url.unwrap_or((token, ""));
        let secret = url.rfind('@').unwrap_or_default();
        masked.push_str(before);
        masked.extend(std::iter::repeat_n('*', secret));
        masked.push_str(url.get(secret..).unwrap_or_default());
    }
    (masked != text).then_some(masked)
}

fn without_hidden(text: &str) -> Option<String> {
    let kept = |character: char| matches!(character, '\n' | '\t') || !is_hidden(character);
    if text.chars().all(kept) && !text.contains("##") {
        return None;
    }
    let mut masked = String::with_capacity(text.len());
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let rest = text.get(at..).unwrap_or_default();
        match character {
            // A file from Windows is nothing to be wary of.
            '\r' if characters.peek().is_some_and(|(_, next)| *next == '\n') => masked.push(' '),
            '#' if is_command(rest) => masked.push('?'),
            _ if kept(character) => masked.push(character),
            _ => match character.len_utf8() {
                1 => masked.push('?'),
                2 => masked.push_str("??"),
                3 => masked.push('\u{fffd}'),
                _ => masked.push_str("\u{fffd}?"),
            },
        }
    }
    Some(masked)
}

/// Whether a CI runner takes what begins here for a command, wherever in a line
/// it stands: `##[error]`, `##vso[task.complete]`, `##teamcity[...]`.
fn is_command(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[')
    })
}

/// The last look at lines that go to a terminal or a log: only our own colours
/// and line breaks act on it, and no line is a command of a CI runner, as
/// `::error::` at a line's start is.
#[must_use]
pub fn safe_lines(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    let mut at_start = true;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(length) = colour(rest) {
            let (code, behind) = rest.split_at(length);
            safe.push_str(code);
            rest = behind;
            continue;
        }
        if (at_start && rest.starts_with("::")) || is_command(rest) {
            // `\::` and `\##[` would do for one runner each; apart they do for all.
            safe.push_str(if character == ':' { "\\:" } else { "#\\" });
        } else if character == '\n' {
            safe.push('\n');
        } else {
            push(&mut safe, character);
        }
        at_start = character == '\n' || (at_start && character.is_whitespace());
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    safe
}

/// The length of a colour's code, `ESC [ 1 ; 31 m`, when the text begins with one.
fn colour(text: &str) -> Option<usize> {
    let code = text.strip_prefix("\u{1b}[")?;
    let end = code.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
    code.get(end..)?.starts_with('m').then_some(end + 3)
}

/// JSON with everything that is hidden in its texts written as `\u` escapes:
/// the same value, and safe on a terminal, too.
#[must_use]
pub fn safe_json(json: &str) -> Cow<'_, str> {
    // JSON itself is ASCII, and its texts hold no control characters as such.
    let unsafe_ = |c: char| c != '\n' && is_hidden(c);
    if is_plain(json.as_bytes()) || (!json.contains(unsafe_) && !json.contains("##")) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 64);
    let mut units = [0; 2];
    for (at, character) in json.char_indices() {
        let command = character == '#' && is_command(json.get(at..).unwrap_or_default());
        if unsafe_(character) || command {
            for unit in character.encode_utf16(&mut units) {
                safe += &format!("\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Whether there is nothing to look at. Millions of answers are printed, nearly
/// all of them plain: whole blocks are compared at once.
fn is_plain(bytes: &[u8]) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n') & (byte != b'#');
    bytes.chunks(1024).all(|block| block.iter().fold(true, |all, &byte| all & plain(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped_and_letters_stay() {
        let shown = |text: &str| visible(text).to_string();
        assert_eq!(shown("a\u{1b}[31mb\u{7}\r\n\tc"), "a\\u{1b}[31mb\\u{7}\\r\\n\\tc");
        assert_eq!(
            shown("\u{202e}abc\u{200b}\u{9b}\u{2028}"),
            "\\u{202e}abc\\u{200b}\\u{9b}\\u{2028}"
        );
        for text in ["größe", "名前", "शुल्क", "مبلغ", "סכום", "🙂\u{fe0f}", "a\\n", "e\u{301}"]
        {
            assert_eq!(shown(text), text);
        }
        assert_eq!(format!("{:<6}|", visible("a\n")), "a\\n   |");
        assert_eq!(format!("{:<4}|", visible("ab")), "ab  |");
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(safe_lines("::error::x\n  ::warning::y\n"), "\\::error::x\n  \\::warning::y\n");
        assert_eq!(
            safe_lines("\u{1b}[1;31m::error::x\u{1b}[0m"),
            "\u{1b}[1;31m\\::error::x\u{1b}[0m"
        );
        assert_eq!(safe_lines("a::b ##[error] ##vso[task]"), "a::b #\\#[error] #\\#vso[task]");
        assert_eq!(safe_lines("a\u{1b}]0;title\u{7}\u{1b}[2J"), "a\\u{1b}]0;title\\u{7}\\u{1b}[2J");
    }

    #[test]
    fn a_masked_text_keeps_its_places() {
        assert_eq!(masked("a: 1\n\tb: é"), None);
        for (url, shown) in [
            ("at http://me:pw@host:1/x y@z", "at http://*****@host:1/x y@z"),
            ("'redis://:pä\u{7}@h', \"ftp://t@h\"", "'redis://*****@h', \"ftp://*@h\""),
            ("http://a:b@c@host", "http://*****@host"),
            ("http://me:p/w?#@host http://h", "http://********@host http://h"),
            ("http://[::1]/@ ^https?://[^/@]+$", "http://[::1]/@ ^https?://[^/@]+$"),
            ("a://b,c://d@e", "a://*******@e"),
            ("mail me@host, http://", "mail me@host, http://"),
        ] {
            let masked = masked(url).unwrap_or_else(|| url.to_owned());
            assert_eq!((masked.as_str(), masked.len()), (shown, url.len()));
        }
        // In one pass, however many there are.
        assert_eq!(masked(&"://[://".repeat(300_000)), None);
        for hidden in ["\u{1b}", "\u{85}", "\u{200b}", "\u{e0041}", "\r", "##[error]"] {
            let text = format!("a: {hidden}x\nb");
            let masked = masked(&text).unwrap();
            assert_eq!(masked.len(), text.len());
            assert_eq!(masked.find('x'), text.find('x'));
            assert!(!masked.contains(|c| c != '\n' && is_hidden(c)) && !masked.contains("##["));
        }
        assert_eq!(masked("a\r\nb\u{7}").unwrap(), "a \nb?");
    }

    #[test]
    fn safe_json_is_the_same_value() {
        let value = serde_json::json!({"a\u{9b}\u{202e}\u{7f}": "\u{e0041} ##[error] é\u{1b}\n"});
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let safe = safe_json(&json);
            assert!(!safe.contains(|c| c != '\n' && is_hidden(c)), "{safe}");
            assert!(!safe.contains("##["), "{safe}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
        }
    }
}
