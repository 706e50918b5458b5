//! Patterns of names: `fraud_*`.

use std::str::FromStr;

/// A pattern of names, in which `*` stands for any letters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// Whether a name is like this, the whole of it and to the letter.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // How much of the name each part of the pattern so far may have taken:
        // no pattern takes more than its length times the name's.
        let mut reached = vec![false; name.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for part in &self.0 {
            let mut next = vec![false; name.len() + 1];
            let mut any = false;
            for (index, (was, is)) in reached.iter().zip(next.iter_mut()).enumerate() {
                any |= was;
                *is = match part {
                    '*' => any,
                    _ => index.checked_sub(1).is_some_and(|before| {
                        let fits = *part == '?' || name.get(before) == Some(part);
                        fits && reached.get(before) == Some(&true)
                    }),
                };
            }
            reached = next;
        }
        reached.last() == Some(&true)
    }
}

impl Pattern {
    /// The only name that it takes, where it stands for no other letters.
    #[must_use]
    pub fn only(&self) -> Option<String> {
        let is_plain = !self.0.iter().any(|part| matches!(part, '*' | '?'));
        is_plain.then(|| self.0.iter().collect())
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an empty pattern takes no name: give one such as `fraud_*`".to_owned());
        }
        Ok(Self(text.chars().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_letters_and_question_marks_for_one() {
        let takes = |pattern: &str, name: &str| pattern.parse::<Pattern>().unwrap().takes(name);
        for (pattern, name) in [
            ("fraud_*", "fraud_detector"),
            ("fraud_*", "fraud_"),
            ("*", ""),
            ("*_risk", "churn_risk"),
            ("c*n*k", "churn_risk"),
            ("churn_ris?", "churn_risk"),
            ("für_?", "für_ä"),
        ] {
            assert!(takes(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("fraud", "fraud_detector"),
            ("fraud_*", "Fraud_detector"),
            ("?", ""),
            ("?", "ab"),
            ("*_risk", "churn_risks"),
            ("a*b*c", "acb"),
        ] {
            assert!(!takes(pattern, name), "{pattern} {name}");
        }
        assert!("".parse::<Pattern>().is_err());
        assert_eq!("churn".parse::<Pattern>().unwrap().only().as_deref(), Some("churn"));
        assert_eq!("churn*".parse::<Pattern>().unwrap().only(), None);
    }
}
