//! Texts of a column as the contract carries them: each one once, as far as
//! that is cheap.

use tollgate_engine::types::Dictionary;

/// So many recent texts are known again. A column with few distinct texts
/// finds nearly all of them here; one with many would gain nothing from a
/// larger table, and a table of all texts costs more than it saves.
const SLOTS: usize = 4096;

/// Longer texts are only known again by where they lie.
const COMPARED: usize = 64;

/// Builds a dictionary. A text that was forgotten in between comes twice.
pub(super) struct Texts {
    texts: Dictionary,
    slots: Vec<Slot>,
    bytes: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    start: usize,
    length: usize,
    index: u32,
}

impl Texts {
    pub(super) fn new(rows: usize) -> Self {
        let texts = Dictionary { entries: Vec::new(), indices: Vec::with_capacity(rows) };
        let none = Slot { start: 0, length: usize::MAX, index: u32::MAX };
        Self { texts, slots: vec![none; rows.next_power_of_two().clamp(1, SLOTS)], bytes: rows * 4 }
    }

    /// Adds a row. `text` must stay where it lies until the last row.
    #[inline]
    pub(super) fn push(&mut self, text: &str) {
        let (start, length) = (text.as_ptr() as usize, text.len());
        let hash = if length <= COMPARED { mixed(text.as_bytes()) } else { start as u64 };
        let place = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize;
        let slots = self.slots.len();
        if let Some(slot) = self.slots.get_mut(place % slots) {
            let known = slot.length == length
                && (slot.start == start
                    || (length <= COMPARED
                        && self
                            .texts
                            .entries
                            .get(slot.index as usize)
                            .is_some_and(|known| known == text)));
            if known {
                self.texts.indices.push(slot.index);
                return;
            }
            let index = u32::try_from(self.texts.entries.len()).unwrap_or(u32::MAX);
            *slot = Slot { start, length, index };
            self.texts.indices.push(index);
        }
        self.texts.entries.push(text.to_owned());
        // A pointer and a length on the other side.
        self.bytes += length + 8;
    }

    /// Adds a row without a text.
    pub(super) fn push_missing(&mut self) {
        self.texts.indices.push(u32::MAX);
    }

    /// What it takes in a guest's memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn finish(self) -> Dictionary {
        self.texts
    }
}

/// Any function of the bytes will do: a bad one only forgets sooner.
#[inline]
fn mixed(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0xA24B_AED4_963E_E407);
    }
    hash ^ hash >> 29
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_finds_its_text() {
        let long = "x".repeat(100);
        let rows: Vec<String> = (0..20_000)
            .map(|row| match row % 3 {
                0 => format!("text {}", row % 7),
                1 => format!("unique {row}"),
                _ => long.clone(),
            })
            .collect();
        let mut texts = Texts::new(rows.len());
        for row in &rows {
            texts.push(row);
        }
        let texts = texts.finish();
        for (row, index) in rows.iter().zip(&texts.indices) {
            assert_eq!(&texts.entries[*index as usize], row);
        }
        assert!(texts.entries.len() < 15_000, "{}", texts.entries.len());
    }
}
