//! Asking a policy, and drawing what to ask.

use tollgate::judge::JudgeError;
use tollgate_engine::types::Value;
use tollgate_engine::{CallError, Policy, WarmPolicy};

use super::Axis;

/// What a policy says of a case.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// None where there is no decision.
    pub(super) action: Option<u32>,
    pub(super) reasons: Vec<u32>,
    /// Why there is none.
    pub(super) refusal: Option<String>,
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
                refusal: None,
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
            let values = axis.parts.get(part).map(|part| part.values.as_slice());
            let values = values.unwrap_or_default();
            let value = values.get(self.below(values.len())).cloned();
            (value.unwrap_or(Value::Null), part)
        });
        drawn.unzip()
    }
}
