//! The three jobs: plugins with their settings, ready to judge.

mod configured;
mod gate;
mod kept;
mod policy;
mod signature;

use wasmtime::component::{Component, InstancePre};

pub(crate) use configured::refusal;
pub use gate::Gate;
pub use policy::{Policy, WarmPolicy};
pub use signature::{Signature, WarmSignature};

use crate::error::LoadError;
use crate::instance::Export;
use crate::limits::Accounts;
use crate::plugin::World;

pub(crate) const CHECKER: &str = "checker";
pub(crate) const EVALUATOR: &str = "evaluator";
pub(crate) const DECIDER: &str = "decider";

/// Checks the types of all that the world's plugins are called by.
pub(crate) fn check_exports(
    world: World,
    component: &Component,
    pre: &InstancePre<Accounts>,
    contract: &str,
) -> Result<(), LoadError> {
    match world {
        World::Signature => {
            Export::<signature::Check>::find(component, pre, contract)?;
            Export::<signature::Normalize>::find(component, pre, contract)?;
            Export::<signature::CheckColumns>::find(component, pre, contract)?;
        }
        World::Gate => {
            Export::<gate::Evaluate>::find(component, pre, contract)?;
        }
        World::Policy => {
            Export::<policy::Surface>::find(component, pre, contract)?;
            Export::<policy::Decide>::find(component, pre, contract)?;
            Export::<policy::DecideBatch>::find(component, pre, contract)?;
        }
    }
    Ok(())
}
