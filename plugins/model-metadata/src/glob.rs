//! Globs over names of parameters and paths of artifacts.
//!
//! `*` stands for any letters and `?` for one, both of one step of a path;
//! `**` stands for any steps, none included. A pattern without `/` is held
//! against the last step, as in `.gitignore`. ASCII letters match in either
//! case. No braces, no brackets: a list of patterns says as much.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

/// A pattern.
#[derive(Debug)]
pub(crate) struct Glob {
    text: String,
    steps: Vec<Vec<char>>,
}

impl Glob {
    /// Reads a pattern. `None` where a step is empty, or is `.` or `..`: no
    /// path has such.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let steps: Vec<Vec<char>> = text.split('/').map(|step| step.chars().collect()).collect();
        let is_none = |step: &str| matches!(step, "" | "." | "..");
        (!text.split('/').any(is_none)).then(|| Self { text: text.to_string(), steps })
    }

    /// Whether a path, or its last step, is one of those that are meant.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let is_path = self.steps.len() > 1 || self.steps.iter().any(is_any_steps);
        let path = if is_path { path } else { path.rsplit('/').next().unwrap_or(path) };
        let steps: Vec<Vec<char>> = path.split('/').map(|step| step.chars().collect()).collect();
        wild(&self.steps, &steps, is_any_steps, |pattern, step| {
            wild(
                pattern,
                step,
                |letter| *letter == '*',
                |pattern, letter| *pattern == '?' || pattern.eq_ignore_ascii_case(letter),
            )
        })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn is_any_steps(step: &Vec<char>) -> bool {
    matches!(step.as_slice(), ['*', '*'])
}

/// Whether `items` follow `pattern`, in which a star stands for any number of
/// them. Goes back to the last star only, so a hostile pattern costs no more
/// than the product of both lengths.
fn wild<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    matches: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut next, mut last_star) = (0, 0, None);
    while let Some(item) = items.get(next) {
        match pattern.get(at) {
            Some(star) if is_star(star) => {
                last_star = Some((at, next));
                at += 1;
            }
            Some(one) if matches(one, item) => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                at = star + 1;
                next = from + 1;
                last_star = Some((star, next));
            }
        }
    }
    pattern.iter().skip(at).all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_what_they_say() {
        for (pattern, path, expected) in [
            ("*feature_importance*", "feature_importance.png", true),
            ("*feature_importance*", "plots/Feature_Importance_v2.csv", true),
            ("*feature_importance*", "feature_importance/readme.txt", false),
            ("*feature_importance*", "feature-importance.png", false),
            ("**/feature_importance/**", "feature_importance/readme.txt", true),
            ("**/feature_importance/**", "a/b/feature_importance/c/d.txt", true),
            ("plots/*.png", "plots/shap.png", true),
            ("plots/*.png", "plots/a/shap.png", false),
            ("plots/*.png", "old/plots/shap.png", false),
            ("plots/**/*.png", "plots/shap.png", true),
            ("plots/**/*.png", "plots/a/b/shap.png", true),
            ("**", "a/b", true),
            ("*", "a/b", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("model_card.??", "model_card.md", true),
            ("model_card.??", "model_card.é", false),
            ("model_card.?", "model_card.é", true),
            ("model_card.md", "model_card.md.bak", false),
            ("model_card.md", "my_model_card.md", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("MODEL_CARD.md", "model_card.MD", true),
            ("a", "", false),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_no_path_is_like_is_no_glob() {
        for pattern in ["", "/a", "a/", "a//b", "../a", "./a"] {
            assert!(Glob::parse(pattern).is_none(), "{pattern}");
        }
    }
}
