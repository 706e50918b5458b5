//! Names that were probably meant.

/// The nearest of `names`, when it differs from `name` in at most a third of
/// its letters.
pub(crate) fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let length = name.chars().count();
    names
        .filter(|other| *other != name && length < LONG && other.chars().count() < LONG)
        .map(|other| (distance(name, other), other))
        .filter(|(distance, other)| distance * 3 <= length.max(other.chars().count()))
        .min()
        .map(|(_, other)| other)
}

/// Names of so many letters are no slip of the keyboard.
const LONG: usize = 64;

/// Edits (insert, delete, replace) between two names, case aside.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, x) in one.chars().flat_map(char::to_lowercase).enumerate() {
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
    use super::near;

    #[test]
    fn a_slip_finds_its_name() {
        let names = ["amount", "country", "merchant_age_days"];
        for (name, meant) in
            [("ammount", Some("amount")), ("Country", Some("country")), ("age", None)]
        {
            assert_eq!(near(name, names.into_iter()), meant, "{name}");
        }
    }
}
