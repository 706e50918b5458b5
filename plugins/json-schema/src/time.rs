//! Times of columns, as the text that JSON has for them.

/// Nanoseconds of one unit of a dtype such as `datetime64[ns]`; none when the
/// dtype is no time.
pub(crate) fn unit(dtype: &str) -> Option<i128> {
    let unit = dtype.strip_prefix("datetime64[")?.split([',', ']']).next()?;
    match unit {
        "s" => Some(1_000_000_000),
        "ms" => Some(1_000_000),
        "us" => Some(1_000),
        "ns" => Some(1),
        _ => None,
    }
}

/// `2026-01-31T12:00:00Z`, with the fraction that there is.
pub(crate) fn text(count: i64, unit: i128) -> String {
    let nanos = i128::from(count) * unit;
    let (seconds, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction != 0 {
        text.push_str(format!(".{fraction:09}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// Year, month and day of a day since 1970, by the proleptic Gregorian
/// calendar. Source: H. Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`.
fn civil(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_rfc_3339() {
        for (count, dtype, wanted) in [
            (0, "datetime64[s]", "1970-01-01T00:00:00Z"),
            (-1, "datetime64[ns]", "1969-12-31T23:59:59.999999999Z"),
            (1_709_164_800_500, "datetime64[ms]", "2024-02-29T00:00:00.5Z"),
            (951_782_399_000_001, "datetime64[us, UTC]", "2000-02-28T23:59:59.000001Z"),
        ] {
            assert_eq!(text(count, unit(dtype).unwrap()), wanted, "{dtype}");
        }
        assert_eq!(unit("int64"), None);
    }
}
