//! Who is answered by which version: by a hash on integers, the same on every
//! host and in every language.
//!
//! ```text
//! bucket = first 8 bytes of SHA-256(salt + "\0" + key), as a big-endian integer,
//!          * 10000 >> 64
//! ```
//!
//! A key whose bucket is under the share is the candidate's: who is among the
//! first percent stays so at five.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A hundredth of a percent is the smallest part.
pub const BUCKETS: u32 = 10_000;

/// Which of two versions answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The version that serves; the control of a comparison.
    Champion,
    /// The version that may come to serve; the treatment.
    Candidate,
}

impl Arm {
    /// As reports and records have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Candidate => "candidate",
        }
    }
}

/// A part of the keys, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// Nobody.
    pub const NOBODY: Self = Self(0);

    /// So many percent; none where it is no part of a whole, or finer than a
    /// hundredth of a percent.
    #[must_use]
    pub fn of_percent(percent: f64) -> Option<Self> {
        let hundredths = (percent * 100.0).round();
        let is_share = (0.0..=f64::from(BUCKETS)).contains(&hundredths)
            && (hundredths / 100.0 - percent).abs() < 1e-9;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        is_share.then_some(Self(hundredths as u32))
    }

    /// In percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    pub(crate) fn buckets(self) -> u32 {
        self.0
    }
}

/// The bucket of a key, from 0 to 9,999.
#[must_use]
pub fn bucket(salt: &str, key: &str) -> u32 {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update(b"\0");
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let bucket = (u128::from(first) * u128::from(BUCKETS)) >> 64;
    u32::try_from(bucket).unwrap_or(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python has it:
    /// `int.from_bytes(sha256(b"salt\0key").digest()[:8]) * 10000 >> 64`.
    #[test]
    fn the_hash_is_the_documented_one() {
        let expected = [
            ("fraud-2026-11", "c-17", 6905),
            ("fraud-2026-11", "c-18", 8411),
            ("", "", 4304),
            ("s", "ä€😀", 7771),
            ("s", "17", 4835),
        ];
        for (salt, key, expected) in expected {
            assert_eq!(bucket(salt, key), expected, "{salt} {key}");
        }
    }

    #[test]
    fn shares_are_what_they_say() {
        for percent in [1.0, 5.0, 25.0, 50.0] {
            let share = Share::of_percent(percent).unwrap();
            let hits =
                (0..100_000).filter(|key| bucket("s", &format!("c-{key}")) < share.buckets());
            let found = hits.count() as f64 / 1000.0;
            // Five standard deviations.
            let spread = 5.0 * (percent * (100.0 - percent) / 100_000.0).sqrt();
            assert!((found - percent).abs() < spread, "{percent}: {found}");
        }
        assert_eq!(Share::of_percent(0.01).map(Share::buckets), Some(1));
        assert_eq!(Share::of_percent(33.33).map(Share::buckets), Some(3333));
        assert_eq!(Share::of_percent(100.0).map(Share::buckets), Some(BUCKETS));
        for wrong in [-1.0, 100.01, 0.001, f64::NAN, f64::INFINITY] {
            assert_eq!(Share::of_percent(wrong), None, "{wrong}");
        }
        assert!((0..10_000).all(|key| bucket("s", &format!("{key}")) < BUCKETS));
    }

    /// Two rollouts do not try their luck on the same people.
    #[test]
    fn another_salt_is_another_draw() {
        let both = (0..10_000).filter(|key| {
            bucket("a", &format!("{key}")) < 1000 && bucket("b", &format!("{key}")) < 1000
        });
        let both = both.count();
        assert!((50..=160).contains(&both), "{both} of 10,000, where 100 are meant");
    }
}
