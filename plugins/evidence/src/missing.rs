//! Evidence that is not there.

use tollgate_sdk::Outcome;

/// Texts that people and tools write where they have nothing to say.
const NOTHING: [&str; 4] = ["unknown", "none", "null", "n/a"];

/// Whether a text says nothing: blank, `unknown`, `none`, `null`, `n/a`, in
/// whatever case.
#[must_use]
pub fn says_nothing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// What missing evidence is to a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    /// The rule fails.
    #[default]
    Fail,
    /// The rule cannot be judged.
    Inconclusive,
    /// The rule is left out, which is reported as a warning.
    Skip,
}

impl OnMissing {
    /// As settings say it.
    pub const CHOICES: [(&str, Self); 3] =
        [("fail", Self::Fail), ("inconclusive", Self::Inconclusive), ("skip", Self::Skip)];

    /// The outcome of the rule.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Fail => Outcome::Fail,
            Self::Inconclusive => Outcome::Inconclusive,
            Self::Skip => Outcome::Warn,
        }
    }
}

/// What a broken rule may be, as settings say it.
pub const SEVERITIES: [(&str, Outcome); 3] =
    [("fail", Outcome::Fail), ("inconclusive", Outcome::Inconclusive), ("warn", Outcome::Warn)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_say_nothing() {
        for text in ["", " \t", "unknown", "Unknown", "NONE", " null ", "N/A"] {
            assert!(says_nothing(text), "{text}");
        }
        for text in ["none of them", "unknowns", "0", "-", "nil", "na"] {
            assert!(!says_nothing(text), "{text}");
        }
    }
}
