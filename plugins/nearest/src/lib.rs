//! Names that were probably meant, for guests and hosts alike.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::vec::Vec;

/// The nearest of `names`, when it differs from `name` in at most a third of
/// its letters. Of several that are equally near the first in the alphabet.
///
/// ```
/// # use tollgate_nearest::nearest;
/// assert_eq!(nearest("ammount", ["country", "amount"]), Some("amount"));
/// assert_eq!(nearest("age", ["country", "amount"]), None);
/// ```
#[must_use]
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = name.chars().count();
    names
        .into_iter()
        .filter(|other| *other != name)
        .filter_map(|other| {
            let longer = length.max(other.chars().count());
            let edits = (longer < LONG).then(|| distance(name, other))?;
            (edits * 3 <= longer).then_some((edits, other))
        })
        .min()
        .map(|(_, other)| other)
}

/// Names of so many letters are no slip of the keyboard.
const LONG: usize = 64;

/// Edits (insert, delete, replace) between two names, case aside.
fn distance(one: &str, other: &str) -> usize {
    // ASCII only: the tables of all scripts would outweigh a plugin.
    let other: Vec<char> = other.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, x) in one.chars().map(|letter| letter.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, y) in row.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = *slot;
            left = replaced.min(left + 1).min(*slot + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name() {
        let names = ["amount", "country", "merchant_age_days"];
        for (name, meant) in [
            ("ammount", Some("amount")),
            ("Country", Some("country")),
            ("country", None),
            ("age", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), meant, "{name}");
        }
        assert_eq!(nearest("bat", ["cat", "bad"]), Some("bad"));
        assert_eq!(nearest(&"a".repeat(64), ["a"]), None);
    }
}
