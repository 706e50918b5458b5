//! The decimal arithmetic against big rationals.
// A test may panic; clippy.toml says so of test functions, not of what they call.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gate_evidence::decimal::Decimal;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Pow;
use proptest::prelude::*;

/// What a decimal text means, without limits.
fn rational(text: &str) -> BigRational {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: BigInt = format!("{whole}{fraction}").parse().unwrap();
    let exponent = exponent - i64::try_from(fraction.len()).unwrap();
    let power = BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).unwrap());
    if exponent < 0 {
        BigRational::new(mantissa, power)
    } else {
        BigRational::from(mantissa * power)
    }
}

/// Doubles as people write them, and any at all.
fn doubles() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-100_000i64..100_000, 0i32..6)
            .prop_map(|(digits, places)| format!("{digits}e-{places}").parse().unwrap()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(tollgate_test_support::seed()), ..ProptestConfig::default() })]

    /// The decimal of a double is the shortest text that reads back as it.
    #[test]
    fn is_the_shortest_text(number in doubles()) {
        let decimal = Decimal::from_f64(number).unwrap();
        let shown = decimal.to_string();
        prop_assert_eq!(shown.parse::<f64>().unwrap(), number);
        prop_assert_eq!(rational(&shown), rational(&format!("{number:e}")));
        prop_assert_eq!(Decimal::parse(&shown), Some(decimal));
    }

    /// A double that became a decimal is drawn where it was.
    #[test]
    fn is_drawn_as_the_double_that_it_was(number in doubles()) {
        prop_assert_eq!(Decimal::from_f64(number).unwrap().to_f64(), number);
    }

    /// What was computed is drawn next to where it is.
    #[test]
    fn is_drawn_next_to_where_it_is(left in doubles(), right in doubles()) {
        let (left, right) = (Decimal::from_f64(left).unwrap(), Decimal::from_f64(right).unwrap());
        if let Some(sum) = left.plus(right) {
            let exact: f64 = sum.to_string().parse().unwrap();
            let drawn = sum.to_f64();
            prop_assert!((drawn - exact).abs() <= exact.abs() * 1e-14, "{drawn} {exact}");
        }
    }

    /// Comparisons are those of the exact numbers, and never give up.
    #[test]
    fn compares(left in doubles(), right in doubles()) {
        let exact = rational(&format!("{left:e}")).cmp(&rational(&format!("{right:e}")));
        let (left, right) = (Decimal::from_f64(left).unwrap(), Decimal::from_f64(right).unwrap());
        prop_assert_eq!(left.cmp(&right), exact);
        prop_assert_eq!(left == right, exact.is_eq());
    }

    /// Sums, differences and products are exact, or there is none.
    #[test]
    fn computes(left in doubles(), right in doubles()) {
        let exact = (rational(&format!("{left:e}")), rational(&format!("{right:e}")));
        let (left, right) = (Decimal::from_f64(left).unwrap(), Decimal::from_f64(right).unwrap());
        for (found, exact) in [
            (left.plus(right), &exact.0 + &exact.1),
            (left.minus(right), &exact.0 - &exact.1),
            (left.times(right), &exact.0 * &exact.1),
        ] {
            if let Some(found) = found {
                prop_assert_eq!(rational(&found.to_string()), exact);
            }
        }
    }

    /// What people write is always computed.
    #[test]
    fn gives_up_on_nothing_usual(left in -100_000i128..100_000, right in -100_000i128..100_000, places in 0i32..9) {
        let (left, right) = (Decimal::new(left, -places), Decimal::new(right, -3));
        prop_assert!(left.plus(right).is_some() && left.minus(right).is_some());
        prop_assert!(left.times(right).is_some());
    }

    /// A quotient times the divisor is the dividend.
    #[test]
    fn divides(left in -100_000i128..100_000, right in 1i128..1000) {
        let divisor = right;
        let (left, right) = (Decimal::new(left, -3), Decimal::new(right, 0));
        let ends = (1u32..30).any(|power| BigInt::from(10).pow(power) % divisor == BigInt::from(0));
        match left.over(right) {
            Some(quotient) => prop_assert_eq!(quotient.times(right), Some(left)),
            None => prop_assert!(!ends),
        }
    }
}

#[test]
fn extremes() {
    let most = Decimal::new(i128::MAX, 0);
    assert_eq!(most.plus(Decimal::new(1, 0)), None);
    assert_eq!(most.times(Decimal::new(2, 0)), None);
    assert_eq!(most.over(Decimal::ZERO), None);
    assert_eq!(Decimal::new(1, 0).over(Decimal::new(3, 0)), None);
    // Lined up, the digits of the left one no longer fit.
    assert!(Decimal::new(9, 38) > Decimal::new(i128::MAX, 0));
    assert!(Decimal::new(-9, 38) < Decimal::new(-i128::MAX, 0));
    assert!(Decimal::new(1, 38) < Decimal::new(i128::MAX, 0));
    assert_eq!(Decimal::new(0, 300), Decimal::new(0, -300));
    assert_eq!(Decimal::from_f64(f64::NAN), None);
    assert_eq!(Decimal::from_f64(f64::NEG_INFINITY), None);
    for text in ["", "-", ".5", "1e", "1e+", "0x1", "1_000", "١", "1e99999999999"] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}
