//! Times as people write them, as far as pandas reads them without doubt:
//! ISO 8601 and its relatives, American and German order, names of months.
//! What depends on the clock (`now`, years of two digits) is not read.

use super::Moment;
use super::iso::Digits;
use crate::json::Text;

const DAY: i128 = 86_400_000_000_000;

/// How a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// What stands between year, month and day; 0 for nothing.
    separator: u8,
    /// In which order they stand.
    order: Order,
    /// How much of the time is there: 0 none, 1 hours, 2 minutes, 3 seconds,
    /// 4 a fraction; 8 more with `AM` or `PM`.
    precision: u8,
    /// What stands before the time.
    before_time: u8,
    /// Whether a zone follows.
    zoned: bool,
    /// Whether there is space around it.
    padded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    YearMonthDay,
    YearMonth,
    Year,
    MonthDayYear,
    DayMonthYear,
    MonthYear,
    YearQuarter,
    /// As the one before, but with the month's name.
    Named(u8),
    None,
}

/// Nanoseconds since 1970, how it was written, and its zone in minutes.
type Written = (i128, Format, Option<i128>);

/// Nanoseconds since 1970 of a text that pandas reads as a time.
#[must_use]
pub fn read_written(text: &Text<'_>, today: Option<i64>) -> Option<i128> {
    read(text, today)?.map(|(nanos, ..)| nanos)
}

/// Reads a text; the inner none is NaT. A time without a date is one of
/// `today`, a day since 1970.
pub(super) fn read(text: &Text<'_>, today: Option<i64>) -> Option<Option<Written>> {
    let text = text.as_str()?;
    if matches!(text, "" | "NaT" | "nat" | "NAT" | "nan" | "NaN" | "NAN") {
        return Some(None);
    }
    let trimmed = text.trim_ascii();
    let padded = trimmed.len() != text.len();
    let text = trimmed;
    let mut rest = Digits(text.as_bytes());
    let mut moment = Moment { month: 1, day: 1, ..Moment::default() };
    let mut format = Format {
        separator: 0,
        order: Order::None,
        precision: 0,
        before_time: 0,
        zoned: false,
        padded,
    };
    let clock_only = matches!(text.as_bytes(), [_, b':', ..] | [_, _, b':', ..]);
    if clock_only {
        clock(&mut rest, &mut moment, &mut format)?;
        let of_day = moment.nanos() - moment.days() * DAY;
        let nanos = i128::from(today?) * DAY + of_day;
        return rest.0.is_empty().then_some(Some((nanos, format, None)));
    }
    weekday(&mut rest);
    date(&mut rest, &mut moment, &mut format)?;
    let mut zone = None;
    let compact = format.precision > 0;
    if !rest.0.is_empty() && !compact {
        format.before_time = if rest.take(b'T') { b'T' } else { b' ' };
        if format.before_time == b' ' && !rest.take(b' ') {
            return None;
        }
        if !rest.0.is_empty() {
            clock(&mut rest, &mut moment, &mut format)?;
        }
    }
    while rest.take(b' ') {}
    if !rest.0.is_empty() {
        format.zoned = true;
        zone = Some(if rest.word("UTC") || rest.word("GMT") { 0 } else { rest.zone()? });
    }
    if !rest.0.is_empty() || !moment.exists() {
        return None;
    }
    let nanos = moment.nanos() - zone.unwrap_or(0) * 60_000_000_000;
    Some(Some((nanos, format, zone)))
}

