//! How a version is taken out of use: what serves gives way to the version that
//! served before, and what is in Staging is rejected, so that the champion keeps
//! all traffic.

use tollgate::facts::Instant;
use tollgate_promotion::moves::{self, Audit, Intent, Move};
use tollgate_promotion::plan::Plan;
use tollgate_promotion::status::status;
use tollgate_promotion::{PromotionError, Stage};
use tollgate_sources::{Mlflow, Registered, Version};

use crate::WatchError;

/// What is to be written, or why there is nothing to write.
#[derive(Debug, Clone)]
pub enum Way {
    /// The version that served before serves again.
    Back(Box<Move>),
    /// The version in Staging goes out of use.
    Out(Box<Move>),
    /// It is out of use, or nobody uses it.
    Nothing {
        /// Why.
        why: String,
        /// The version that serves, where this one was rolled back.
        serves: Option<u64>,
    },
}

/// What takes a version out of use, as the registry has it now. What an earlier
/// run has begun is what is left of it.
///
/// # Errors
/// When the registry does not answer, there is nothing to go back to, or
/// someone else's rollback is not done.
pub fn way(
    mlflow: &Mlflow,
    plan: &Plan,
    model: &str,
    version: u64,
    by: &str,
    reason: &str,
) -> Result<Way, WatchError> {
    let registered = mlflow.registered(model)?;
    let versions = mlflow.versions(model)?;
    let audit = Audit {
        by: by.to_owned(),
        at: Instant::now(),
        reason: Some(reason.to_owned()),
        overrides: false,
    };
    let back = || -> Result<Way, PromotionError> {
        let wanted = moves::rollback(plan, &registered, &versions, None, &audit)?;
        Ok(Way::Back(Box::new(wanted)))
    };
    match unfinished(&versions) {
        Some(bad) if bad == version => return Ok(back()?),
        Some(bad) => {
            return Err(WatchError::Unfinished { model: model.to_owned(), version: bad });
        }
        None => {}
    }
    let Some(own) = versions.iter().find(|it| it.version == version) else {
        return Ok(nothing(format!("{model} has no v{version} any more")));
    };
    if let Some(out) = is_out(plan, &registered, &versions, own) {
        return Ok(out);
    }
    if plan.serving(&registered) == Some(version) {
        return Ok(back()?);
    }
    let stage = moves::stage_of(plan, &registered, own);
    let is_begun = Intent::of(&own.tags).is_some_and(|it| it.action == "reject" && !it.done);
    if stage == Stage::Staging || is_begun {
        let wanted = moves::reject(plan, &registered, own, &audit)?;
        return Ok(Way::Out(Box::new(wanted)));
    }
    Ok(nothing(format!("it is in {stage} and serves nobody")))
}

fn nothing(why: String) -> Way {
    Way::Nothing { why, serves: None }
}

/// The version that a rollback leads away from which was begun and is not done.
fn unfinished(versions: &[Version]) -> Option<u64> {
    versions.iter().find_map(|version| {
        let intent = Intent::of(&version.tags)?;
        intent.previous.filter(|_| intent.action == "rollback" && !intent.done)
    })
}

/// That a version is out of use already.
fn is_out(
    plan: &Plan,
    registered: &Registered,
    versions: &[Version],
    own: &Version,
) -> Option<Way> {
    let version = own.version;
    let state = status(plan, registered, versions);
    let bad = state.versions.iter().find(|it| it.version == version)?.bad.is_some();
    if let Some(serves) = state.serving.filter(|serves| bad && *serves != version) {
        let why = format!("it was rolled back, v{serves} serves");
        return Some(Way::Nothing { why, serves: Some(serves) });
    }
    let intent = Intent::of(&own.tags)?;
    let is_rejected = intent.action == "reject" && intent.done;
    is_rejected.then(|| nothing("it was rejected".to_owned()))
}
