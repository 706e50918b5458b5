//! What asking for a promotion comes to before its gates judge.

use tollgate::plugins::Plugins;
use tollgate_sources::{Mlflow, ModelReference, Registered, Version};

use crate::collect::{Collected, Question, collect};
use crate::moves::{Audit, Intent, Move, already, resume};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// What asking for a promotion comes to.
pub enum Asked {
    /// An earlier run was let pass and did not come to its end: this is left to
    /// be written.
    Rest(Box<Move>),
    /// An earlier run brought the version there.
    Already(Version, Box<Intent>),
    /// The gates are to judge.
    Open(Box<Collected>),
}

/// Asks the registry for what a promotion is judged by, unless an earlier one
/// has settled it.
///
/// # Errors
/// When the version is not there, the registry does not answer, or what it says
/// is wrong.
pub fn ask(
    mlflow: &Mlflow,
    plan: &Plan,
    plugins: &Plugins,
    to: Stage,
    audit: &Audit,
    question: &Question<'_>,
) -> Result<Asked, PromotionError> {
    let (registered, version) = version(mlflow, question.candidate)?;
    if let Some(rest) = resume(plan, &registered, &version, to, audit)? {
        return Ok(Asked::Rest(Box::new(rest)));
    }
    if let Some(done) = already(plan, &registered, &version, to) {
        return Ok(Asked::Already(version, Box::new(done)));
    }
    Ok(Asked::Open(Box::new(collect(mlflow, plan, plugins, question)?)))
}

/// The version that a reference names, and its model.
///
/// # Errors
/// When it is not there, or the registry does not answer.
pub fn version(
    mlflow: &Mlflow,
    reference: &ModelReference,
) -> Result<(Registered, Version), PromotionError> {
    let registered = mlflow.registered(&reference.name)?;
    let number = mlflow.resolve(reference, &registered)?;
    let version = mlflow.version(&reference.name, number)?;
    Ok((registered, version))
}
