//! Figures as a person reads them.

/// A time with its unit, three digits that count.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// `12.3×`, and `0.0042×`.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{}×", digits(ratio))
}

fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::{ratio, time};

    #[test]
    fn times_have_three_digits() {
        let times = [4.25, 535.4, 1_396_000.0, 27_040.0, 2.5e9].map(time);
        assert_eq!(times, ["4.25 ns", "535 ns", "1.40 ms", "27.0 µs", "2.50 s"]);
    }

    #[test]
    fn small_ratios_stay_readable() {
        assert_eq!([ratio(0.0042), ratio(0.25), ratio(5.364)], ["0.0042×", "0.25×", "5.36×"]);
    }
}
