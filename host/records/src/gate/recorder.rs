//! Where records of gate runs go, with the plugins that judged.

use std::path::PathBuf;

use miette::Diagnostic;
use serde_json::Value;
use thiserror::Error;
use tollgate::canonical;
use tollgate::facts::Instant;
use tollgate::judge::Gate;

use super::{KIND, Unkept};
use crate::log::{self, AppendError, Appended, ReadError, Records};
use crate::record::{Draft, Flaw};
use crate::store::{Store, StoreError};

/// Why a run is not recorded.
#[derive(Debug, Error, Diagnostic)]
pub enum RecordError {
    /// What was judged would be lost.
    #[error(transparent)]
    Unkept(#[from] Unkept),
    /// The log does not take it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Append(#[from] AppendError),
    /// A plugin that judged cannot be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] ReadError),
}

/// A log for the runs of gates.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// The log.
    pub log: PathBuf,
    /// Which program says so: `tollgate 0.1.0`.
    pub host: &'static str,
    /// Whether the plugins that judged are kept beside the log.
    pub keeps_plugins: bool,
}

impl Recorder {
    /// Keeps the plugins that judge, where they are to be kept, before anything
    /// is recorded of them: a record never names one that is not there.
    ///
    /// # Errors
    /// When one cannot be kept, or there cannot be a log beside it.
    pub fn keep_plugins(&self, gates: &[Gate]) -> Result<(), RecordError> {
        if !self.keeps_plugins {
            return Ok(());
        }
        log::usable(&self.log)?;
        let store = Store::beside(&self.log);
        Ok(gates.iter().try_for_each(|gate| store.keep(gate.plugin().bytes()))?)
    }

    /// Adds the [`body`](super::body) of a run.
    ///
    /// # Errors
    /// When it could not be recorded; the log is as it was then.
    pub fn add(&self, time: Instant, body: Value) -> Result<Appended, RecordError> {
        let draft = Draft { time, host: self.host, kind: KIND, body };
        Ok(log::append(&self.log, &draft)?)
    }

    /// Whether the log has this of this time already: who was interrupted while
    /// it was added cannot know.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn has(&self, time: Instant, body: &Value) -> Result<bool, RecordError> {
        if !self.log.exists() {
            return Ok(false);
        }
        let body = canonical::to_text(body);
        for record in Records::open(&self.log)? {
            match record {
                Ok(it) if it.time == time && canonical::to_text(&it.body) == body => {
                    return Ok(true);
                }
                Ok(_) => {}
                // Half a record is none, and whoever adds one moves it aside.
                Err(ReadError::Broken { flaw: Flaw::Torn, .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}
