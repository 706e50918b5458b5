//! Lengths of time as Prometheus writes them: `30s`, `1h30m`, `14d`.

use std::time::Duration;

/// Prometheus's units in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// The longest: no server keeps more, and no calendar ends before it.
const LONGEST: u64 = 3660 * 86_400_000;

/// Reads a length of time; none for what is none, for no time at all, and for
/// more than ten years.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0u64;
    while !rest.is_empty() {
        let (count, tail) =
            rest.split_at_checked(rest.find(|letter: char| !letter.is_ascii_digit())?)?;
        let end = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (name, tail) = tail.split_at_checked(end)?;
        let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
        total = total.checked_add(count.parse::<u64>().ok()?.checked_mul(*unit)?)?;
        rest = tail;
    }
    (1..=LONGEST).contains(&total).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lengths_of_time_are_read() {
        let seconds = |text| parse(text).map(|it| it.as_secs_f64());
        assert_eq!(seconds("30s"), Some(30.0));
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds("2w"), Some(1_209_600.0));
        for wrong in
            ["", "0s", "5", "h", "5 m", "1.5h", "5y", "-5m", "99999999999999999999s", "999w"]
        {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
