//! Numbers as differences, DELTA_BINARY_PACKED in the format's
//! `Encodings.md`: the lengths of texts, of which each may repeat nearly all of
//! the one before.

use crate::levels::varint;

/// What the texts of a page unfold to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unfolded {
    /// All together.
    pub(crate) sum: u64,
    /// The longest, or more.
    pub(crate) longest: u64,
}

/// The texts of a page in DELTA_BYTE_ARRAY: how much each shares with the one
/// before, and how much it adds. None when the page is damaged.
pub(crate) fn unfolded(values: &[u8]) -> Option<Unfolded> {
    let (shared, rest) = lengths(values)?;
    let (added, _) = lengths(rest)?;
    Some(Unfolded {
        sum: shared.sum.checked_add(added.sum)?,
        longest: shared.longest.checked_add(added.longest)?,
    })
}

/// Sum and largest of the lengths that `bytes` begins with, and what follows.
fn lengths(bytes: &[u8]) -> Option<(Unfolded, &[u8])> {
    let (block, bytes) = varint(bytes)?;
    let (parts, bytes) = varint(bytes)?;
    let (count, bytes) = varint(bytes)?;
    let (first, mut bytes) = signed(bytes)?;
    let per_part = usize::try_from(block.checked_div(parts)?).ok()?;
    // Parts of a block are whole bytes.
    if per_part == 0 || per_part % 8 != 0 || parts > 1 << 16 || count > 1 << 31 {
        return None;
    }
    let mut sums = Unfolded::default();
    let mut value = first;
    let mut left = count;
    let mut take = |value: i64| {
        let length = u64::try_from(value).ok()?;
        sums.sum = sums.sum.checked_add(length)?;
        sums.longest = sums.longest.max(length);
        Some(())
    };
    if left > 0 {
        take(value)?;
        left -= 1;
    }
    while left > 0 {
        let (least, rest) = signed(bytes)?;
        let (widths, rest) = rest.split_at_checked(usize::try_from(parts).ok()?)?;
        bytes = rest;
        for width in widths {
            if left == 0 {
                break;
            }
            let width = usize::from(*width);
            if width > 64 {
                return None;
            }
            let (packed, rest) = bytes.split_at_checked(per_part * width / 8)?;
            bytes = rest;
            for place in 0..per_part {
                if left == 0 {
                    break;
                }
                let mut more = 0u64;
                for bit in 0..width {
                    let at = place * width + bit;
                    let is_set = packed.get(at / 8)? >> (at % 8) & 1;
                    more |= u64::from(is_set) << bit;
                }
                value = value.wrapping_add(least).wrapping_add(more.cast_signed());
                take(value)?;
                left -= 1;
            }
        }
    }
    Some((sums, bytes))
}

fn signed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (zigzag, rest) = varint(bytes)?;
    Some(((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_summed() {
        // Blocks of 128 in 4 parts, 3 values: 7, 5, 9; the least difference is
        // -2, so 0 and 6 in three bits each.
        let mut bytes = vec![0x80, 0x01, 4, 3, 14, 3, 3, 0, 0, 0];
        bytes.extend([0b0011_0000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let (sums, rest) = lengths(&bytes).unwrap();
        assert_eq!((sums, rest), (Unfolded { sum: 21, longest: 9 }, &[][..]));
        assert!(lengths(&bytes[..12]).is_none());
        // One value of -1.
        assert!(lengths(&[0x80, 0x01, 4, 1, 1]).is_none());
        assert!(lengths(&[0, 0, 1, 1]).is_none());
    }
}
