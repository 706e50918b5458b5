//! Who asks, and what they were told.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::served::{Answer, Connection};

/// A transaction, and what each version answers.
pub(super) struct Case {
    pub(super) request: String,
    pub(super) answers: [String; 2],
}

/// What all callers were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The requests that were answered with a decision.
    pub(super) ids: BTreeSet<String>,
    /// By which of the two versions.
    by: [u64; 2],
    /// Refused, with a status that says so.
    refused: u64,
    /// Cut off while the server was gone.
    cut: u64,
    /// Fallbacks of the policy that hangs.
    hung: u64,
    /// What must not be, at most a few in words.
    pub(super) wrong: Vec<String>,
}

impl Told {
    pub(super) fn answered(&self) -> u64 {
        self.by.iter().sum()
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.by;
        writeln!(f, "{first} answered by the one version, {second} by the other")?;
        writeln!(f, "{} refused, {} cut off by a restart or a kill", self.refused, self.cut)?;
        writeln!(f, "{} answered by the fallback of the policy that hangs", self.hung)?;
        write!(f, "{} wrong", self.wrong.len())?;
        self.wrong.iter().take(10).try_for_each(|wrong| write!(f, "\n  {wrong}"))
    }
}

#[derive(Default)]
struct Shared {
    told: Mutex<Told>,
    over: AtomicBool,
    /// Twice the number of interruptions, one more while one is under way.
    interruptions: AtomicU64,
    hangs: AtomicBool,
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads that ask until they are stopped.
pub(super) struct Callers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Callers {
    pub(super) fn start(port: u16, callers: usize, cases: Arc<Vec<Case>>) -> Self {
        let shared = Arc::<Shared>::default();
        let mut threads = Vec::new();
        for number in 0..callers {
            let caller =
                Caller { port, number, shared: Arc::clone(&shared), cases: Arc::clone(&cases) };
            threads.push(thread::spawn(move || caller.decide()));
        }
        for number in 0..2 {
            let caller =
                Caller { port, number, shared: Arc::clone(&shared), cases: Arc::clone(&cases) };
            threads.push(thread::spawn(move || caller.hang()));
        }
        Self { shared, threads }
    }

    /// One line.
    pub(super) fn so_far(&self) -> String {
        let told = self.shared.told();
        format!(
            "{:>9} answered, {:>6} refused, {} wrong",
            told.answered(),
            told.refused,
            told.wrong.len()
        )
    }

    /// While this is done whoever is cut off is not wronged.
    pub(super) fn interrupted(&self, happen: impl FnOnce() -> Result<()>) -> Result<()> {
        self.shared.interruptions.fetch_add(1, Ordering::SeqCst);
        let happened = happen();
        self.shared.interruptions.fetch_add(1, Ordering::SeqCst);
        happened
    }

    /// Lets the policy that hangs be asked for a while.
    pub(super) fn hang(&self, time: Duration) {
        self.shared.hangs.store(true, Ordering::SeqCst);
        thread::sleep(time);
        self.shared.hangs.store(false, Ordering::SeqCst);
    }

    pub(super) fn stop(self) -> Result<Told> {
        self.shared.over.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().map_err(|_| anyhow!("a caller panicked"))?;
        }
        Ok(std::mem::take(&mut *self.shared.told()))
    }
}

struct Caller {
    port: u16,
    number: usize,
    shared: Arc<Shared>,
    cases: Arc<Vec<Case>>,
}

impl Caller {
    /// Asks transaction after transaction, and compares.
    fn decide(&self) {
        let mut connection = None;
        let mut asked = 0_u64;
        for case in self.cases.iter().cycle() {
            if self.shared.over.load(Ordering::SeqCst) {
                return;
            }
            asked += 1;
            let id = format!("{}-{asked}", self.number);
            let Some(answer) = self.ask(&mut connection, "fraud", &id, &case.request) else {
                continue;
            };
            let mut told = self.shared.told();
            match answer.status {
                200 => match case.answers.iter().position(|it| it == answer.body.trim_end()) {
                    Some(version) => {
                        told.by.iter_mut().skip(version).take(1).for_each(|count| *count += 1);
                        told.ids.insert(id);
                    }
                    None => told.wrong.push(format!("{id}: {}", answer.body.trim_end())),
                },
                429 | 503 | 504 => told.refused += 1,
                status => told.wrong.push(format!("{id}: {status} {}", answer.body.trim_end())),
            }
        }
    }

    /// Asks the policy that hangs, when it is to be asked.
    fn hang(&self) {
        let mut connection = None;
        while !self.shared.over.load(Ordering::SeqCst) {
            if !self.shared.hangs.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
            let id = format!("hanging-{}", self.number);
            let Some(answer) = self.ask(&mut connection, "hanging", &id, r#"{"score": 0.1}"#)
            else {
                continue;
            };
            let fallback = answer.body.starts_with(r#"{"action":"block""#)
                && answer.body.contains(r#""fallback":true"#);
            let mut told = self.shared.told();
            match answer.status {
                200 if fallback => told.hung += 1,
                429 | 503 | 504 => told.refused += 1,
                status => told.wrong.push(format!("{id}: {status} {}", answer.body.trim_end())),
            }
        }
    }

    /// The answer; none where the connection was cut off, which is wrong unless
    /// the server was ended meanwhile.
    fn ask(
        &self,
        connection: &mut Option<(Connection, u64)>,
        policy: &str,
        id: &str,
        body: &str,
    ) -> Option<Answer> {
        // A connection of before an interruption may be gone.
        let now = || self.shared.interruptions.load(Ordering::SeqCst);
        let since = connection.as_ref().map_or_else(now, |(_, since)| *since);
        let mut ask = || {
            let (mut open, since) = match connection.take() {
                Some(open) => open,
                None => (Connection::open(self.port)?, since),
            };
            let headers = format!("content-type: application/json\r\nx-request-id: {id}\r\n");
            let answer = open.ask(&format!("POST /v1/decide/{policy}"), &headers, body)?;
            *connection = Some((open, since));
            anyhow::Ok(answer)
        };
        let error = match ask() {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        let mut told = self.shared.told();
        if since == now() && since.is_multiple_of(2) {
            told.wrong.push(format!("{id}: cut off: {error:#}"));
        } else {
            told.cut += 1;
            drop(told);
            thread::sleep(Duration::from_millis(20));
        }
        None
    }
}
