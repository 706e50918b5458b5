//! The values that a limit lets pass.

use crate::decimal::Decimal;
use crate::rule::{Against, Baseline, Change, Check, Comparison, Limit};
use crate::unit::Quantity;

/// An end of a span, and whether it is part of it.
type End = Option<(Decimal, bool)>;

/// Numbers in a row, in the base of their unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    least: End,
    most: End,
}

impl Span {
    /// From one number to another, both included; none is no end.
    pub(super) fn between(least: Option<Decimal>, most: Option<Decimal>) -> Self {
        Self { least: least.map(|it| (it, true)), most: most.map(|it| (it, true)) }
    }

    /// What passes a check, where that is the same for every version.
    pub(super) fn of(check: &Check) -> Option<Self> {
        let base = |number: Decimal| Quantity::new(number, check.unit.as_ref()).base();
        let side = |comparison, at: Decimal| {
            let (least, most) = match comparison {
                Comparison::AtLeast => (Some((at, true)), None),
                Comparison::Above => (Some((at, false)), None),
                Comparison::AtMost => (None, Some((at, true))),
                Comparison::Below => (None, Some((at, false))),
                Comparison::Equal => (Some((at, true)), Some((at, true))),
                Comparison::Unequal => return None,
            };
            Some(Self { least, most })
        };
        match &check.limit {
            Limit::Threshold(comparison, at) => side(*comparison, base(*at)?),
            Limit::Between(least, most) => {
                Some(Self::between(Some(base(*least)?), Some(base(*most)?)))
            }
            Limit::Baseline(Baseline {
                against: Against::Value(value),
                comparison,
                is_above,
                change,
                other: None,
            }) => {
                let change = match change {
                    Change::Absolute(change) => *change,
                    Change::Relative(share) => value.times(*share)?,
                    Change::RelativeAsMlflow(_) => return None,
                };
                let at = if *is_above { value.plus(change)? } else { value.minus(change)? };
                side(*comparison, base(at)?)
            }
            Limit::Baseline(_) | Limit::Is(..) => None,
        }
    }

    /// Whether all of the other's numbers are in here.
    pub(super) fn holds_all_of(&self, other: &Self) -> bool {
        let from = match (self.least, other.least) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((own, is_in)), Some((at, at_is_in))) => {
                own < at || own == at && (is_in || !at_is_in)
            }
        };
        let to = match (self.most, other.most) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((own, is_in)), Some((at, at_is_in))) => {
                own > at || own == at && (is_in || !at_is_in)
            }
        };
        from && to
    }

    /// Whether no number is in both.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        let is_below = |most: End, least: End| match (most, least) {
            (Some((most, most_is_in)), Some((least, least_is_in))) => {
                most < least || most == least && !(most_is_in && least_is_in)
            }
            _ => false,
        };
        is_below(self.most, other.least) || is_below(other.most, self.least)
    }

    /// From end to end.
    pub(super) fn width(&self) -> Option<Decimal> {
        self.most?.0.minus(self.least?.0)
    }

    pub(super) fn begins_at_or_above_zero(&self) -> bool {
        self.least.is_some_and(|(least, _)| least >= Decimal::ZERO)
    }
}
