//! The parts of what a text can be.
//!
//! A text of the settings is a part by itself. One that differs from it in the
//! case of letters and white space around it is another, since policies differ
//! in whether they mind; and of all others there is one for each form that a
//! policy may tell apart, and each way that the conditions on texts come out.

use std::collections::BTreeSet;

use tollgate_engine::types::Value;

use super::conditions::Test;
use super::part::{Extent, Form, Part, part};

/// What holds for texts that no setting names: some that plugins may tell
/// apart by their form.
const OTHERS: [&str; 4] = ["other", "ZZ", "Zz-9", " "];

/// So many texts of a part are asked.
const ASKED: usize = 6;

/// So many texts are made up.
const MADE: usize = 600;

/// The parts by the texts of the settings, and by what conditions ask of this
/// input.
pub(super) fn parts(named: &BTreeSet<String>, tests: &[&Test]) -> Vec<Part> {
    let own = |text: &String| Part { holds: held(tests, text), ..part(Value::Text(text.clone())) };
    let mut parts: Vec<Part> = named.iter().map(own).collect();
    for text in named {
        for other in likes(text).into_iter().filter(|other| !named.contains(other)) {
            add(&mut parts, Extent::Like(text.clone()), held(tests, &other), other);
        }
    }
    for other in made(tests) {
        let is_like = |text: &String| text.trim().eq_ignore_ascii_case(other.trim());
        if !named.iter().any(is_like) {
            add(&mut parts, Extent::Other(Form::of(&other)), held(tests, &other), other);
        }
    }
    parts
}

fn add(parts: &mut Vec<Part>, extent: Extent, holds: String, text: String) {
    let value = Value::Text(text);
    match parts.iter_mut().find(|part| part.extent == extent && part.holds == holds) {
        Some(part) if part.values.len() < ASKED => part.values.push(value),
        Some(_) => {}
        None => parts.push(Part { values: vec![value], extent, holds }),
    }
}

/// How the tests come out, as a condition; empty where there are none.
fn held(tests: &[&Test], text: &str) -> String {
    let words = tests.iter().map(|test| match test.holds(text) {
        true => test.words.clone(),
        false => format!("!({})", test.words),
    });
    words.collect::<Vec<_>>().join(" && ")
}

/// The same in other letters, and with space around it.
fn likes(text: &str) -> Vec<String> {
    let swapped: String = text
        .chars()
        .enumerate()
        .map(|(at, letter)| match at % 2 {
            0 => letter.to_ascii_lowercase(),
            _ => letter.to_ascii_uppercase(),
        })
        .collect();
    let made = [text.to_ascii_lowercase(), text.to_ascii_uppercase(), swapped];
    let mut likes: Vec<String> = made.into_iter().filter(|other| other != text).collect();
    if !text.trim().is_empty() {
        likes.push(format!(" {text}"));
        likes.push(format!("{text} "));
    }
    likes.dedup();
    likes
}

/// Texts that no setting names, of every form and for every test both ways.
fn made(tests: &[&Test]) -> Vec<String> {
    let mut made: Vec<String> = OTHERS.map(str::to_owned).into();
    let pieces: BTreeSet<&str> = tests.iter().filter_map(|test| test.text()).collect();
    for piece in &pieces {
        made.push((*piece).to_owned());
        made.extend(["x", "X", "xy"].map(|more| format!("{piece}{more}")));
        made.extend(["x", "X", "xy"].map(|more| format!("{more}{piece}")));
        made.push(format!("x{piece}x"));
        // Before it and behind it in the order of texts.
        made.push(format!("{piece}\u{1}"));
        made.extend(piece.chars().next().map(|first| {
            let before = char::from_u32((first as u32).saturating_sub(1)).unwrap_or('A');
            format!("{before}z")
        }));
        for other in &pieces {
            made.extend([format!("{piece}{other}"), format!("{piece}x{other}")]);
        }
    }
    let sizes: BTreeSet<i64> = tests
        .iter()
        .filter_map(|test| test.size())
        .flat_map(|size| {
            #[allow(clippy::cast_possible_truncation, reason = "a cast goes to the nearest end")]
            let size = size.clamp(0.0, 1000.0) as i64;
            [size - 1, size, size + 1]
        })
        .filter(|size| *size >= 0)
        .collect();
    for size in sizes {
        let size = usize::try_from(size).unwrap_or_default();
        for of in made.clone() {
            let length = of.chars().count();
            if length < size {
                // Two letters, since a test may ask for the end that one makes.
                for letter in ["x", "y"] {
                    let more = letter.repeat(size - length);
                    made.extend([format!("{of}{more}"), format!("{more}{of}")]);
                }
            } else {
                made.push(of.chars().take(size).collect());
            }
            if made.len() > MADE {
                break;
            }
        }
    }
    made.truncate(MADE);
    made
}
