//! Lines and columns of byte offsets, without reading a long text each time.

use super::Place;

/// Bytes between two counts: a look reads twice as many at most, and the counts
/// are a sixtieth of the text.
const STEP: usize = 1 << 10;

/// How many lines and characters end before every KiB of a text.
#[derive(Debug)]
pub(super) struct Places(Vec<Count>);

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    lines: usize,
    characters: usize,
}

impl Count {
    fn and(self, bytes: &[u8]) -> Self {
        Self {
            lines: self.lines + bytes.iter().filter(|&&byte| byte == b'\n').count(),
            // All but the bytes that continue a character.
            characters: self.characters + bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count(),
        }
    }
}

impl Places {
    pub(super) fn new(text: &str) -> Self {
        let mut count = Count::default();
        let counts = text.as_bytes().chunks(STEP).map(|chunk| {
            let before = count;
            count = count.and(chunk);
            before
        });
        Self(counts.collect())
    }

    fn before(&self, text: &str, offset: usize) -> Count {
        let known = self.0.get(offset / STEP).copied();
        let start = if known.is_some() { offset - offset % STEP } else { 0 };
        known.unwrap_or_default().and(text.as_bytes().get(start..offset).unwrap_or_default())
    }

    /// The place of an offset; that of the end for offsets beyond it.
    pub(super) fn place(&self, text: &str, offset: usize) -> Place {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let line_start =
            text.get(..end).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let Count { lines, characters } = self.before(text, end);
        Place { line: lines + 1, column: characters - self.before(text, line_start).characters + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_long_text_are_those_of_a_short_one() {
        let text = format!("{}\n{}€x\ny", "é".repeat(STEP), "a\n".repeat(STEP));
        let places = Places::new(&text);
        for offset in [0, 1, 2, STEP - 1, STEP, STEP + 1, 2 * STEP, 2 * STEP + 1, text.len() - 3] {
            let mut end = offset;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let before = &text[..end];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(places.place(&text, offset), Place { line, column }, "{offset}");
        }
        let exact = "a".repeat(STEP);
        assert_eq!(Places::new(&exact).place(&exact, STEP), Place { line: 1, column: STEP + 1 });
    }
}
