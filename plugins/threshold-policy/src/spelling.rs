//! Did you mean ...?

use alloc::vec::Vec;

/// The name that `word` most likely stands for: at most two letters off, and
/// fewer than half of its own.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 2.min(word.chars().count().saturating_sub(1) / 2);
    names
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Levenshtein's distance, in characters.
fn distance(left: &str, right: &str) -> usize {
    // `costs` is one row of the table without its first column, which is the
    // row's own number.
    let mut costs: Vec<usize> = (1..=right.chars().count()).collect();
    let mut last = left.chars().count();
    for (row, one) in left.chars().enumerate() {
        let mut diagonal = row;
        let mut before = row + 1;
        for (cost, other) in costs.iter_mut().zip(right.chars()) {
            let substituted = diagonal + usize::from(one != other);
            diagonal = *cost;
            before = substituted.min(*cost + 1).min(before + 1);
            *cost = before;
        }
        last = before;
    }
    last.max(usize::from(left.is_empty()) * right.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("blok", "block"), 1);
    }

    #[test]
    fn the_nearest_name_or_none() {
        let names = || ["allow", "block", "manual_review"].into_iter();
        assert_eq!(nearest("blok", names()), Some("block"));
        assert_eq!(nearest("manual_revew", names()), Some("manual_review"));
        assert_eq!(nearest("deny", names()), None);
        assert_eq!(nearest("a", names()), None);
    }
}
