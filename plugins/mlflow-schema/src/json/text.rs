//! Python strings.

use alloc::borrow::Cow;
use alloc::string::String;

use super::Key;

/// A Python string: UTF-8, but a lone surrogate is allowed and takes the three
/// bytes that UTF-8 would give it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl<'a> Text<'a> {
    /// Text from a Rust string.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// Text that owns its bytes.
    #[must_use]
    pub fn owned(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is this string.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }

    /// The place of the member whose key it is, of which `guess` is the
    /// likeliest.
    #[must_use]
    pub fn place<T>(&self, members: &[T], key: impl Fn(&T) -> &Key, guess: usize) -> Option<usize> {
        let is = |member: &T| key(member).name() == self.bytes();
        if members.get(guess).is_some_and(is) { Some(guess) } else { members.iter().position(is) }
    }

    /// The string, when it has no lone surrogate.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }

    /// Whether it holds a surrogate without a partner, which is no UTF-8.
    #[must_use]
    pub fn has_surrogate(&self) -> bool {
        self.0.windows(2).any(|pair| matches!(pair, [0xED, 0xA0..=0xFF]))
    }

    /// The string with each lone surrogate replaced, for messages.
    #[must_use]
    pub fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Its characters; surrogates as their code points.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + '_ {
        let mut bytes = self.0.iter().copied();
        core::iter::from_fn(move || {
            let first = u32::from(bytes.next()?);
            let (mut point, more) = match first {
                0..0x80 => return Some(first),
                0x80..0xE0 => (first & 0x1F, 1),
                0xE0..0xF0 => (first & 0x0F, 2),
                _ => (first & 0x07, 3),
            };
            for _ in 0..more {
                point = point << 6 | u32::from(bytes.next()?) & 0x3F;
            }
            Some(point)
        })
    }

    /// The same text without its trailing NULs, which NumPy's fixed-width
    /// strings and bytes cannot keep.
    #[must_use]
    pub fn without_trailing_nuls(self) -> Self {
        let kept = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        match self.0 {
            Cow::Borrowed(bytes) => Self(Cow::Borrowed(bytes.get(..kept).unwrap_or(bytes))),
            Cow::Owned(mut bytes) => {
                bytes.truncate(kept);
                Self(Cow::Owned(bytes))
            }
        }
    }
}
