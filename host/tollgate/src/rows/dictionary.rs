//! Texts of a column as the contract carries them: each one once, as far as
//! that is cheap.

use tollgate_engine::types::{Dictionary, Texts};

/// So many recent texts are known again. A column with few distinct texts
/// finds nearly all of them here; one with many would gain nothing from a
/// larger table, and a table of all texts costs more than it saves.
const SLOTS: usize = 4096;

/// Longer texts are only known again by where they lie.
const COMPARED: usize = 64;

/// After so many rows it shows whether a column has few distinct texts.
const TRIAL: usize = 1024;

/// Builds a dictionary. A text that was forgotten in between comes twice.
#[derive(Debug)]
pub struct DictionaryBuilder {
    entries: Texts,
    indices: Vec<u32>,
    slots: Vec<Slot>,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    start: usize,
    length: usize,
    index: u32,
}

impl DictionaryBuilder {
    /// For so many rows.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        let none = Slot { start: 0, length: usize::MAX, index: u32::MAX };
        Self {
            entries: Texts::default(),
            indices: Vec::with_capacity(rows),
            slots: vec![none; rows.next_power_of_two().clamp(1, SLOTS)],
            bytes: rows * 4,
        }
    }

    /// Adds a row. `text` must stay where it lies until the last row.
    #[inline]
    pub fn push(&mut self, text: &str) {
        let used = self.entries.len();
        let index = u32::try_from(used).unwrap_or(u32::MAX);
        if !self.slots.is_empty() {
            if let Some(known) = self.known(text, index) {
                self.indices.push(known);
                return;
            }
            if self.indices.len() >= TRIAL && used > self.indices.len() / 4 * 3 {
                self.slots = Vec::new();
            }
        }
        self.indices.push(index);
        self.entries.push(text);
        // Where it ends, on the other side.
        self.bytes += text.len() + 4;
    }

    /// The index of a text that came before; if none, `index` is its own.
    #[inline]
    fn known(&mut self, text: &str, index: u32) -> Option<u32> {
        let (start, length) = (text.as_ptr() as usize, text.len());
        let hash = if length <= COMPARED { mixed(text.as_bytes()) } else { start as u64 };
        let place = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize;
        let slots = self.slots.len();
        let slot = self.slots.get_mut(place % slots)?;
        let same = |known: &str| length <= COMPARED && known == text;
        if slot.length == length
            && (slot.start == start || self.entries.get(slot.index as usize).is_some_and(same))
        {
            return Some(slot.index);
        }
        *slot = Slot { start, length, index };
        None
    }

    /// Adds a row without a text.
    #[inline]
    pub fn push_missing(&mut self) {
        self.indices.push(u32::MAX);
    }

    /// What it takes in a guest's memory.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The dictionary.
    #[must_use]
    pub fn finish(self) -> Dictionary {
        Dictionary { entries: self.entries, indices: self.indices }
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
        hash =
            (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0xA24B_AED4_963E_E407);
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
        let mut texts = DictionaryBuilder::new(rows.len());
        for row in &rows {
            texts.push(row);
        }
        let texts = texts.finish();
        for (row, index) in rows.iter().zip(&texts.indices) {
            assert_eq!(texts.entries.get(*index as usize), Some(row.as_str()));
        }
        assert!(texts.entries.len() < 15_000, "{}", texts.entries.len());
    }
}
