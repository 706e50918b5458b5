//! Thrift's compact protocol, as far as it says how long things are: whoever
//! walks a description first need not believe any number in it.

/// A 32-bit number.
pub(crate) const I32: u8 = 5;
/// Bytes or text.
pub(crate) const BINARY: u8 = 8;
/// A list.
pub(crate) const LIST: u8 = 9;
/// A struct.
pub(crate) const STRUCT: u8 = 12;
/// True and false are types of their own.
pub(crate) const TRUE: u8 = 1;

/// Deeper than any description nests.
const DEPTH: usize = 16;

/// What is left of a text in the compact protocol. None is returned where it
/// ends too soon, or is none.
pub(crate) struct Compact<'b>(pub(crate) &'b [u8]);

impl<'b> Compact<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn number(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// The type of the next field, whose id follows the last one's; none at
    /// the end of the struct.
    #[allow(clippy::option_option, reason = "the end of the struct is not that of the bytes")]
    pub(crate) fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *id = match head >> 4 {
            0 => self.number()?,
            delta => id.checked_add(delta.into())?,
        };
        Some(Some(head & 0x0F))
    }

    pub(crate) fn bytes(&mut self, count: u64) -> Option<&'b [u8]> {
        let count = usize::try_from(count).ok()?;
        let bytes = self.0.get(..count)?;
        self.0 = self.0.get(count..)?;
        Some(bytes)
    }

    /// Bytes or text, after their length.
    pub(crate) fn binary(&mut self) -> Option<&'b [u8]> {
        let length = self.unsigned()?;
        self.bytes(length)
    }

    /// How many items a list has, and of which type.
    pub(crate) fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.unsigned()?,
            count => count.into(),
        };
        // Each takes a byte at least.
        (count <= self.0.len() as u64).then_some((count, head & 0x0F))
    }

    pub(crate) fn skip(&mut self, kind: u8) -> Option<()> {
        self.skip_at(kind, 0)
    }

    fn skip_at(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.bytes(1).map(drop),
            4..=6 => self.unsigned().map(drop),
            7 => self.bytes(8).map(drop),
            BINARY => self.binary().map(drop),
            LIST | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    match kind {
                        // In lists they take a byte.
                        1 | 2 => self.bytes(1).map(drop)?,
                        kind => self.skip_at(kind, depth + 1)?,
                    }
                }
                Some(())
            }
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip_at(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}
