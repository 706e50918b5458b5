//! The three jobs: plugins with their settings, ready to judge.

mod configured;
mod gate;
mod kept;
mod policy;
mod signature;

pub use gate::Gate;
pub use policy::{Policy, WarmPolicy};
pub use signature::{Signature, WarmSignature};
