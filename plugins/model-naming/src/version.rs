//! Versions in names.

use crate::parts::{Parts, Says};
use crate::piece::{Piece, is_numbered};

/// Words that a number makes a version: `version_2`, `rev3`.
const NUMBERED: [&str; 5] = ["v", "ver", "version", "rev", "revision"];

/// The most digits of a version's further numbers: `v1_2_10`.
const MOST_DIGITS: usize = 3;

/// Marks versions with numbers: `v2`, `fraudv2`, `version_2`, `v1.2`, `1.2`.
pub(crate) fn mark(parts: &mut Parts<'_>) {
    let mut place = 0;
    while place < parts.pieces.len() {
        let end = end_of(parts, place);
        if let Some(end) = end {
            parts.mark(place..end, Says::Version);
        }
        place = end.unwrap_or(place + 1);
    }
}

/// Where the version that begins here ends, if one does.
fn end_of(parts: &Parts<'_>, place: usize) -> Option<usize> {
    let piece = parts.pieces.get(place)?;
    let next = parts.pieces.get(place + 1)?;
    let first = if piece.is_digits {
        // Dots are between numbers of versions only.
        (next.is_digits && next.after_dot && parts.is_word(place + 1)).then_some(place)?
    } else {
        let is_numbered_word = NUMBERED.iter().any(|word| piece.text.eq_ignore_ascii_case(word))
            && piece.begins
            && (is_numbered(&parts.pieces, place) || (next.is_digits && parts.is_word(place + 1)));
        (piece.cut || is_numbered_word).then_some(place + 1)?
    };
    let mut end = first + 1;
    while let Some(further) = parts.pieces.get(end)
        && is_further(further)
        && parts.is_word(end)
    {
        end += 1;
    }
    Some(end)
}

fn is_further(piece: &Piece<'_>) -> bool {
    piece.is_digits && piece.text.len() <= MOST_DIGITS
}
