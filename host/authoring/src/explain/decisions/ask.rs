//! Asking a policy, and drawing what to ask.

use std::collections::BTreeSet;

use tollgate::judge::JudgeError;
use tollgate_engine::types::{Kind, Value};
use tollgate_engine::{CallError, Policy, WarmPolicy};

use super::Axis;
use crate::explain::part::Extent;

/// What a policy says of a case, or of all that fit a combination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// None where there is no decision.
    pub(super) action: Option<u32>,
    pub(super) reasons: Vec<u32>,
    /// What else it says of other cases of the combination.
    pub(super) others: BTreeSet<Option<u32>>,
    /// Why there is none.
    pub(super) refusal: Option<String>,
}

impl Answer {
    /// Whether it is the same, whatever the words of a refusal are.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.action == other.action && self.reasons == other.reasons
    }

    /// Takes in what is said of another case of the same combination.
    pub(super) fn take(&mut self, other: &Self) {
        if other.action != self.action {
            self.others.insert(other.action);
        }
        self.reasons.retain(|reason| other.reasons.contains(reason));
    }
}

/// A policy that is asked many times.
pub(super) struct Asker {
    policy: WarmPolicy,
    pub(super) asked: u64,
}

impl Asker {
    pub(super) fn new(policy: &Policy) -> Self {
        Self { policy: policy.warm(), asked: 0 }
    }

    /// # Errors
    /// When the plugin fails. That it does not decide is an answer.
    pub(super) fn ask(&mut self, case: &[Value]) -> Result<Answer, JudgeError> {
        self.asked += 1;
        match self.policy.decide(case) {
            Ok(decision) => Ok(Answer {
                action: Some(decision.action),
                reasons: decision.reasons,
                ..Answer::default()
            }),
            Err(CallError::Refused(why)) => Ok(Answer { refusal: Some(why), ..Answer::default() }),
            Err(error) => Err(error.into()),
        }
    }
}

/// Draws cases, the same in every run (xorshift64, Marsaglia 2003).
pub(super) struct Draw(u64);

impl Default for Draw {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of a xorshift are its worst.
        usize::try_from((self.0 >> 33) % count.max(1) as u64).unwrap_or_default()
    }

    /// A case of parts on which there can be a decision.
    pub(super) fn case(&mut self, axes: &[Axis]) -> Vec<Value> {
        self.placed(axes, &[]).0
    }

    /// A case, and the part of each of its values; inputs that are `held` have
    /// one class, and take a part of that.
    pub(super) fn placed(&mut self, axes: &[Axis], held: &[usize]) -> (Vec<Value>, Vec<usize>) {
        let drawn = axes.iter().enumerate().map(|(at, axis)| {
            let kept = axis.classes.first().filter(|_| held.contains(&at));
            let parts = kept.unwrap_or(&axis.valid);
            // What lies at the ends of all numbers is where many rules hold.
            let place = match self.below(8) {
                0 => 0,
                1 => parts.len().saturating_sub(1),
                _ => self.below(parts.len()),
            };
            let part = parts.get(place).copied().unwrap_or_default();
            (self.value(axis, part), part)
        });
        drawn.unzip()
    }

    /// A case of a combination of classes.
    pub(super) fn within(
        &mut self,
        axes: &[Axis],
        classes: impl Iterator<Item = usize>,
    ) -> Vec<Value> {
        let drawn = axes.iter().zip(classes).map(|(axis, class)| {
            let parts = axis.classes.get(class).map(Vec::as_slice).unwrap_or_default();
            let part = parts.get(self.below(parts.len())).copied();
            part.map_or(Value::Null, |part| self.value(axis, part))
        });
        drawn.collect()
    }

    /// A value of a part: one that is asked of it, or any between its ends.
    fn value(&mut self, axis: &Axis, part: usize) -> Value {
        let Some(part) = axis.parts.get(part) else { return Value::Null };
        if let Extent::Between(least, most) = part.extent
            && self.below(2) == 0
            && let Some(between) = self.between(least, most, axis.kind)
        {
            return between;
        }
        part.values.get(self.below(part.values.len())).cloned().unwrap_or(Value::Null)
    }

    /// A number between two others; beyond the last one of any size.
    fn between(&mut self, least: Option<f64>, most: Option<f64>, kind: Kind) -> Option<Value> {
        const STEPS: usize = 1 << 20;
        #[allow(clippy::cast_precision_loss, reason = "a share of at most 20 bits")]
        let share = self.below(STEPS) as f64 / STEPS as f64;
        let far = 10_f64.powf(share * 12.0 - 3.0);
        let number = match (least, most) {
            (Some(least), Some(most)) => least + (most - least) * share,
            (Some(least), None) => least + far,
            (None, Some(most)) => most - far,
            (None, None) => share,
        };
        let number = if kind == Kind::Integer { number.round() } else { number };
        let is_inside =
            least.is_none_or(|least| number > least) && most.is_none_or(|most| number < most);
        #[allow(clippy::cast_possible_truncation, reason = "a cast goes to the nearest end")]
        let value = match kind {
            Kind::Integer => Value::Integer(number as i64),
            _ => Value::Number(number),
        };
        is_inside.then_some(value)
    }
}
