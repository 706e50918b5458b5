//! Texts in words: those of the settings by name, and all others by what holds
//! of them.

use tollgate_engine::types::Value;

use super::Axis;
use super::shown::shown;
use crate::explain::part::{Extent, Part};

/// `NG, PK` and `not NG, PK`; `where home.startsWith("N") but not NG`, where no
/// list says it.
pub(super) fn listed(axis: &Axis, parts: &[usize]) -> String {
    let here = others(axis, parts);
    let mut elsewhere = others(axis, &axis.valid);
    elsewhere.retain(|holds| !here.contains(holds));
    let are_all = !here.is_empty() && elsewhere.is_empty();
    let is_short = here.len() <= elsewhere.len();
    // Whether what is said of all others is said of a text that is named: the
    // only one of its kind may be one, too.
    let is_told = |part: &usize| match axis.parts.get(*part) {
        Some(Part { extent: Extent::Other(_), .. }) | None => None,
        Some(Part { extent: Extent::Value(Value::Text(_)) | Extent::Like(_), holds, .. }) => {
            let is_absent = elsewhere.contains(&holds.as_str());
            Some(if is_short { here.contains(&holds.as_str()) } else { !is_absent })
        }
        Some(_) => Some(are_all),
    };
    let more: Vec<usize> =
        parts.iter().filter(|part| is_told(part) == Some(false)).copied().collect();
    let absent = axis.valid.iter().filter(|part| !parts.contains(part));
    let but: Vec<usize> = absent.filter(|part| is_told(part) == Some(true)).copied().collect();
    let (more, but) = (named(axis, &more), named(axis, &but));
    if here.is_empty() {
        return more;
    }
    if are_all {
        return if but.is_empty() { "anything".to_owned() } else { format!("not {but}") };
    }
    let mut words = match is_short {
        true => format!("where {}", here.join(" || ")),
        false => format!("not where {}", elsewhere.join(" || ")),
    };
    if !more.is_empty() {
        words = format!("{words} or {more}");
    }
    if !but.is_empty() {
        words = format!("{words} but not {but}");
    }
    words
}

/// What holds of texts that nothing names.
fn others<'a>(axis: &'a Axis, parts: &[usize]) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for part in parts.iter().filter_map(|part| axis.parts.get(*part)) {
        if matches!(part.extent, Extent::Other(_)) && !all.contains(&part.holds.as_str()) {
            all.push(&part.holds);
        }
    }
    all
}

/// Each of these parts by its name.
fn named(axis: &Axis, parts: &[usize]) -> String {
    let minds = minds_letters(axis) == Some(true);
    let mut told: Vec<String> = Vec::new();
    for part in parts.iter().filter_map(|part| axis.parts.get(*part)) {
        let words = match &part.extent {
            Extent::Value(Value::Text(text)) if minds && has_likes(axis, text, parts) => {
                format!("{text} in any letters")
            }
            Extent::Value(value) => shown(value),
            Extent::Like(text) => {
                let own = Extent::Value(Value::Text(text.clone()));
                let mut extents = parts.iter().filter_map(|part| axis.parts.get(*part));
                let has_own = extents.any(|part| part.extent == own);
                match has_likes(axis, text, parts) {
                    // Told with the text itself.
                    true if has_own => continue,
                    true => format!("{text} in other letters"),
                    false => format!("{text} in other letters where {}", part.holds),
                }
            }
            Extent::Other(_) | Extent::At(_) | Extent::Between(..) => continue,
        };
        if !told.contains(&words) {
            told.push(words);
        }
    }
    told.join(", ")
}

/// Whether a text in whatever other letters is among some parts.
fn has_likes(axis: &Axis, text: &str, parts: &[usize]) -> bool {
    let is_like = |part: &&usize| match axis.parts.get(**part).map(|part| &part.extent) {
        Some(Extent::Like(other)) => other == text,
        _ => false,
    };
    let mut likes = axis.valid.iter().filter(is_like).peekable();
    likes.peek().is_some() && likes.all(|part| parts.contains(part))
}

/// Whether the case of letters, and white space around a text, make a
/// difference; nothing where no text was found for which they could.
pub(super) fn minds_letters(axis: &Axis) -> Option<bool> {
    let class = |part: usize| axis.classes.iter().position(|class| class.contains(&part));
    let pairs = axis.valid.iter().filter_map(|part| {
        let like = axis.parts.get(*part)?;
        let Extent::Like(text) = &like.extent else { return None };
        let own = Extent::Value(Value::Text(text.clone()));
        let own = axis.parts.iter().position(|part| part.extent == own)?;
        // Tests of texts are to the letter.
        Some(!like.holds.is_empty() || class(*part) != class(own))
    });
    pairs.reduce(|minds, other| minds || other)
}
