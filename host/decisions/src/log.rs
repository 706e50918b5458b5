//! The log that a program holds.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tollgate::canonical;
use tollgate::facts::Instant;
use tollgate::judge::{Answer, Decider};
use tollgate_records::record::Head;

use crate::entry::{Context, Entry, RolloutChange, Waiting};
use crate::error::{OpenError, Refused};
use crate::folder::Folder;
use crate::mask::Masks;
use crate::queue::{Health, Put, Queue, Room};
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
        match self.put(answer, context, Room::AsSet)? {
            Ok(ticket) => self.queue.settle(Some(ticket)).map(|()| Taken::Logged),
            Err(taken) => Ok(taken.unwrap_or(Taken::Dropped)),
        }
    }

    /// The same where nobody may wait: none where one would have to, for room or
    /// for the disk, and nothing is taken then.
    ///
    /// # Errors
    /// As [`DecisionLog::write`].
    pub fn write_at_once(
        &self,
        answer: &Answer<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Taken>, Refused> {
        if self.awaits_disk() {
            return Ok(None);
        }
        Ok(match self.put(answer, context, Room::AtOnce)? {
            Ok(_) => Some(Taken::Logged),
            Err(taken) => taken,
        })
    }

    /// Takes one of many decisions that are given together; each counts as
    /// logged once [`DecisionLog::settle`] says so, and none is to be given
    /// before.
    ///
    /// # Errors
    /// As [`DecisionLog::write`].
    pub fn write_ahead(
        &self,
        answer: &Answer<'_>,
        context: &Context<'_>,
    ) -> Result<Taken, Refused> {
        Ok(match self.put(answer, context, Room::AsSet)? {
            Ok(_) => Taken::Logged,
            Err(taken) => taken.unwrap_or(Taken::Dropped),
        })
    }

    /// Waits until all decisions that were taken so far count as logged.
    ///
    /// # Errors
    /// When they are not known to be on the disk, and must be.
    pub fn settle(&self) -> Result<(), Refused> {
        self.queue.settle(None)
    }

    /// Whether a decision counts as logged only when it is on the disk, so that
    /// every write waits.
    #[must_use]
    pub fn awaits_disk(&self) -> bool {
        self.queue.awaits_disk()
    }

    /// Says what became of a rollout. It is taken whether there is room or not:
    /// there are few, and nothing waits for them.
    ///
    /// # Errors
    /// When the log is closed.
    pub fn tell(&self, change: &RolloutChange<'_>) -> Result<(), Refused> {
        let body = serde_json::to_value(change).unwrap_or_default();
        let time = Instant::now().as_milliseconds();
        let waiting = Waiting::Rollout(time, canonical::to_text(&body));
        self.queue.put(waiting, Room::Always).map(drop)
    }

    /// The number of what was taken, or what became of it instead; none where
    /// one would have to wait.
    fn put(
        &self,
        answer: &Answer<'_>,
        context: &Context<'_>,
        room: Room,
    ) -> Result<Result<u64, Option<Taken>>, Refused> {
        let id = answer.id().as_u64();
        if !self.sample.takes(id) {
            self.queue.sampled_away();
            return Ok(Err(Some(Taken::SampledAway)));
        }
        let entry = Waiting::Decision(Entry::of(answer, id, context));
        Ok(match self.queue.put(entry, room)? {
            Put::Taken(ticket) => Ok(ticket),
            Put::Dropped => Err(Some(Taken::Dropped)),
            Put::Full => Err(None),
        })
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
