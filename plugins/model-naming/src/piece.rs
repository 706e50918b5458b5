//! What a name is made of: runs of letters and of digits, in words.

use alloc::vec::Vec;

/// Letters or digits that stand together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Where it begins in the name.
    pub at: usize,
    /// Whether it is digits.
    pub is_digits: bool,
    /// Whether a word begins with it.
    pub begins: bool,
    /// Whether a dot is before it.
    pub after_dot: bool,
    /// Whether it is a `v` that was cut off the word before it.
    pub cut: bool,
}

/// Whether a character is between words.
pub(crate) fn is_separator(letter: char) -> bool {
    matches!(letter, '_' | '-' | '.')
}

/// The letters of a word before a `v` and digits without which the `v` is taken
/// to be of the word: `ipv4`, `hiv1`, `hpv16`.
const LEAST_STEM: usize = 3;

/// As many letters right behind a version's digits are a word of their own:
/// `v2final`; fewer are of one word with them: `v2x`, `v2g`.
const LEAST_REST: usize = 3;

/// The pieces of a name. Words end at `_`, `-` and `.`, and where case says so:
/// `fraudDetector`, `ETAModel`, `V2Final`.
pub(crate) fn pieces(name: &str) -> Vec<Piece<'_>> {
    let letters: Vec<(usize, char)> = name.char_indices().collect();
    let mut open: Option<(usize, bool, bool)> = None;
    let mut pieces = Vec::new();
    let mut begins = true;
    let mut after_dot = false;
    for (place, (at, letter)) in letters.iter().copied().enumerate() {
        if is_separator(letter) {
            begins = true;
            after_dot = letter == '.';
            close(name, &mut open, at, &mut pieces);
            continue;
        }
        let before = place.checked_sub(1).and_then(|place| letters.get(place)).map(|it| it.1);
        let next = letters.get(place + 1).map(|it| it.1);
        let case = before.is_some_and(|before| is_hump(before, letter, next));
        let changes = before.is_some_and(|it| it.is_ascii_digit() != letter.is_ascii_digit());
        if begins || case || changes {
            close(name, &mut open, at, &mut pieces);
            open = Some((at, begins || case, after_dot));
        }
        begins = false;
        after_dot = false;
    }
    close(name, &mut open, name.len(), &mut pieces);
    cut_versions(pieces)
}

/// Whether case says that a word begins here.
fn is_hump(before: char, letter: char, next: Option<char>) -> bool {
    let is_lower = |letter: char| letter.is_ascii_lowercase();
    letter.is_ascii_uppercase()
        && (is_lower(before)
            || ((before.is_ascii_uppercase() || before.is_ascii_digit())
                && next.is_some_and(is_lower)))
}

/// Ends the piece that was begun.
fn close<'a>(
    name: &'a str,
    open: &mut Option<(usize, bool, bool)>,
    end: usize,
    pieces: &mut Vec<Piece<'a>>,
) {
    let Some((at, begins, after_dot)) = open.take() else { return };
    let text = name.get(at..end).unwrap_or_default();
    let is_digits = text.starts_with(|letter: char| letter.is_ascii_digit());
    pieces.push(Piece { text, at, is_digits, begins, after_dot, cut: false });
}

/// Takes the `v` off `fraudv2`.
fn cut_versions(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut cut = Vec::with_capacity(pieces.len() + 1);
    for (place, piece) in pieces.iter().enumerate() {
        let stem = piece.text.len().saturating_sub(1);
        let (word, v) = piece.text.split_at_checked(stem).unwrap_or((piece.text, ""));
        let is_version = !piece.is_digits
            && v.eq_ignore_ascii_case("v")
            && stem >= LEAST_STEM
            && is_numbered(&pieces, place);
        if is_version {
            cut.push(Piece { text: word, ..*piece });
            cut.push(Piece { text: v, at: piece.at + stem, begins: false, cut: true, ..*piece });
        } else {
            cut.push(*piece);
        }
    }
    cut
}

/// Whether digits follow right behind a piece, and behind those nothing that is
/// of one word with them.
pub(crate) fn is_numbered(pieces: &[Piece<'_>], place: usize) -> bool {
    let glued = |place: usize| pieces.get(place).filter(|piece| !piece.begins);
    glued(place + 1).is_some_and(|digits| digits.is_digits)
        && glued(place + 2).is_none_or(|rest| rest.text.len() >= LEAST_REST)
}
