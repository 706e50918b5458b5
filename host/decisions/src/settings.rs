//! How decisions are logged.

mod read;

use std::path::PathBuf;
use std::time::Duration;

use crate::error::SettingsError;
use crate::mask::Masks;
use crate::sample::Sample;

pub use self::read::LOG_SCHEMA;

/// How decisions are logged.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the log; it is made where its parent is there.
    pub folder: PathBuf,
    /// Which program logs: `tollgate 0.1.0`.
    pub host: String,
    /// What is done with a decision where there is no room for it.
    pub when_full: WhenFull,
    /// When a decision counts as logged.
    pub acknowledge: Acknowledge,
    /// The most decisions that wait to be written.
    pub queue_records: usize,
    /// The most memory that they take, in bytes.
    pub queue_bytes: usize,
    /// For how long decisions are gathered before they are written.
    pub interval: Duration,
    /// When a new file is begun.
    pub rotation: Rotation,
    /// Which decisions are logged.
    pub sample: Sample,
    /// What of them is masked.
    pub masks: Masks,
    /// Whether the plugins that decide are kept in `plugins/` of the folder.
    pub keep_plugins: bool,
}

/// What is done with a decision where there is no room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Whoever decided waits so long for room, and is refused then: nothing is
    /// decided that is not logged.
    Block(Duration),
    /// It is not logged, and counted; a record says how many were not.
    Drop,
}

/// When a decision counts as logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledge {
    /// When it is in memory. A process that is killed loses what it gathered in
    /// one interval.
    Queued,
    /// When it is on the disk: whoever decided waits for that, so long at most,
    /// and nothing is lost that was answered.
    Written(Duration),
}

/// When a new file is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// When the one that is written has so many bytes.
    pub bytes: u64,
    /// When it was begun so long ago.
    pub every: Option<Duration>,
}

impl Settings {
    /// What a server has unless it is told otherwise.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, host: &str) -> Self {
        Self {
            folder: folder.into(),
            host: host.to_owned(),
            when_full: WhenFull::Block(Duration::from_millis(250)),
            acknowledge: Acknowledge::Queued,
            // Some seconds of decisions at the highest rate that a server has.
            queue_records: 1 << 17,
            queue_bytes: 64 << 20,
            // Some hundred decisions at a time, and a disk that is asked to hurry
            // no more than fifty times a second.
            interval: Duration::from_millis(20),
            rotation: Rotation { bytes: 256 << 20, every: Some(Duration::from_secs(86_400)) },
            sample: Sample::ALL,
            masks: Masks::default(),
            keep_plugins: true,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let zero = |setting| Err(SettingsError::Zero { setting });
        match self {
            Self { queue_records: 0, .. } => zero("queue records"),
            Self { queue_bytes: 0, .. } => zero("queue bytes"),
            Self { rotation: Rotation { bytes: 0, .. }, .. } => zero("rotation bytes"),
            Self { rotation: Rotation { every: Some(Duration::ZERO), .. }, .. } => {
                zero("rotation every")
            }
            _ => Ok(()),
        }
    }
}
