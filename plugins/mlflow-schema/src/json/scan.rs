//! Bytes looked at eight at a time.
//!
//! In a sandbox each turn of a loop is counted and may be stopped, which costs
//! more than a comparison: one look at eight bytes takes the place of eight
//! turns.

/// The byte `byte` in each place of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

/// How many bytes `text` starts with that are ASCII digits.
#[inline]
pub(super) fn digits(text: &[u8]) -> usize {
    // A digit without its upper bits is at most 9; others are made to reach
    // the highest bit. A carry changes only bytes behind the first of those.
    let others = |word: u64| {
        let word = word ^ each(b'0');
        (word.wrapping_add(each(0x80 - 10)) | word) & HIGH
    };
    first(text, others, |byte| !byte.is_ascii_digit())
}

/// How many bytes `text` starts with that stand for themselves in a string:
/// neither a quote nor a backslash nor a control character. `ascii` becomes
/// false when one of them, or of the seven behind them, is not ASCII.
#[inline]
pub(super) fn plain(text: &[u8], ascii: &mut bool) -> usize {
    // Borrowing changes only bytes behind the first one that is found.
    let zeros = |word: u64| word.wrapping_sub(each(1)) & !word;
    let mut seen = 0;
    let special = |word: u64| {
        seen |= word;
        let control = word.wrapping_sub(each(0x20)) & !word;
        (zeros(word ^ each(b'"')) | zeros(word ^ each(b'\\')) | control) & HIGH
    };
    let mut last = 0;
    let length = first(text, special, |byte| {
        last |= byte;
        matches!(byte, b'"' | b'\\' | 0..0x20)
    });
    *ascii &= seen & HIGH == 0 && last & 0x80 == 0;
    length
}

/// The place of the first byte that is `found`; the length when none is.
/// `marks` sets the highest bit of the first such byte of a word, in the order
/// of memory, and of none before it.
#[inline(always)]
fn first(
    text: &[u8],
    mut marks: impl FnMut(u64) -> u64,
    mut found: impl FnMut(u8) -> bool,
) -> usize {
    let mut at = 0;
    if let Some(word) = text.first_chunk() {
        // Most tokens end here: the first look is no turn of a loop.
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return marks.trailing_zeros() as usize / 8;
        }
        at = 8;
    }
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| found(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{digits, plain};

    /// Every byte at every place of words, beside every other.
    #[test]
    fn the_first_other_byte_is_found() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=255 {
                    for after in [b'0', b'9', b'/', b':', 0, 0x1F, 0x20, b'"', b'\\', 0x7F, 0xFF] {
                        let mut text = vec![b'5'; length];
                        text[at] = byte;
                        if let Some(next) = text.get_mut(at + 1) {
                            *next = after;
                        }
                        let other = |is: &dyn Fn(u8) -> bool| {
                            text.iter().position(|byte| is(*byte)).unwrap_or(length)
                        };
                        assert_eq!(digits(&text), other(&|byte| !byte.is_ascii_digit()));
                        let special = |byte| byte == b'"' || byte == b'\\' || byte < 0x20;
                        let mut ascii = true;
                        let length = plain(&text, &mut ascii);
                        assert_eq!(length, other(&special));
                        assert!(!ascii || text[..length].is_ascii());
                        assert!(ascii || !text.is_ascii());
                    }
                }
            }
        }
    }
}
