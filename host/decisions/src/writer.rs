//! The thread that writes: it seals what waits, in the order it came, and adds
//! it to the log a batch at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use thiserror::Error;
use tollgate::canonical;
use tollgate::facts::Instant as Time;
use tollgate::judge::Decider;
use tollgate_engine::Digest;
use tollgate_records::log::AppendError;
use tollgate_records::record::LONGEST_LINE;
use tollgate_records::seal::Sealer;
use tollgate_records::store::{Store, StoreError};

use crate::entry::{Entry, Waiting};
use crate::folder::Folder;
use crate::mask::Masks;
use crate::policy::Policy;
use crate::queue::{Queue, Work};
use crate::sample::Sample;
use crate::{DECISION, GAP, POLICY, ROLLOUT, body};

/// How much is sealed before it is written.
const BATCH: usize = 1 << 20;

/// How often it is told how many decisions were not to be logged, at most.
const REST: Duration = Duration::from_secs(10);

/// How long it takes until what failed is tried again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
];

/// How long a log that is closed goes on trying.
const LAST_TRIES: Duration = Duration::from_secs(5);

/// Policies that are known without being described anew. A server has some
/// hundred; what is more is forgotten, and found again.
const KNOWN: usize = 1024;

pub(crate) struct Writer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) folder: Folder,
    pub(crate) interval: Duration,
    pub(crate) sample: Sample,
    pub(crate) masks: Masks,
    pub(crate) keep_plugins: bool,
    /// By the place of their documents in memory, which nothing else can have
    /// as long as they are here.
    pub(crate) policies: HashMap<usize, (Digest, Policy)>,
}

/// Why a batch was not written.
#[derive(Debug, Error)]
enum WriteError {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decisions that were sealed.
#[derive(Default)]
struct Batch {
    lines: String,
    count: usize,
    bytes: usize,
    too_long: u64,
    described: Vec<(Digest, u64)>,
}

impl Writer {
    /// Writes until the log is closed, and gives how many decisions could not be
    /// written then.
    pub(crate) fn run(mut self) -> (Folder, u64) {
        let mut waiting = Vec::new();
        loop {
            let work = self.queue.take(self.interval, REST, &mut waiting);
            let lost = self.work(&mut waiting, &work);
            if work.last || lost > 0 {
                self.queue.close();
                return (self.folder, lost);
            }
            if waiting.capacity() > 1 << 14 {
                waiting = Vec::new();
            }
        }
    }

    /// Writes all of this, however often it must be tried; gives how many are
    /// left where the log was closed meanwhile.
    fn work(&mut self, waiting: &mut Vec<(Waiting, usize)>, work: &Work) -> u64 {
        let mut gap = (work.dropped, work.sampled_away);
        let (mut tries, mut closing) = (PAUSES.iter(), None::<Instant>);
        while !waiting.is_empty() || gap != (0, 0) {
            match self.write(waiting, gap) {
                Ok((count, bytes)) => {
                    waiting.drain(..count);
                    self.queue.written(count, bytes, gap);
                    gap = (0, 0);
                    tries = PAUSES.iter();
                }
                Err(error) => {
                    // What was described in this batch is not in the file.
                    self.policies.values_mut().for_each(|(_, policy)| policy.file = 0);
                    self.queue.failed(error.to_string());
                    let [.., longest] = PAUSES;
                    let pause = tries.next().copied().unwrap_or(longest);
                    if self.queue.pause(pause) {
                        let since = *closing.get_or_insert_with(Instant::now);
                        if since.elapsed() >= LAST_TRIES {
                            return waiting.len() as u64 + gap.0;
                        }
                        std::thread::sleep(pause);
                    }
                }
            }
        }
        0
    }

