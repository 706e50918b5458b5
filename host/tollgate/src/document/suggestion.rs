//! Did you mean ...?

/// The known name that was probably meant, when one is close enough: at most
/// a third of the longer name's letters differ.
#[must_use]
pub fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| distance * 3 <= wrong.chars().count().max(name.chars().count()))
        .min()
        .map(|(_, name)| name)
}

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
    let plain = |name: &str| -> String {
        name.chars()
            .take(64)
            .map(|letter| match letter {
                '_' | ' ' => '-',
                letter => letter.to_ascii_lowercase(),
            })
            .collect()
    };
    strsim::osa_distance(&plain(a), &plain(b))
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
