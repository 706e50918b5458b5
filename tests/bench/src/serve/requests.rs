//! Requests on connections that are kept, and how long they take.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::served::{Reloads, Server};
use crate::measure::Subject;

/// Requests on each connection a repetition, so that what it takes to start
/// threads is little of it.
pub(super) const EACH: usize = 100;

/// It listens before it has loaded its policy.
pub(super) fn until_it_decides(address: &str, request: &str) -> Result<()> {
    let start = Instant::now();
    while Client::connect(address)?.ask(request)? != 200 {
        ensure!(start.elapsed() < Duration::from_secs(60), "the policy was not loaded");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub(super) struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
    line: String,
}

impl Client {
    pub(super) fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::with_capacity(16 << 10, stream);
        Ok(Self { stream, body: Vec::new(), line: String::new() })
    }

    /// Sends a request and gives the status of its answer, once all of it is
    /// there.
    pub(super) fn ask(&mut self, request: &str) -> Result<u16> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut status = 0;
        let mut length = 0;
        loop {
            self.line.clear();
            ensure!(self.stream.read_line(&mut self.line)? > 0, "the connection is closed");
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("HTTP/1.1 ") {
                status = text.split(' ').next().unwrap_or_default().parse()?;
            } else if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse()?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(status)
    }

    /// The same, and how long it took.
    fn timed(&mut self, request: &str) -> Result<Duration> {
        let start = Instant::now();
        let status = self.ask(request)?;
        ensure!(status == 200, "the server answered {status}");
        Ok(start.elapsed())
    }
}

/// Calls `each` for every client, in a thread of its own where there are
/// several, and gives what they come to.
fn at_once<T: Send>(
    clients: &mut [Client],
    each: impl Fn(usize, &mut Client) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if let [one] = clients {
        return Ok(vec![each(0, one)?]);
    }
    thread::scope(|scope| {
        let each = &each;
        let asking: Vec<_> = clients
            .iter_mut()
            .enumerate()
            .map(|(number, client)| scope.spawn(move || each(number, client)))
            .collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, Result<T>>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
        };
        asking.into_iter().map(ended).collect()
    })
}

/// Requests, one after the other on each connection: the time of all of them.
pub(super) struct Requests {
    /// They run as long as somebody asks them.
    pub(super) _servers: Vec<Arc<Server>>,
    pub(super) clients: Vec<Client>,
    pub(super) request: String,
}

impl Subject for Requests {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let request = &self.request;
        let start = Instant::now();
        at_once(&mut self.clients, |_, client| {
            (0..times * EACH as u64).try_for_each(|_| client.timed(request).map(drop))
        })?;
        Ok(start.elapsed())
    }
}

/// The time that so many of a hundred requests take at most.
pub(super) struct Percentile {
    pub(super) of: Requests,
    pub(super) percent: usize,
    /// How often each connection is asked; none for one after the other.
    pub(super) pace: Option<Duration>,
    /// The policy is swapped all the while.
    pub(super) reloads: Option<Reloads>,
}

impl Percentile {
    /// How long each request took. Those that have a pace are spread evenly,
    /// and none is sent before the one before it is answered.
    fn taken(&mut self, times: u64) -> Result<Vec<Duration>> {
        let Requests { clients, request, .. } = &mut self.of;
        let (all, request, start) = (clients.len() as u32, &*request, Instant::now());
        let taken = at_once(clients, |number, client| {
            let asked = |turn: u64| {
                if let Some(pace) = self.pace {
                    let due = pace * u32::try_from(turn)? + pace * number as u32 / all;
                    thread::sleep(due.saturating_sub(start.elapsed()));
                }
                client.timed(request)
            };
            (0..times).map(asked).collect::<Result<Vec<_>>>()
        })?;
        Ok(taken.concat())
    }
}

impl Subject for Percentile {
    /// The percentile of all requests, as if it were every repetition's.
    fn run(&mut self, times: u64) -> Result<Duration> {
        let reloads = self.reloads.take();
        let over = AtomicBool::new(false);
        let taken = thread::scope(|scope| {
            let swapping = reloads.as_ref().map(|reloads| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        reloads.swap()?;
                    }
                    anyhow::Ok(())
                })
            });
            let taken = self.taken(times);
            over.store(true, Ordering::Relaxed);
            let swapped = swapping.map(|thread| thread.join());
            swapped.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(anyhow!("a thread panicked")))?;
            taken
        });
        self.reloads = reloads;
        let mut taken = taken?;
        taken.sort_unstable();
        let at = (taken.len() * self.percent / 100).min(taken.len().saturating_sub(1));
        Ok(*taken.get(at).context("nothing was asked")? * u32::try_from(times)?)
    }
}
