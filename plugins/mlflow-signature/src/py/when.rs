//! `pandas.to_datetime(column)`.

use alloc::vec::Vec;

use super::iso::Digits;
use super::{Column, Dtype, Moment, Py, Raised};

const DAY: i128 = 86_400_000_000_000;

/// How a text was written. All texts of a column must be written like the
/// first: pandas guesses its format, and asks it of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    /// What stands between year, month and day; 0 for nothing.
    separator: u8,
    /// Year, month, day, or month, day, year, ...
    order: Order,
    /// How much of the time is there: 0 none, 1 hours, 2 minutes, 3 seconds,
    /// 4 a fraction.
    precision: u8,
    /// What stands before the time.
    before_time: u8,
    /// Whether a zone follows.
    zoned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    YearMonthDay,
    YearMonth,
    Year,
    MonthDayYear,
    DayMonthYear,
    None,
}

/// Text, numbers (nanoseconds since 1970) and nulls as `datetime64[ns]`, or as
/// [`Dtype::Zoned`] where the texts have a zone.
///
/// `today` is the day (since 1970) that a time without a date is taken for.
///
/// # Errors
/// What pandas raises, and the row.
pub fn to_datetime<'a>(
    column: Column<'a>,
    today: Option<i64>,
) -> Result<Column<'a>, (Raised, usize)> {
    if column.dtype == Dtype::Bool {
        return Err((Raised::Type, 0));
    }
    let mut format = None;
    let mut first = true;
    let mut zone = None;
    let mut cells = Vec::with_capacity(column.cells.len());
    for (row, cell) in column.cells.into_iter().enumerate() {
        let nanos = match cell {
            Py::None => None,
            Py::Time(time) => time.map(i128::from),
            Py::Datetime(nanos) => Some(nanos),
            Py::Date(days) => Some(i128::from(days) * DAY),
            Py::Int(number) => Some(i128::from(number)),
            Py::Float(number) if number.is_nan() => None,
            Py::Float(number) if number.abs() < 9.2e18 => Some(number as i128),
            Py::Float(_) | Py::Uint(_) | Py::Big(_) => return Err((Raised::Overflow, row)),
            Py::Str(text) => match read(&text, today).ok_or((Raised::Value, row))? {
                None => None,
                Some((nanos, this, minutes)) => {
                    if first {
                        format = Some(this);
                        zone = minutes;
                    }
                    if format.is_some_and(|format| format != this) || zone != minutes {
                        return Err((Raised::Value, row));
                    }
                    Some(nanos)
                }
            },
            _ => return Err((Raised::Type, row)),
        };
        first &= nanos.is_none();
        let nanos = match nanos {
            None => None,
            Some(nanos) => match i64::try_from(nanos) {
                Ok(nanos) if nanos != i64::MIN => Some(nanos),
                _ => return Err((Raised::Overflow, row)),
            },
        };
        cells.push(Py::Time(nanos));
    }
    let dtype = if zone.is_some() { Dtype::Zoned } else { Dtype::NANOSECONDS };
    Ok(Column { name: column.name, dtype, cells })
}

type Written = (i128, Format, Option<i128>);

/// One text: nanoseconds, how it was written, and its zone in minutes. The
/// inner none is NaT.
fn read(text: &crate::json::Text<'_>, today: Option<i64>) -> Option<Option<Written>> {
    let text = text.as_str()?.trim_ascii();
    if ["", "nat", "nan", "none", "null", "na", "n/a", "<na>"]
        .iter()
        .any(|null| text.eq_ignore_ascii_case(null))
    {
        return Some(None);
    }
    let mut rest = Digits(text.as_bytes());
    let mut moment = Moment { month: 1, day: 1, ..Moment::default() };
    let mut format =
        Format { separator: 0, order: Order::None, precision: 0, before_time: 0, zoned: false };
    if text.as_bytes().get(1) == Some(&b':') || text.as_bytes().get(2) == Some(&b':') {
        let today = i128::from(today?);
        clock(&mut rest, &mut moment, &mut format)?;
        let of_day = moment.nanos() - moment.days() * DAY;
        return rest.0.is_empty().then_some(Some((today * DAY + of_day, format, None)));
    }
    date(&mut rest, &mut moment, &mut format)?;
    let mut zone = None;
    if !rest.0.is_empty() {
        format.before_time = if rest.take(b'T') { b'T' } else { b' ' };
        if format.before_time == b' ' && !rest.take(b' ') {
            return None;
        }
        clock(&mut rest, &mut moment, &mut format)?;
        while rest.take(b' ') {}
        if !rest.0.is_empty() {
            format.zoned = true;
            zone = Some(rest.zone()?);
        }
    }
    if !rest.0.is_empty() || !moment.exists() {
        return None;
    }
    Some(Some((moment.nanos() - zone.unwrap_or(0) * 60_000_000_000, format, zone)))
}

fn date(rest: &mut Digits<'_>, moment: &mut Moment, format: &mut Format) -> Option<()> {
    let (first, digits) = number(rest)?;
    match digits {
        8 => {
            format.order = Order::YearMonthDay;
            moment.year = i64::from(first / 10_000);
            moment.month = first / 100 % 100;
            moment.day = first % 100;
        }
        6 => {
            format.order = Order::YearMonth;
            moment.year = i64::from(first / 100);
            moment.month = first % 100;
        }
        4 => {
            moment.year = i64::from(first);
            format.order = Order::Year;
            if separator(rest, format) {
                format.order = Order::YearMonth;
                moment.month = rest.short()?;
                if rest.take(format.separator) {
                    format.order = Order::YearMonthDay;
                    moment.day = rest.short()?;
                }
            }
        }
        1 | 2 => {
            if !separator(rest, format) {
                return None;
            }
            let second = rest.short()?;
            if !rest.take(format.separator) {
                return None;
            }
            let (year, 4) = number(rest)? else {
                return None;
            };
            moment.year = i64::from(year);
            // American order, unless only the other one is a date.
            (format.order, moment.month, moment.day) = if first <= 12 {
                (Order::MonthDayYear, first, second)
            } else {
                (Order::DayMonthYear, second, first)
            };
        }
        _ => return None,
    }
    Some(())
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
        moment.minute = rest.two()?;
        format.precision = 2;
        if rest.take(b':') {
            moment.second = rest.two()?;
            format.precision = 3;
            if rest.take(b'.') {
                (moment.nano, _) = rest.fraction();
                format.precision = 4;
            }
        }
    }
    moment.exists().then_some(())
}

fn number(rest: &mut Digits<'_>) -> Option<(u32, usize)> {
    let mut number = rest.digit()?;
    let mut digits = 1;
    while let Some(digit) = rest.digit() {
        number = number.checked_mul(10)?.checked_add(digit)?;
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
}
