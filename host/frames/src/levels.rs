//! Which values of a list column belong to which row: the repetition levels
//! of its pages, where 0 begins a row. They say how many values a batch of
//! rows would unfold to, before anybody unfolds them.

/// Batches of 2^0 to 2^16 rows.
const POWERS: usize = 17;

/// The most values that a batch of so many rows has, for each power of two.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    /// The row that is being counted; none before the first.
    row: Option<u64>,
    /// Its values so far.
    values: u64,
    sums: [u64; POWERS],
    most: [u64; POWERS],
}

impl Default for Windows {
    fn default() -> Self {
        Self { row: None, values: 0, sums: [0; POWERS], most: [0; POWERS] }
    }
}

impl Windows {
    /// Counts the levels of a page, none when they are damaged. `bits` is the
    /// width of a level.
    pub(crate) fn count(&mut self, mut bytes: &[u8], bits: u32, levels: u64) -> Option<()> {
        let mut left = levels;
        while left > 0 {
            let (head, rest) = varint(bytes)?;
            bytes = rest;
            if head & 1 == 0 {
                let run = (head >> 1).min(left);
                let width = bits.div_ceil(8) as usize;
                let level = bytes.get(..width)?.iter().any(|byte| *byte != 0);
                bytes = bytes.get(width..)?;
                if run == 0 {
                    return None;
                }
                self.run(!level, run);
                left -= run;
            } else {
                let length = usize::try_from(head >> 1).ok()?.checked_mul(bits as usize)?;
                let packed = bytes.get(..length)?;
                bytes = bytes.get(length..)?;
                let run = ((head >> 1).checked_mul(8)?).min(left);
                for place in 0..run {
                    let first = usize::try_from(place).ok()? * bits as usize;
                    let is_set = |bit: usize| {
                        packed.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
                    };
                    let level = (first..first + bits as usize).any(is_set);
                    self.run(!level, 1);
                }
                if run == 0 {
                    return None;
                }
                left -= run;
            }
        }
        Some(())
    }

    fn run(&mut self, begins: bool, levels: u64) {
        if !begins {
            self.values = self.values.saturating_add(levels);
            return;
        }
        for _ in 0..levels {
            self.end_row();
            self.row = Some(self.row.map_or(0, |row| row + 1));
            self.values = 1;
        }
    }

    /// Takes the row's values into the batches that it is in.
    fn end_row(&mut self) {
        let Some(row) = self.row else { return };
        for (power, (sum, most)) in self.sums.iter_mut().zip(&mut self.most).enumerate() {
            // A batch of 2^power rows begins here.
            if row.trailing_zeros() as usize >= power {
                *sum = 0;
            }
            *sum = sum.saturating_add(self.values);
            *most = (*most).max(*sum);
        }
        self.values = 0;
    }

    /// The most values of a batch of 2^power rows.
    pub(crate) fn most(&mut self, power: usize) -> u64 {
        self.end_row();
        self.row = None;
        self.most.get(power).copied().unwrap_or(u64::MAX)
    }
}

pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7F).checked_shl(u32::try_from(place * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_into_batches() {
        // Packed: 0 1 1 0 0 1 1 1, then a run of five rows, then of six more
        // values of the last row.
        let bytes = [0b11, 0b1110_0110, 5 << 1, 0, 6 << 1, 1];
        let mut windows = Windows::default();
        windows.count(&bytes, 1, 19).unwrap();
        // Rows of 3, 1, 4, 1, 1, 1, 1, 7 values.
        assert_eq!([0, 1, 2, 3].map(|power| windows.most(power)), [7, 8, 10, 19]);
        assert!(Windows::default().count(&bytes[..3], 1, 19).is_none());
        assert!(Windows::default().count(&[0, 0], 1, 1).is_none());
    }
}
