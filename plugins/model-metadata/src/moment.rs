//! Dates and times, as fields say them.

use alloc::format;

use gate_evidence::instant::Instant;

/// Reads `2026-11-21T15:54:00Z` or `2026-11-21`. A date is its first moment,
/// and a time without a zone, as Python's `isoformat` writes it, is in UTC.
pub(crate) fn parse(text: &str) -> Option<Instant> {
    Instant::parse(text)
        .or_else(|| Instant::parse(&format!("{text}Z")))
        .or_else(|| Instant::parse(&format!("{text}T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_and_times() {
        let midnight = parse("2026-11-21T00:00:00Z").unwrap();
        for text in [
            "2026-11-21",
            "2026-11-21T00:00:00",
            "2026-11-21 00:00:00.000000",
            "2026-11-21T01:00:00+01:00",
        ] {
            assert_eq!(parse(text), Some(midnight), "{text}");
        }
        for text in [
            "",
            "Z",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-11-21T10:00",
            "21.11.2026",
            "11/21/2026",
            "2026-11-21Z",
            " 2026-11-21",
            "2026-W47",
            "soon",
            "1795276455",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
