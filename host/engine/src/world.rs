//! What a plugin judges.

use std::fmt;

/// What a plugin judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// Payloads, against a model's signature.
    Signature,
    /// A model version, by evidence.
    Gate,
    /// A score and its context.
    Policy,
}

impl World {
    pub(crate) const ALL: [Self; 3] = [Self::Signature, Self::Gate, Self::Policy];

    /// The interface that only this world exports.
    pub(crate) fn interface(self) -> &'static str {
        match self {
            Self::Signature => "checker",
            Self::Gate => "evaluator",
            Self::Policy => "decider",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Signature => "signature",
            Self::Gate => "gate",
            Self::Policy => "policy",
        })
    }
}
