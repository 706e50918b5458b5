//! Who is at work on a model: of several at once one goes on.

use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tollgate_sources::{Mlflow, MlflowError, Registered};

use super::list::Write;
use crate::PromotionError;

/// Under this prefix each run has a tag of the model for itself.
const CLAIM: &str = "tollgate.claim.";

/// How often, and how long each time, a run waits for others to withdraw.
const PATIENCE: usize = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Someone who is at work on a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The version; 0 for all of them.
    pub version: u64,
    /// Its target.
    pub to: String,
    /// Who.
    pub by: String,
    /// When it began.
    pub at: String,
}

/// Whose claims are of runs that have died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dead {
    /// Nobody's: what is made twice would be there twice.
    Nobodys,
    /// Earlier ones of the same work by the same person, which may be done
    /// twice.
    OfTheSame,
    /// All others, since somebody says so.
    All,
}

/// A claim that came before all others.
#[derive(Debug)]
pub(super) struct Held<'a> {
    mlflow: &'a Mlflow,
    model: String,
    /// The keys of this claim, and of the dead ones.
    keys: Vec<String>,
}

impl Claim {
    /// Whether it is of a run of the same move by the same person that began
    /// before: that one has died, or does the very same.
    fn is_of_an_earlier_run(&self, own: &Self) -> bool {
        (self.version, &self.to, &self.by) == (own.version, &own.to, &own.by) && self.at != own.at
    }

    /// The claims that the tags of a model hold, with their keys.
    #[must_use]
    pub fn all(registered: &Registered) -> Vec<(String, Self)> {
        let claims = registered.tags.iter().filter_map(|(key, value)| {
            is_claim(key).then_some(())?;
            Some((key.clone(), serde_json::from_str(value).ok()?))
        });
        claims.collect()
    }

    /// Claims a model, and waits until nobody else is at work, where this claim
    /// comes before the others: of several at once, the first goes on and the
    /// rest withdraw. `holds` says whether what was judged is still so.
    ///
    /// # Errors
    /// When someone else is at work, or what was judged is no longer so; the
    /// claim is taken back then.
    pub(super) fn hold<'a>(
        &self,
        mlflow: &'a Mlflow,
        model: &str,
        dead: Dead,
        holds: impl Fn(&Registered) -> Result<(), PromotionError>,
    ) -> Result<Held<'a>, PromotionError> {
        let key = format!("{CLAIM}{}-{}-{}", self.version, self.to, std::process::id());
        let text = serde_json::to_string(self).unwrap_or_default();
        mlflow.set_model_tag(model, &key, &text)?;
        match self.wait_for_others(mlflow, model, &key, dead, holds) {
            Ok(mut keys) => {
                keys.push(key);
                Ok(Held { mlflow, model: model.to_owned(), keys })
            }
            Err(error) => {
                // Whoever waits for this claim must not wait for ever.
                mlflow.delete_model_tag(model, &key)?;
                Err(error)
            }
        }
    }

    /// Gives the claims of dead runs.
    fn wait_for_others(
        &self,
        mlflow: &Mlflow,
        model: &str,
        key: &str,
        dead: Dead,
        holds: impl Fn(&Registered) -> Result<(), PromotionError>,
    ) -> Result<Vec<String>, PromotionError> {
        let is_dead = |claim: &Self| match dead {
            Dead::Nobodys => false,
            Dead::OfTheSame => claim.is_of_an_earlier_run(self),
            Dead::All => true,
        };
        for _ in 0..PATIENCE {
            let registered = mlflow.registered(model)?;
            let (dead, live): (Vec<_>, Vec<_>) = Self::all(&registered)
                .into_iter()
                .filter(|(other, _)| other != key)
                .partition(|(_, claim)| is_dead(claim));
            let Some((first, other)) =
                live.into_iter().min_by_key(|(key, claim)| (claim.at.clone(), key.clone()))
            else {
                holds(&registered)?;
                return Ok(dead.into_iter().map(|(key, _)| key).collect());
            };
            let is_first = (&self.at, key) < (&other.at, &*first);
            if !is_first {
                return Err(other.taken(model));
            }
            thread::sleep(PAUSE);
        }
        let registered = mlflow.registered(model)?;
        let others = Self::all(&registered).into_iter().find(|(other, _)| other != key);
        Err(others.map_or_else(|| self.clone(), |(_, claim)| claim).taken(model))
    }

    fn taken(self, model: &str) -> PromotionError {
        let what = match self.version {
            0 => "all its versions".to_owned(),
            version => format!("version {version}"),
        };
        PromotionError::Taken {
            model: model.into(),
            what: what.into(),
            to: self.to.into(),
            by: self.by,
            at: self.at,
        }
    }
}

impl Held<'_> {
    /// Makes the writes, each to a model, and takes the claims away before the
    /// last of them, which says that all is done.
    ///
    /// # Errors
    /// When one fails: the same command finishes what was begun.
    pub(super) fn write<'a>(
        &self,
        writes: impl ExactSizeIterator<Item = (&'a str, &'a Write)>,
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), PromotionError> {
        let all = writes.len();
        let failed = |done: usize| move |error| PromotionError::HalfWritten { done, all, error };
        for (done, (model, write)) in writes.enumerate() {
            if done + 1 == all {
                self.free().map_err(failed(done))?;
            }
            tell(done);
            write.make(self.mlflow, model).map_err(failed(done))?;
        }
        Ok(())
    }

    /// Takes the claims away.
    ///
    /// # Errors
    /// When one was not, as far as one can know.
    pub(super) fn free(&self) -> Result<(), MlflowError> {
        self.keys.iter().try_for_each(|key| self.mlflow.delete_model_tag(&self.model, key))
    }
}

/// Whether a tag of a model is somebody's claim.
pub(super) fn is_claim(key: &str) -> bool {
    key.starts_with(CLAIM)
}

/// That the version `then` serves, by its alias, or that none is said to.
pub(super) fn still_serves(
    registered: &Registered,
    alias: Option<&str>,
    then: Option<u64>,
) -> Result<(), PromotionError> {
    let now = match alias {
        Some(alias) => registered.aliases.get(alias).copied(),
        None => then,
    };
    // Without an alias yet, what served was a stage.
    if now.is_none() || now == then {
        return Ok(());
    }
    let name = |version: Option<u64>| {
        version.map_or_else(|| "none".to_owned(), |version| format!("version {version}"))
    };
    Err(PromotionError::Changed {
        what: format!("the version of {} that serves", registered.name),
        then: name(then),
        now: name(now),
    })
}