/// `Tue`, `Tuesday,`: not looked at.
fn weekday(rest: &mut Digits<'_>) {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    if rest.name(&days).is_some() {
        rest.take(b',');
        while rest.take(b' ') {}
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn date(rest: &mut Digits<'_>, moment: &mut Moment, format: &mut Format) -> Option<()> {
    if let Some(month) = rest.name(&MONTHS) {
        moment.month = month;
        rest.take(b'.');
        gap(rest, format)?;
        let (first, digits) = number(rest)?;
        if digits == 4 {
            format.order = Order::Named(1);
            moment.year = first as i64;
            return Some(());
        }
        format.order = Order::Named(2);
        moment.day = first as u32;
        rest.take(b',');
        gap(rest, format)?;
        return year(rest, moment);
    }
    let (first, digits) = number(rest)?;
    match digits {
        8 => {
            format.order = Order::YearMonthDay;
            whole_day(first, moment);
            if rest.take(b'T') {
                format.before_time = b'T';
                format.precision = 3;
                moment.hour = rest.two()?;
                moment.minute = rest.two()?;
                moment.second = rest.two()?;
            }
        }
        14 => {
            format.order = Order::YearMonthDay;
            format.precision = 3;
            whole_day(first / 1_000_000, moment);
            moment.hour = (first / 10_000 % 100) as u32;
            moment.minute = (first / 100 % 100) as u32;
            moment.second = (first % 100) as u32;
        }
        4 => {
            moment.year = first as i64;
            format.order = Order::Year;
            year_first(rest, moment, format)?;
        }
        1 | 2 => day_or_month_first(first, rest, moment, format)?,
        _ => return None,
    }
    Some(())
}

fn whole_day(digits: u64, moment: &mut Moment) {
    moment.year = (digits / 10_000) as i64;
    moment.month = (digits / 100 % 100) as u32;
    moment.day = (digits % 100) as u32;
}

fn year_first(rest: &mut Digits<'_>, moment: &mut Moment, format: &mut Format) -> Option<()> {
    if rest.take(b'Q') {
        let quarter = rest.digit().filter(|quarter| (1..=4).contains(quarter))?;
        format.order = Order::YearQuarter;
        moment.month = quarter * 3 - 2;
        return Some(());
    }
    let before = Digits(rest.0);
    if gap(rest, format).is_some()
        && let Some(month) = rest.name(&MONTHS)
    {
        moment.month = month;
        gap(rest, format)?;
        format.order = Order::Named(3);
        moment.day = rest.short()?;
        return Some(());
    }
    *rest = before;
    format.separator = 0;
    if separator(rest, format) {
        format.order = Order::YearMonth;
        let (month, 1 | 2) = number(rest)? else {
            return None;
        };
        moment.month = month as u32;
        if rest.take(format.separator) {
            format.order = Order::YearMonthDay;
            moment.day = rest.short()?;
        }
    }
    Some(())
}

fn day_or_month_first(
    first: u64,
    rest: &mut Digits<'_>,
    moment: &mut Moment,
    format: &mut Format,
) -> Option<()> {
    let first = first as u32;
    let before = Digits(rest.0);
    if gap(rest, format).is_some()
        && let Some(month) = rest.name(&MONTHS)
    {
        moment.day = first;
        moment.month = month;
        format.order = Order::Named(4);
        rest.take(b',');
        gap(rest, format)?;
        return year(rest, moment);
    }
    *rest = before;
    format.separator = 0;
    if !separator(rest, format) {
        return None;
    }
    let (second, digits) = number(rest)?;
    if digits == 4 {
        format.order = Order::MonthYear;
        moment.month = first;
        moment.year = second as i64;
        return Some(());
    }
    let second = second as u32;
    if !rest.take(format.separator) {
        return None;
    }
    // American order, unless only the other one is a date.
    (format.order, moment.month, moment.day) = if first <= 12 {
        (Order::MonthDayYear, first, second)
    } else {
        (Order::DayMonthYear, second, first)
    };
    year(rest, moment)
}

fn year(rest: &mut Digits<'_>, moment: &mut Moment) -> Option<()> {
    let (year, 4) = number(rest)? else {
        return None;
    };
    moment.year = year as i64;
    Some(())
}

/// What stands around a month's name: one dash or slash, or spaces.
fn gap(rest: &mut Digits<'_>, format: &mut Format) -> Option<()> {
    if separator(rest, format) {
        return Some(());
    }
    format.separator = b' ';
    let there = rest.take(b' ');
    while rest.take(b' ') {}
    there.then_some(())
}

fn separator(rest: &mut Digits<'_>, format: &mut Format) -> bool {
    for separator in *b"-/." {
        if rest.take(separator) {
            format.separator = separator;
            return true;
        }
    }
    false
}

fn clock(rest: &mut Digits<'_>, moment: &mut Moment, format: &mut Format) -> Option<()> {
    moment.hour = rest.short()?;
    format.precision = 1;
    if rest.take(b':') {
        moment.minute = rest.short()?;
        format.precision = 2;
        if rest.take(b':') {
            moment.second = rest.short()?;
            format.precision = 3;
            if rest.take(b'.') || rest.take(b',') {
                (moment.nano, _) = rest.fraction();
                format.precision = 4;
            }
        }
    }
    let before = Digits(rest.0);
    while rest.take(b' ') {}
    let afternoon = rest.word("PM") || rest.word("pm");
    if afternoon || rest.word("AM") || rest.word("am") {
        format.precision += 8;
        if !(1..=12).contains(&moment.hour) {
            return None;
        }
        moment.hour = moment.hour % 12 + if afternoon { 12 } else { 0 };
    } else {
        *rest = before;
    }
    moment.exists().then_some(())
}

fn number(rest: &mut Digits<'_>) -> Option<(u64, usize)> {
    let mut number = u64::from(rest.digit()?);
    let mut digits = 1;
    while let Some(digit) = rest.digit() {
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
        digits += 1;
    }
    Some((number, digits))
}

impl Digits<'_> {
    /// One or two digits.
    fn short(&mut self) -> Option<u32> {
        let first = self.digit()?;
        Some(match self.digit() {
            Some(second) => first * 10 + second,
            None => first,
        })
    }

    fn word(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// One of these names, or its first three letters, in any case; its place
    /// from 1.
    fn name(&mut self, names: &[&str]) -> Option<u32> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = self.0.split_at_checked(length)?;
        let place = names.iter().position(|name| {
            let short = name.as_bytes().get(..3).unwrap_or_default();
            word.eq_ignore_ascii_case(name.as_bytes()) || word.eq_ignore_ascii_case(short)
        })?;
        self.0 = rest;
        Some(place as u32 + 1)
    }
}
