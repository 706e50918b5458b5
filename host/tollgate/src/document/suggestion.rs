//! Did you mean ...?

/// The known name that was probably meant, when one is close enough: at most
/// a third of the longer name's letters differ.
#[must_use]
pub fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = wrong.chars().count();
    known
        .into_iter()
        .take(MOST_COMPARED)
        .map(|name| (name.chars().count(), name))
        // At least the difference of the lengths differs.
        .filter(|(count, _)| count.abs_diff(letters) * 3 <= letters.max(*count))
        .map(|(count, name)| (distance(wrong, name), count, name))
        .filter(|(distance, count, _)| distance * 3 <= letters.max(*count))
        .min_by_key(|(distance, _, name)| (*distance, *name))
        .map(|(.., name)| name)
}

/// So many names are compared: each takes a microsecond or ten.
const MOST_COMPARED: usize = 1_000;

/// What to write instead of a name that is not known.
#[must_use]
pub fn suggestion<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<_> = known.into_iter().collect();
    if let Some(name) = closest(wrong, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    // A longer list is documentation, not help.
    const MOST_NAMES: usize = 20;
    match known.len() {
        0 => None,
        1..=MOST_NAMES => Some(format!("expected {}", alternatives(&known))),
        count => Some(format!("{count} other names are known here")),
    }
}

/// `a`, `b` or `c`
#[must_use]
pub fn alternatives(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// Letters to change, swap, add or drop, where `_`, `-` and case are no
/// difference at all. Long names are cut: the distance is quadratic.
fn distance(a: &str, b: &str) -> usize {
    let cut = |name: &str| -> String { plain(name).chars().take(64).collect() };
    strsim::osa_distance(&cut(a), &cut(b))
}

/// A name without what is no difference between names: case, and which of
/// `_`, `-` and a space stands between words.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            '_' | ' ' => '-',
            letter => letter.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_offered_and_far_ones_listed() {
        let known = ["block", "manual_review", "allow"];
        let says = |wrong| suggestion(wrong, known);
        assert_eq!(says("blok").as_deref(), Some("did you mean `block`?"));
        assert_eq!(says("Manual-Review").as_deref(), Some("did you mean `manual_review`?"));
        assert_eq!(says("deny").as_deref(), Some("expected `block`, `manual_review` or `allow`"));
        assert_eq!(suggestion("x", []), None);
    }
}
