//! How far a rollout is, as a file that outlives the process.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::RolloutError;

/// The form of a state, in its member `form`.
const FORM: u64 = 1;

/// How far a rollout is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    form: u64,
    /// The digest of the plan.
    pub plan: String,
    /// Name and version of what answered before.
    pub champion: String,
    /// Name and version of what may come to answer.
    pub candidate: String,
    /// The index of the stage.
    pub stage: usize,
    /// For how long the guardrails have held in it, in milliseconds.
    pub held_ms: u64,
    /// How many requests of the candidate were seen in it.
    pub seen: u64,
    /// Where it stands.
    pub phase: Phase,
}

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", deny_unknown_fields)]
pub enum Phase {
    /// In a stage.
    Running,
    /// All stages have held.
    Done,
    /// The champion answers everybody again, and for good.
    Returned {
        /// The sentences of the rules that broke.
        because: Vec<String>,
    },
}

impl State {
    /// The beginning.
    #[must_use]
    pub fn new(plan: &str, champion: &str, candidate: &str) -> Self {
        Self {
            form: FORM,
            plan: plan.to_owned(),
            champion: champion.to_owned(),
            candidate: candidate.to_owned(),
            stage: 0,
            held_ms: 0,
            seen: 0,
            phase: Phase::Running,
        }
    }

    /// For how long the guardrails have held.
    #[must_use]
    pub fn held(&self) -> Duration {
        Duration::from_millis(self.held_ms)
    }
}

/// The file of a state.
#[derive(Debug, Clone)]
pub(crate) struct StateFile(PathBuf);

impl StateFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn refused(&self, done: &'static str, error: &dyn ToString) -> RolloutError {
        RolloutError::State { file: self.0.display().to_string(), done, problem: error.to_string() }
    }

    /// The state of this plan and these versions; the beginning where there is
    /// none, or one of another plan or other versions.
    pub(crate) fn load(&self, wanted: State, stages: usize) -> Result<State, RolloutError> {
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(wanted),
            Err(error) => return Err(self.refused("read", &error)),
        };
        let state: State =
            serde_json::from_slice(&bytes).map_err(|error| self.refused("read", &error))?;
        if state.form != FORM {
            return Err(self.refused("read", &format!("it is of form {}", state.form)));
        }
        let is_same = (&state.plan, &state.champion, &state.candidate)
            == (&wanted.plan, &wanted.champion, &wanted.candidate);
        if !is_same {
            return Ok(wanted);
        }
        if state.stage >= stages {
            let problem = format!("it is in stage {} of {stages}", state.stage + 1);
            return Err(self.refused("read", &problem));
        }
        Ok(state)
    }

    /// Replaces the state, whole or not at all.
    pub(crate) fn save(&self, state: &State) -> Result<(), RolloutError> {
        let save = || -> io::Result<()> {
            let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            let text = serde_json::to_vec(state).map_err(io::Error::other)?;
            file.write_all(&text)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.0).map_err(|error| error.error)?;
            Ok(())
        };
        save().map_err(|error| self.refused("written", &error))
    }
}
