//! Keys that are known before a text is read.

use alloc::vec::Vec;

/// A key to look for.
#[derive(Debug)]
pub struct Key {
    name: Vec<u8>,
    /// The first eight bytes of how it is most often written, in quotes and
    /// with its colon; those behind them are zero in both.
    head: u64,
    mask: u64,
    /// The bytes behind the first eight.
    tail: Vec<u8>,
}

impl Key {
    /// The key with a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut tail = [b"\"", name.as_bytes(), b"\":"].concat();
        let (mut head, mut mask) = ([0; 8], [0; 8]);
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(&tail) {
            (*head, *mask) = (*byte, 0xFF);
        }
        tail.drain(..tail.len().min(8));
        let plain = |byte| matches!(byte, b' '..0x7F) && !matches!(byte, b'"' | b'\\');
        if !name.bytes().all(plain) {
            // Nothing is the key at first sight.
            (head, mask) = ([1; 8], [0; 8]);
        }
        Self {
            name: name.as_bytes().to_vec(),
            head: u64::from_le_bytes(head),
            mask: u64::from_le_bytes(mask),
            tail,
        }
    }

    /// The bytes of its name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many bytes the key and its colon take when `text` starts with them
    /// in their plain form; none when only reading the text can tell.
    #[inline(always)]
    pub(super) fn length(&self, text: &[u8]) -> Option<usize> {
        let (first, rest) = text.split_first_chunk()?;
        let length = self.name.len() + 3;
        (u64::from_le_bytes(*first) & self.mask == self.head
            && (length <= 8 || rest.starts_with(&self.tail)))
        .then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_is_known_as_it_is_most_often_written() {
        for name in ["", "a", "four", "fives", "sixsix", "a name that is longer", "with space"] {
            let text = format!("\"{name}\":");
            for behind in ["12345678", "        ", "\":\":\":\":"] {
                let text = format!("{text}{behind}");
                assert_eq!(Key::new(name).length(text.as_bytes()), Some(name.len() + 3));
                for at in 0..name.len() + 3 {
                    let mut other = text.clone().into_bytes();
                    other[at] ^= 1;
                    assert_eq!(Key::new(name).length(&other), None, "{name} {at}");
                }
            }
            // So near the end the text has to be read.
            assert_eq!(
                Key::new(name).length(text.get(..text.len().min(7)).unwrap().as_bytes()),
                None
            );
        }
    }

    #[test]
    fn a_key_that_is_written_with_escapes_is_read() {
        for name in ["a\"b", "a\\b", "\n", "é", "\u{7f}", "a\0"] {
            let text = format!("\"{name}\":12345678");
            assert_eq!(Key::new(name).length(text.as_bytes()), None);
            assert_eq!(Key::new(name).length(&[0; 16]), None);
            assert_eq!(Key::new(name).length(&[1; 16]), None);
        }
    }
}
