//! What a name is made of: `{domain}_{task}`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::listed::compared;
use crate::parts::Parts;

/// A pattern of placeholders and fixed words.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// As the settings have it.
    pub text: String,
    /// What is between words; nothing, where case is.
    pub separator: Option<char>,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// This word.
    Word(String),
    /// One word or more; one of these, where there are any.
    Placeholder(String, Vec<String>),
}

impl Pattern {
    /// Reads `{domain}_{task}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{text}` is no pattern such as `{{domain}}_{{task}}`: {why}");
        let mut separators: Vec<char> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        let mut is_open = true;
        while let Some(first) = rest.chars().next() {
            if matches!(first, '_' | '-' | '.') {
                if is_open {
                    return Err(wrong("nothing is between two separators"));
                }
                separators.push(first);
                rest = rest.get(1..).unwrap_or_default();
                is_open = true;
                continue;
            }
            if let Some(inside) = rest.strip_prefix('{') {
                let (name, after) =
                    inside.split_once('}').ok_or_else(|| wrong("a brace is not closed"))?;
                let is_named = !name.is_empty()
                    && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
                if !is_named {
                    return Err(wrong("a placeholder has a name of letters, digits and `_`"));
                }
                let again = parts
                    .iter()
                    .any(|part| matches!(part, Part::Placeholder(other, _) if other == name));
                if again {
                    return Err(wrong(&format!("`{{{name}}}` is there twice")));
                }
                parts.push(Part::Placeholder(name.to_owned(), Vec::new()));
                rest = after;
            } else {
                let end = rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if word.is_empty() {
                    return Err(wrong(&format!("`{first}` is in no name")));
                }
                parts.push(Part::Word(word.to_ascii_lowercase()));
                rest = after;
            }
            is_open = false;
        }
        if is_open {
            return Err(wrong("it does not end in a word"));
        }
        if !parts.iter().any(|part| matches!(part, Part::Placeholder(..))) {
            return Err(wrong("it has no placeholder"));
        }
        let separator = separators.first().copied();
        let is_even = separators.iter().all(|other| Some(*other) == separator)
            && (separators.is_empty() || separators.len() + 1 == parts.len());
        if !is_even {
            return Err(wrong("the same must be between all of its words"));
        }
        Ok(Self { text: text.to_owned(), separator, parts })
    }

    /// Whether there is such a placeholder; it stands for these words from now
    /// on.
    pub(crate) fn allow(&mut self, name: &str, words: &[String]) -> bool {
        for part in &mut self.parts {
            if let Part::Placeholder(placeholder, allowed) = part
                && placeholder == name
            {
                *allowed = words.to_vec();
                return true;
            }
        }
        false
    }

    /// The names of the placeholders.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(name, _) => Some(name.as_str()),
            Part::Word(_) => None,
        })
    }

    /// Whether it is one placeholder and nothing else.
    pub(crate) fn is_single(&self) -> bool {
        self.parts.len() == 1
    }

    /// Whether a name is made like this.
    pub(crate) fn fits(&self, name: &str) -> bool {
        let words: Vec<String> = match self.separator {
            Some(separator) => name.split(separator).map(compared).collect(),
            None => Parts::new(name).left().iter().map(|word| compared(&word.text)).collect(),
        };
        let is_one_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_alphanumeric())
        };
        let is_split = match self.separator {
            Some(separator) => name.split(separator).all(is_one_word),
            None => self.is_single() || is_one_word(name),
        };
        if !is_split {
            return false;
        }
        // After so many words the parts so far may have ended.
        let mut ends: Vec<bool> = words.iter().map(|_| false).collect();
        ends.insert(0, true);
        for part in &self.parts {
            ends = part.advance(&ends, &words, self.separator.is_none());
        }
        ends.last().copied().unwrap_or_default()
    }

    /// What placeholders stand for, where that is said.
    pub(crate) fn legend(&self) -> String {
        let mut legend = String::new();
        for part in &self.parts {
            if let Part::Placeholder(name, allowed) = part
                && !allowed.is_empty()
            {
                legend = format!("{legend}; `{{{name}}}` is {}", allowed.join(" or "));
            }
        }
        legend
    }
}

impl Part {
    /// Where this part may end, of where it may begin.
    fn advance(&self, begins: &[bool], words: &[String], by_case: bool) -> Vec<bool> {
        let mut ends: Vec<bool> = begins.iter().map(|_| false).collect();
        let mut reach = |end: usize| {
            if let Some(reached) = ends.get_mut(end) {
                *reached = true;
            }
        };
        match self {
            Self::Placeholder(_, allowed) if allowed.is_empty() => {
                let first = begins.iter().position(|begins| *begins).unwrap_or(begins.len());
                (first + 1..=words.len()).for_each(reach);
            }
            Self::Placeholder(_, allowed) => {
                for begin in (0..begins.len()).filter(|at| begins.get(*at) == Some(&true)) {
                    for listed in allowed {
                        if let Some(end) = end_of(listed, words, begin, by_case) {
                            reach(end);
                        }
                    }
                }
            }
            Self::Word(word) => {
                for begin in (0..begins.len()).filter(|at| begins.get(*at) == Some(&true)) {
                    if words.get(begin) == Some(word) {
                        reach(begin + 1);
                    }
                }
            }
        }
        ends
    }
}

/// Where a listed word ends that begins here, over several words where it must.
/// Case tells words apart less surely than what is written between them: where
/// there is nothing, `ios` is in `iOS`, and elsewhere `fraud` is not in `frau_d`.
fn end_of(listed: &str, words: &[String], begin: usize, by_case: bool) -> Option<usize> {
    let mut parts = listed.split(['_', '-', ' ']).map(compared);
    let mut rest = if by_case { compared(listed) } else { parts.next()? };
    for (place, word) in words.iter().enumerate().skip(begin) {
        rest = if by_case {
            rest.strip_prefix(word.as_str())?.to_string()
        } else {
            (rest == *word).then(|| parts.next().unwrap_or_default())?
        };
        if rest.is_empty() {
            return Some(place + 1);
        }
    }
    None
}
