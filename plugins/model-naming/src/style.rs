//! Snake, kebab and Pascal.

use alloc::string::String;

use crate::parts::Word;

/// How words are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `fraud_detector`.
    Snake,
    /// `fraud-detector`.
    Kebab,
    /// `FraudDetector`.
    Pascal,
}

impl Style {
    /// As settings say it.
    pub(crate) const CHOICES: [(&str, Self); 3] =
        [("snake", Self::Snake), ("kebab", Self::Kebab), ("pascal", Self::Pascal)];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Snake => "snake case",
            Self::Kebab => "kebab case",
            Self::Pascal => "Pascal case",
        }
    }

    /// A name in this style.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Snake => "fraud_detector",
            Self::Kebab => "fraud-detector",
            Self::Pascal => "FraudDetector",
        }
    }

    /// What is between words.
    pub(crate) fn separator(self) -> Option<char> {
        match self {
            Self::Snake => Some('_'),
            Self::Kebab => Some('-'),
            Self::Pascal => None,
        }
    }

    /// The style that a name is nearest to.
    pub(crate) fn of(name: &str) -> Self {
        if name.contains('_') {
            Self::Snake
        } else if name.contains('-') {
            Self::Kebab
        } else if name.contains(|letter: char| letter.is_ascii_uppercase()) {
            Self::Pascal
        } else {
            Self::Snake
        }
    }

    /// Whether a name is in this style.
    pub(crate) fn is_kept(self, name: &str) -> bool {
        let is_small = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
        match self.separator() {
            Some(separator) => {
                name.split(separator).all(|word| !word.is_empty() && word.bytes().all(is_small))
            }
            None => {
                name.bytes().all(|it| it.is_ascii_alphanumeric())
                    && !name.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && !name.is_empty()
            }
        }
    }

    /// Words in this style. `shouts` are names in capitals, whose case says
    /// nothing of words.
    pub(crate) fn join(self, words: &[Word], shouts: bool) -> String {
        let mut name = String::new();
        for word in words {
            if !name.is_empty() {
                name.extend(self.separator());
            }
            match self {
                Self::Snake | Self::Kebab => name.push_str(&word.lower()),
                Self::Pascal => {
                    let mut letters = word.text.chars();
                    name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                    let rest = letters.as_str();
                    if shouts {
                        name.push_str(&rest.to_ascii_lowercase());
                    } else {
                        name.push_str(rest);
                    }
                }
            }
        }
        name
    }
}
