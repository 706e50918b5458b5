//! Promises of latency, as a tag makes them: `p99_50ms`.

use alloc::format;

use gate_evidence::decimal::Decimal;
use gate_evidence::unit::Unit;

use crate::name::Name;

/// A promise of latency.
#[derive(Debug)]
pub(crate) struct Sla {
    /// The fact that is judged: `p99_ms`.
    pub fact: Name,
    /// How much it may be.
    pub most: Decimal,
    /// In which unit.
    pub unit: Unit,
}

impl Sla {
    /// Reads a percentile, `_`, a number above 0 and its unit. `None` for
    /// anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (percentile, rest) = text.split_once('_')?;
        let digits = percentile.strip_prefix('p')?;
        if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let unit = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit) = rest.split_at_checked(unit)?;
        let (most, unit) = (Decimal::parse(number)?, Unit::new(unit));
        let fact = Name::plain(&format!("{percentile}_ms"));
        (most > Decimal::ZERO && unit.compares(&milliseconds())).then_some(Self {
            fact,
            most,
            unit,
        })
    }
}

/// The unit of a latency that states none.
pub(crate) fn milliseconds() -> Unit {
    Unit::new("ms")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn slas_are_a_percentile_and_a_latency() {
        for (text, fact, most, unit) in [
            ("p99_50ms", "p99_ms", "50", "ms"),
            ("p95_0.5s", "p95_ms", "0.5", "s"),
            ("p999_750us", "p999_ms", "750", "us"),
        ] {
            let sla = Sla::parse(text).unwrap();
            assert_eq!((sla.fact.to_string(), sla.most.to_string()), (fact.into(), most.into()));
            assert_eq!(sla.unit.name(), unit);
        }
        for text in [
            "",
            "p99",
            "p99_",
            "p99_50",
            "p99_ms",
            "p99_0ms",
            "p99_-5ms",
            "p99_50MS",
            "p99_50MB",
            "99_50ms",
            "p_50ms",
            "P99_50ms",
            "p99_50m",
            "p99_5.0.0ms",
            "p99_50 ms",
            "p99_50ms ",
            "p99-50ms",
            "p99_1e3ms",
            "fast",
        ] {
            assert!(Sla::parse(text).is_none(), "{text}");
        }
    }
}
