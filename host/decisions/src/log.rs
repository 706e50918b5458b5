//! The log that a program holds.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tollgate::judge::{Answer, Decider};
use tollgate_records::record::Head;

use crate::entry::{Context, Entry};
use crate::error::{OpenError, Refused};
use crate::folder::Folder;
use crate::mask::Masks;
use crate::queue::{Health, Queue};
use crate::sample::Sample;
use crate::settings::{Acknowledge, Settings};
use crate::writer::Writer;

/// Takes decisions from many threads, and writes them from one of its own.
///
/// ```no_run
/// # use tollgate::{judge::Decider, plugins::Plugins};
/// # use tollgate_decisions::{Context, DecisionLog, Settings};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// # let decider = Decider::open(&plugins, "policies/fraud.yaml".as_ref())?;
/// let log = DecisionLog::open(Settings::new("decisions", "gateway 1.0"))?;
/// let answer = decider.decide(br#"{"score": 0.73, "amount": 120, "country": "US"}"#);
/// match log.write(&answer, &Context::default()) {
///     Ok(_) => println!("{:?}", answer.action()),
///     // Nothing is done that is not logged.
///     Err(refused) => println!("refused: {refused}"),
/// }
/// let closed = log.close();
/// assert_eq!(closed.lost, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Dropping it closes it.
pub struct DecisionLog {
    queue: Arc<Queue>,
    sample: Sample,
    masks: Masks,
    aside: Vec<PathBuf>,
    writer: Mutex<Option<JoinHandle<(Folder, u64)>>>,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is logged.
    Logged,
    /// It is not one of the share that is logged.
    SampledAway,
    /// There was no room, and it is counted.
    Dropped,
}

/// How a log ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The last record.
    pub head: Option<Head>,
    /// Decisions that were taken and could not be written, or of which no record
    /// says that they were dropped.
    pub lost: u64,
}

impl DecisionLog {
    /// Opens the log in a folder, behind what is there. No other process may
    /// write there meanwhile.
    ///
    /// # Errors
    /// When the settings cannot be used, or the folder.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        settings.check()?;
        let (folder, aside) = Folder::open(&settings)?;
        let queue = Arc::new(Queue::new(&settings));
        let Settings { sample, masks, .. } = settings;
        let interval = match settings.acknowledge {
            Acknowledge::Queued => settings.interval,
            // What is waited for is written at once, together with what comes
            // meanwhile.
            Acknowledge::Written(_) => Duration::ZERO,
        };
        let writer = Writer {
            queue: Arc::clone(&queue),
            folder,
            interval,
            sample,
            masks: masks.clone(),
            keep_plugins: settings.keep_plugins,
            policies: HashMap::new(),
        };
        let shown = settings.folder.display().to_string();
        let thread = thread::Builder::new().name("decision-log".to_owned());
        let thread = thread
            .spawn(move || writer.run())
            .map_err(|error| OpenError::Folder { folder: shown, error })?;
        let writer = Mutex::new(Some(thread));
        Ok(Self { queue, sample, masks, aside, writer })
    }

    /// Takes a decision. What is not logged is neither copied nor kept. Where
    /// there is no room, or [`Acknowledge::Written`] is asked for, it waits: a
    /// program that must not, calls it where waiting is allowed.
    ///
    /// # Errors
    /// When it must be logged and is not; see
    /// [`WhenFull::Block`](crate::WhenFull::Block). Whoever asked must not go on
    /// by the decision then.
    pub fn write(&self, answer: &Answer<'_>, context: &Context<'_>) -> Result<Taken, Refused> {
        let id = answer.id().as_u64();
        if !self.sample.takes(id) {
            self.queue.sampled_away();
            return Ok(Taken::SampledAway);
        }
        match self.queue.put(Entry::of(answer, id, context))? {
            true => Ok(Taken::Logged),
            false => Ok(Taken::Dropped),
        }
    }

    /// How it is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        self.queue.health()
    }

    /// Where the torn ends of files were moved to, which an interrupted writer
    /// had left.
    #[must_use]
    pub fn set_aside(&self) -> &[PathBuf] {
        &self.aside
    }

    /// Names of masked inputs that none of these policies reads: what was meant
    /// is written as it is.
    pub fn unread_masks<'a>(&self, deciders: impl IntoIterator<Item = &'a Decider>) -> Vec<&str> {
        let inputs = deciders.into_iter().flat_map(|decider| &decider.policy().surface().inputs);
        self.masks.unread(inputs.map(|input| input.name.as_str()))
    }

    /// Writes what waits, and takes nothing any more. What cannot be written is
    /// tried for some seconds.
    pub fn close(&self) -> Closed {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match writer.map(JoinHandle::join) {
            Some(Ok((folder, lost))) => Closed { head: folder.head(), lost },
            Some(Err(_)) => Closed { head: None, lost: self.health().waiting },
            None => Closed { head: None, lost: 0 },
        }
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        self.close();
    }
}