    /// Writes the first of them, as many as go into a batch.
    fn write(
        &mut self,
        waiting: &[(Waiting, usize)],
        gap: (u64, u64),
    ) -> Result<(usize, usize), WriteError> {
        self.folder.ready()?;
        if self.policies.len() >= KNOWN {
            self.policies.clear();
        }
        let (mut sealer, mut batch) = (self.folder.sealer(), Batch::default());
        if gap != (0, 0) {
            // Before what came later than most of it.
            seal_gap(&mut sealer, gap, 0, &mut batch);
        }
        let (mut clock, mut text) = (Clock::default(), String::new());
        for (waits, weight) in waiting {
            match waits {
                Waiting::Decision(entry) => {
                    let time = clock.of(entry.time);
                    self.seal(entry, time, &mut text, &mut sealer, &mut batch)?;
                }
                Waiting::Rollout(time, body) => {
                    sealer.seal(ROLLOUT, clock.of(*time), body, &mut batch.lines);
                }
            }
            batch.count += 1;
            batch.bytes += weight;
            if batch.lines.len() >= BATCH {
                break;
            }
        }
        if batch.too_long > 0 {
            let too_long = batch.too_long;
            seal_gap(&mut sealer, (0, 0), too_long, &mut batch);
        }
        self.folder.add(&batch.lines, sealer, &batch.described)?;
        Ok((batch.count, batch.bytes))
    }

    /// Seals a decision behind whose it is.
    fn seal(
        &mut self,
        entry: &Entry,
        time: &str,
        text: &mut String,
        sealer: &mut Sealer,
        batch: &mut Batch,
    ) -> Result<(), WriteError> {
        let by = self.described(&entry.said.decider, time, sealer, batch)?;
        let shadow = match entry.shadow.as_deref() {
            Some(shadow) => Some(self.described(&shadow.decider, time, sealer, batch)?),
            None => None,
        };
        let policy = |key: usize| self.policies.get(&key).map(|(_, policy)| policy);
        if let Some(by) = policy(by) {
            text.clear();
            body::push(entry, by, shadow.and_then(policy), self.sample, text);
            // Room for what a record has around its body.
            match text.len() as u64 + 4096 < LONGEST_LINE {
                true => drop(sealer.seal(DECISION, time, text, &mut batch.lines)),
                false => batch.too_long += 1,
            }
        }
        Ok(())
    }

    /// Describes a policy, unless this file does already, and gives what it is
    /// known by.
    fn described(
        &mut self,
        decider: &Decider,
        time: &str,
        sealer: &mut Sealer,
        batch: &mut Batch,
    ) -> Result<usize, WriteError> {
        let key = std::ptr::from_ref(decider.document()) as usize;
        if !self.policies.contains_key(&key) {
            let policy = Policy::new(decider, &self.masks, self.sample);
            self.policies.insert(key, (Digest::of(policy.body.as_bytes()), policy));
        }
        let Some((digest, policy)) = self.policies.get_mut(&key) else { return Ok(key) };
        if policy.file == self.folder.number() {
            return Ok(key);
        }
        let fresh = batch.described.iter().find(|(known, _)| known == digest);
        let known = fresh.map(|(_, seq)| *seq).or_else(|| self.folder.described(digest));
        policy.seq = match known {
            Some(seq) => seq,
            None => {
                // First: a record never names a plugin that was to be kept and is
                // not.
                if let (true, Some(file)) = (self.keep_plugins, self.folder.file()) {
                    Store::beside(file).keep(policy.decider.plugin().bytes())?;
                }
                let head = sealer.seal(POLICY, time, &policy.body, &mut batch.lines);
                batch.described.push((*digest, head.seq));
                head.seq
            }
        };
        policy.file = self.folder.number();
        Ok(key)
    }
}

/// Says how many decisions are not in the log.
fn seal_gap(sealer: &mut Sealer, gap: (u64, u64), too_long: u64, batch: &mut Batch) {
    let counts = [("dropped", gap.0), ("sampled_away", gap.1), ("too_long", too_long)];
    let mut body = json!({});
    if let Some(members) = body.as_object_mut() {
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        members.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
    }
    let time = Time::now().to_string();
    sealer.seal(GAP, &time, &canonical::to_text(&body), &mut batch.lines);
}

/// The texts of times, most of which are the same as the one before.
#[derive(Default)]
struct Clock {
    last: Option<i64>,
    text: String,
}

impl Clock {
    fn of(&mut self, milliseconds: i64) -> &str {
        if self.last != Some(milliseconds) {
            self.last = Some(milliseconds);
            // A time that no calendar has is the last that one has.
            let time = Time::from_milliseconds(milliseconds);
            self.text = time.map_or_else(|| "9999-12-31T23:59:59Z".to_owned(), |it| it.to_string());
        }
        &self.text
    }
}
