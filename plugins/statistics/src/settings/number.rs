//! Numbers of settings.

use alloc::format;
use core::ops::RangeInclusive;

use gate_evidence::decimal::Decimal;
use serde_json::Value;
use tollgate_sdk::settings::{Mistakes, Object};

/// This value as the decimal that was written.
pub(super) fn decimal(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
    let read = value.as_number().and_then(|number| {
        if let Some(whole) = number.as_i64() {
            return Some(Decimal::new(i128::from(whole), 0));
        }
        if let Some(whole) = number.as_u64() {
            return Some(Decimal::new(i128::from(whole), 0));
        }
        number.as_f64().and_then(Decimal::from_f64)
    });
    if read.is_none() {
        mistakes.wanted(pointer, "a number", value);
    }
    read
}

/// The number of a key that lies above the first number and not above the
/// second.
pub(super) fn above(
    object: &Object<&Value>,
    key: &str,
    (least, most): (f64, f64),
    mistakes: &mut Mistakes,
) -> Option<f64> {
    let value = object.get(key)?;
    let read = value.as_f64().filter(|number| least < *number && *number <= most);
    if read.is_none() {
        let most = if most == f64::INFINITY { "" } else { &format!(" and at most {most}") };
        mistakes.add(&object.at(key), format!("expected a number above {least}{most}"));
    }
    read
}

/// The whole number of a key, in a range that fits 32 bits.
pub(super) fn count(
    object: &Object<&Value>,
    key: &str,
    range: RangeInclusive<u32>,
    mistakes: &mut Mistakes,
) -> Option<u32> {
    let range = u64::from(*range.start())..=u64::from(*range.end());
    object.count(key, range, mistakes).and_then(|count| u32::try_from(count).ok())
}
