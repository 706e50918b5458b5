//! Dates in names.

use core::ops::RangeInclusive;

use crate::parts::{Parts, Says};

/// Years that a date of a model's making has. Wider, and sizes (`2048`, `2080`)
/// were dates.
const YEARS: RangeInclusive<u32> = 1990..=2039;

/// And the fiscal year, which numbers stand beside as they do beside months.
const MONTHS: [&str; 25] = [
    "jan",
    "january",
    "feb",
    "february",
    "mar",
    "march",
    "apr",
    "april",
    "may",
    "jun",
    "june",
    "jul",
    "july",
    "aug",
    "august",
    "sep",
    "sept",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
    "fy",
];

/// Letters that a number makes a part of a year: `q3_2024`, `h1`, `w42`.
const PARTS_OF_YEARS: [&str; 4] = ["q", "h", "w", "wk"];

/// Marks dates: `2024`, `20241008`, `2024-10`, `oct_2024`, `8_oct`.
pub(crate) fn mark(parts: &mut Parts<'_>) {
    for place in 0..parts.pieces.len() {
        let Some(piece) = parts.pieces.get(place).copied() else { break };
        if piece.is_digits && is_date(piece.text) {
            parts.mark(place..place + 1, Says::Date);
            if piece.text.len() == 4 {
                mark_around(parts, place);
            }
        } else if is_month(piece.text) {
            mark_day(parts, place);
        }
    }
}

/// Whether digits are a date by themselves.
fn is_date(digits: &str) -> bool {
    let part = |from, to| digits.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let is = |from, to, range: RangeInclusive<u32>| {
        part(from, to).is_some_and(|part| range.contains(&part))
    };
    match digits.len() {
        4 => is(0, 4, YEARS),
        6 => is(0, 4, YEARS) && is(4, 6, 1..=12),
        // With a time of day behind, or day and month first.
        8 | 10 | 12 | 14 => {
            (is(0, 4, YEARS) && is(4, 6, 1..=12) && is(6, 8, 1..=31))
                || (digits.len() == 8
                    && is(4, 8, YEARS)
                    && ((is(0, 2, 1..=31) && is(2, 4, 1..=12))
                        || (is(0, 2, 1..=12) && is(2, 4, 1..=31))))
        }
        _ => false,
    }
}

fn is_month(text: &str) -> bool {
    MONTHS.iter().any(|month| text.eq_ignore_ascii_case(month))
}

/// What stands beside a year and is of the date: month and day before or behind
/// it, a quarter.
fn mark_around(parts: &mut Parts<'_>, year: usize) {
    let mut end = year + 1;
    while end <= year + 2 && (is_day(parts, end) || is_whole_month(parts, end)) {
        end += 1;
    }
    if is_part_of_year(parts, end) {
        end += 2;
    }
    let mut start = year;
    while start > year.saturating_sub(2)
        && (is_day(parts, start - 1) || is_whole_month(parts, start - 1))
    {
        start -= 1;
    }
    if start >= 2 && is_part_of_year(parts, start - 2) {
        start -= 2;
    }
    parts.mark(start..end, Says::Date);
}

/// A month and a day or a short year beside it.
fn mark_day(parts: &mut Parts<'_>, month: usize) {
    if !is_whole_month(parts, month) {
        return;
    }
    if is_day(parts, month + 1) {
        parts.mark(month..month + 2, Says::Date);
    } else if month >= 1 && is_day(parts, month - 1) {
        parts.mark(month - 1..month + 1, Says::Date);
    }
}

/// One or two digits that no letters but a month's are right beside.
fn is_day(parts: &Parts<'_>, place: usize) -> bool {
    let Some(piece) = parts.pieces.get(place) else { return false };
    let before = || place.checked_sub(1).and_then(|place| parts.pieces.get(place));
    piece.is_digits
        && piece.text.len() <= 2
        && parts.is_plain(place)
        && (piece.begins || before().is_some_and(|it| is_month(it.text)))
        && parts.pieces.get(place + 1).is_none_or(|next| next.begins || is_month(next.text))
}

/// A month that no letters are right beside, `oct24` and `2024oct`.
fn is_whole_month(parts: &Parts<'_>, place: usize) -> bool {
    parts.pieces.get(place).is_some_and(|piece| is_month(piece.text) && parts.is_plain(place))
}

/// `q3`, as a word or right beside the year.
fn is_part_of_year(parts: &Parts<'_>, place: usize) -> bool {
    let (Some(letters), Some(digits)) = (parts.pieces.get(place), parts.pieces.get(place + 1))
    else {
        return false;
    };
    PARTS_OF_YEARS.iter().any(|part| letters.text.eq_ignore_ascii_case(part))
        && digits.is_digits
        && !digits.begins
        && digits.text.len() <= 2
        && parts.is_plain(place)
}
