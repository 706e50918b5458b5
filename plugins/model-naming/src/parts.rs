//! What each piece of a name is, and the words that are left.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::piece::{Piece, pieces};

/// What a piece of a name says that it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// A version.
    Version,
    /// A date.
    Date,
    /// An algorithm.
    Algorithm,
    /// A person.
    Person,
}

/// A name, its pieces and what they say.
pub(crate) struct Parts<'a> {
    /// The name.
    pub name: &'a str,
    /// What it is made of.
    pub pieces: Vec<Piece<'a>>,
    /// What each piece says, where it says what was looked for.
    pub says: Vec<Option<Says>>,
}

/// A word of a name.
#[derive(Debug)]
pub(crate) struct Word {
    /// Its pieces.
    pub pieces: Range<usize>,
    /// As it is written.
    pub text: String,
}

impl Word {
    /// In lower case.
    pub(crate) fn lower(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// Whether it is digits only.
    pub(crate) fn is_number(&self) -> bool {
        self.text.bytes().all(|letter| letter.is_ascii_digit())
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        let pieces = pieces(name);
        let says = pieces.iter().map(|_| None).collect();
        Self { name, pieces, says }
    }

    /// Says what pieces say. What is said already stays.
    pub(crate) fn mark(&mut self, pieces: Range<usize>, says: Says) {
        for said in self.says.get_mut(pieces).into_iter().flatten() {
            said.get_or_insert(says);
        }
    }

    /// Whether a piece says nothing of what was looked for, so far.
    pub(crate) fn is_plain(&self, place: usize) -> bool {
        self.says.get(place).is_some_and(Option::is_none)
    }

    /// Whether a piece is a word by itself.
    pub(crate) fn is_word(&self, place: usize) -> bool {
        self.pieces.get(place).is_some_and(|piece| piece.begins)
            && self.pieces.get(place + 1).is_none_or(|next| next.begins)
    }

    /// The words that are left. What was between two of them and is not left
    /// keeps them apart.
    pub(crate) fn left(&self) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut is_open = false;
        for (place, piece) in self.pieces.iter().enumerate() {
            if !self.is_plain(place) {
                is_open = false;
                continue;
            }
            match words.last_mut() {
                Some(word) if is_open && !piece.begins => {
                    word.pieces.end = place + 1;
                    word.text.push_str(piece.text);
                }
                _ => words.push(Word { pieces: place..place + 1, text: piece.text.into() }),
            }
            is_open = true;
        }
        words
    }

    /// The parts of the name that say this, as they are written.
    pub(crate) fn saying(&self, wanted: Says) -> Vec<&'a str> {
        let mut found = Vec::new();
        let mut open: Option<Range<usize>> = None;
        for (piece, says) in self.pieces.iter().zip(&self.says) {
            let end = piece.at + piece.text.len();
            match (&mut open, *says == Some(wanted)) {
                (Some(range), true) => range.end = end,
                (None, true) => open = Some(piece.at..end),
                (_, false) => found.extend(open.take()),
            }
        }
        found.extend(open);
        found.into_iter().filter_map(|range| self.name.get(range)).collect()
    }
}
