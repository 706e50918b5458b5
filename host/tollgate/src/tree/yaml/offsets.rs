//! From the parser's positions in characters to byte offsets.

use std::cell::Cell;

use saphyr_parser::Span as Marks;

use crate::mistake::Span;

/// Characters between two offsets that are known.
const STEP: usize = 1024;

/// Turns the parser's character positions into byte offsets.
pub(super) struct Offsets<'a> {
    text: &'a str,
    /// The offset of every [`STEP`]th character; none for ASCII, where they
    /// are equal.
    known: Option<Vec<usize>>,
    /// The last answer: the next is near.
    last: Cell<(usize, usize)>,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let known = || text.char_indices().map(|(at, _)| at).step_by(STEP).collect();
        Self { text, known: (!text.is_ascii()).then(known), last: Cell::default() }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        let Some(known) = &self.known else { return character.min(self.text.len()) };
        let (mut from, mut offset) = self.last.get();
        if character < from || character - from > STEP {
            let Some(known) = known.get(character / STEP) else { return self.text.len() };
            (from, offset) = (character - character % STEP, *known);
        }
        let rest = self.text.get(offset..).unwrap_or_default();
        let next = rest.char_indices().nth(character - from);
        let found = next.map_or(self.text.len(), |(at, _)| offset + at);
        self.last.set((character, found));
        found
    }

    pub(super) fn span(&self, marks: Marks) -> Span {
        Span::new(self.byte(marks.start.index()), self.byte(marks.end.index()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_its_offset_in_any_order() {
        let text = "aé€𝄞\n".repeat(STEP);
        let offsets = Offsets::new(&text);
        let all: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for (character, offset) in all.iter().enumerate().chain(all.iter().enumerate().rev()) {
            assert_eq!(offsets.byte(character), *offset);
        }
        for far in [0, all.len() - 1, 7, STEP * 3, STEP] {
            assert_eq!(offsets.byte(far), all[far]);
        }
        assert_eq!(offsets.byte(all.len()), text.len());
        assert_eq!(offsets.byte(all.len() + 5 * STEP), text.len());
        assert_eq!(Offsets::new("abc").byte(9), 3);
    }
}
