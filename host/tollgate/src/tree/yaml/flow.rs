//! Lists and maps in brackets, which the parser holds in memory as a whole.
//!
//! Where a key may begin it cannot tell before the closing bracket whether one
//! of them is a key, and takes some hundred bytes for each comma until then.

use std::cell::Cell;
use std::str::Chars;

/// So many commas, colons and brackets may stand in one list or map: what has
/// more is data, not a document that a person writes.
const MOST: usize = 400_000;

/// How far the parser is.
#[derive(Default)]
pub(super) struct Progress {
    /// The byte behind its last event.
    behind: Cell<usize>,
    /// Commas, colons and brackets that it read since.
    seen: Cell<usize>,
    /// Where a list or map begins that has too many of them.
    too_large: Cell<Option<usize>>,
}

impl Progress {
    pub(super) fn event(&self, end: usize) {
        self.behind.set(end);
        self.seen.set(0);
    }

    pub(super) fn too_large(&self) -> Option<usize> {
        self.too_large.get()
    }
}

/// Whether a text may hold such a list or map.
pub(super) fn may_be_large(text: &str) -> bool {
    text.bytes().filter(|byte| is_indicator(char::from(*byte))).nth(MOST).is_some()
}

fn is_indicator(letter: char) -> bool {
    matches!(letter, ',' | ':' | '?' | '[' | ']' | '{' | '}' | '&' | '*' | '!')
}

/// A text that ends where a list or map in brackets becomes too large.
pub(super) struct Bounded<'a> {
    text: &'a str,
    letters: Chars<'a>,
    progress: &'a Progress,
}

impl<'a> Bounded<'a> {
    pub(super) fn new(text: &'a str, progress: &'a Progress) -> Self {
        Self { text, letters: text.chars(), progress }
    }
}

impl Iterator for Bounded<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.progress.too_large().is_some() {
            return None;
        }
        let letter = self.letters.next()?;
        if is_indicator(letter) {
            let seen = self.progress.seen.get() + 1;
            self.progress.seen.set(seen);
            if seen.is_multiple_of(MOST) {
                let start = opening(self.text, self.progress.behind.get());
                self.progress.too_large.set(start);
                if start.is_some() {
                    return None;
                }
            }
        }
        Some(letter)
    }
}

/// The bracket that the parser has read last, if that is what it is at: in
/// quotes and in the lines of a block there may be as many commas as there are.
fn opening(text: &str, behind: usize) -> Option<usize> {
    let mut at = behind;
    loop {
        let rest = text.get(at..)?;
        let letter = rest.chars().next()?;
        at += match letter {
            '[' | '{' => return Some(at),
            // A key or value begins with these; a name follows.
            '&' | '!' | '*' => rest.find(|letter: char| letter.is_whitespace())?,
            '#' => rest.find('\n')?,
            '-' | '?' | ':' | ',' | ']' | '}' => 1,
            letter if letter.is_whitespace() => letter.len_utf8(),
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::source::Source;
    use crate::tree::{Node, NonFinite};

    #[test]
    fn only_brackets_that_hold_too_much_are_refused() {
        // The parser reads a little ahead of what it tells.
        let many = "1,".repeat(super::MOST + 64);
        let read = |text: &str| {
            let source = Source::new("a.yaml", text);
            let read = Node::parse(&source, NonFinite::Refused);
            read.map(|_| 0).map_err(|mistake| (mistake.message().to_owned(), mistake.place().line))
        };
        for large in
            [format!("- b\n- [{many}]\n"), format!("a: 'x, y'\nc:\n  - {{ d: [{many}] }}\n")]
        {
            let (message, line) = read(&large).unwrap_err();
            assert!(message.contains("in brackets holds more"), "{message}");
            assert!(line > 1);
        }
        for fine in [
            format!("a: '{many}'\n"),
            // Behind a key on its line no other begins.
            format!("a: b\nc: [{many}]\n"),
            format!("a: \"{many}\"\nb: [1, 2]\n"),
            format!("a: |\n  {many}\nb: {{ c: 1 }}\n"),
            format!("a: x{many}\n"),
            format!("# {many}\na: [1]\n"),
            format!("a:\n{}", "- [1, 2, 3]\n".repeat(super::MOST / 4)),
            // As JSON it is read in another way.
            format!("[{many}1]"),
        ] {
            assert_eq!(read(&fine), Ok(0), "{fine:.40}");
        }
    }
}
