//! `numpy.datetime64(text)`: ISO 8601, and nothing else.

use super::Moment;
use crate::json::Text;

/// What `numpy.datetime64(text)` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// Not a time.
    Nat,
    /// A year, month or day: the day, since 1970.
    Day(i128),
    /// Hours to microseconds: nanoseconds since 1970.
    Time(i128),
    /// Finer than Python's own times can hold: nanoseconds since 1970, cut.
    Fine(i128),
}

/// Text as nanoseconds since 1970, wrapped to 64 bits as NumPy does; the inner
/// none is NaT, the outer one a text that NumPy refuses.
#[must_use]
pub fn datetime64(text: &Text<'_>) -> Option<Option<i64>> {
    Some(match instant(text)? {
        Instant::Nat => None,
        Instant::Day(days) => Some((days * 86_400_000_000_000) as i64),
        Instant::Time(nanos) | Instant::Fine(nanos) => Some(nanos as i64),
    })
}

/// Reads text as NumPy does; none when it refuses. `now` and `today` are
/// refused too: the answer would depend on the clock.
#[must_use]
pub fn instant(text: &Text<'_>) -> Option<Instant> {
    let text = text.as_str()?;
    if text.is_empty() || text.eq_ignore_ascii_case("nat") {
        return Some(Instant::Nat);
    }
    let mut rest = Digits(text.trim_ascii_start().as_bytes());
    let mut moment = Moment { month: 1, day: 1, ..Moment::default() };
    moment.year = rest.year()?;
    if moment.year == i64::MIN {
        // NumPy's own mark for no time.
        return Some(Instant::Nat);
    }
    if !rest.take(b'-') {
        return day(rest, moment);
    }
    moment.month = rest.two()?;
    if !rest.take(b'-') {
        return day(rest, moment);
    }
    moment.day = rest.two()?;
    if !rest.take(b'T') && !rest.take(b' ') {
        return day(rest, moment);
    }
    if rest.0.is_empty() {
        return None;
    }
    time(rest, moment)
}

/// The end of a date.
fn day(rest: Digits<'_>, moment: Moment) -> Option<Instant> {
    (rest.0.is_empty() && moment.exists()).then(|| Instant::Day(moment.days()))
}

fn time(mut rest: Digits<'_>, mut moment: Moment) -> Option<Instant> {
    let mut digits = 0;
    moment.hour = rest.two()?;
    if rest.take(b':') {
        moment.minute = rest.two()?;
        if rest.take(b':') {
            moment.second = rest.two()?;
            if rest.take(b'.') {
                (moment.nano, digits) = rest.fraction();
            }
        }
    }
    if !moment.exists() {
        return None;
    }
    let nanos = moment.nanos() - rest.zone()? * 60_000_000_000;
    if !rest.0.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    Some(if digits > 6 { Instant::Fine(nanos) } else { Instant::Time(nanos) })
}

/// What is left of a text.
pub(super) struct Digits<'a>(pub(super) &'a [u8]);

impl Digits<'_> {
    pub(super) fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    pub(super) fn digit(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        let digit = char::from(*first).to_digit(10)?;
        self.0 = rest;
        Some(digit)
    }

    /// Exactly two digits.
    pub(super) fn two(&mut self) -> Option<u32> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    /// All digits there are, with a sign.
    fn year(&mut self) -> Option<i64> {
        let sign = if self.take(b'-') {
            -1
        } else {
            self.take(b'+');
            1
        };
        let mut year = i64::from(self.digit()?);
        while let Some(digit) = self.digit() {
            year = year.wrapping_mul(10).wrapping_add(i64::from(digit));
        }
        Some(year.wrapping_mul(sign))
    }

    /// Digits of a fraction, cut at nine, and how many there were.
    pub(super) fn fraction(&mut self) -> (u32, usize) {
        let mut nano = 0;
        let mut count = 0;
        while let Some(digit) = self.digit() {
            if count < 9 {
                nano = nano * 10 + digit;
            }
            count += 1;
        }
        for _ in count..9 {
            nano *= 10;
        }
        (nano, count)
    }

    /// Minutes east of Greenwich: nothing, `Z`, `+hh`, `+hhmm` or `+hh:mm`.
    pub(super) fn zone(&mut self) -> Option<i128> {
        if self.take(b'Z') {
            return Some(0);
        }
        let sign = if self.take(b'+') {
            1
        } else if self.take(b'-') {
            -1
        } else {
            return Some(0);
        };
        let hours = self.two()?;
        let colon = self.take(b':');
        let minutes =
            if colon || self.0.first().is_some_and(u8::is_ascii_digit) { self.two()? } else { 0 };
        (hours < 24 && minutes < 60).then(|| sign * i128::from(hours * 60 + minutes))
    }
}
