//! How much a caller, and all of them together, may use up.

use std::time::Duration;

use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::{Content, Source};
use tollgate::tree::{Content as Value, Node};

/// How much may be used up. Every limit is on by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one body. Default 8 MiB: some 100,000 rows of ten columns.
    pub body: usize,
    /// Bytes of all bodies that are held at a time. Default 256 MiB.
    pub bodies: usize,
    /// Headers of a request. Default 64.
    pub headers: usize,
    /// Bytes of a request's head. Default 16 KiB, as NGINX has it.
    pub header_bytes: usize,
    /// Open connections. Default 10,000.
    pub connections: usize,
    /// Calls at a time that take long. Default 64.
    pub concurrency: usize,
    /// Requests that wait beyond these. Default 1,024.
    pub queue: usize,
    /// Requests of rows at a time. Default 8.
    pub streams: usize,
    /// From the end of a request to its answer. Default 1 s.
    pub deadline: Duration,
    /// For the head of a request, and between two requests. Default 30 s.
    pub head_timeout: Duration,
    /// For a whole body; of rows, for the next part of it. Default 10 s.
    pub body_timeout: Duration,
    /// For requests under way once the server is to end. Default 20 s: less
    /// than the 30 s after which Kubernetes kills.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 << 20,
            bodies: 256 << 20,
            headers: 64,
            header_bytes: 16 << 10,
            connections: 10_000,
            concurrency: 64,
            queue: 1024,
            streams: 8,
            deadline: Duration::from_secs(1),
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(20),
        }
    }
}

/// What a head can be held in at least, and what nobody's head needs.
const HEADS: std::ops::RangeInclusive<usize> = 8 << 10..=1 << 20;

/// What no call may take longer than, as the engine has it.
const LONGEST_CALL: Duration = Duration::from_secs(10);

impl Limits {
    /// Reads the limits, whose shape was checked.
    pub(super) fn read(node: Option<&Node>, source: &Source, mistakes: &mut Gathered) -> Self {
        let mut limits = Self::default();
        let Some(node) = node else { return limits };
        let get = |key: &str| node.get(key);
        for (key, into) in [
            ("body", &mut limits.body),
            ("bodies", &mut limits.bodies),
            ("header_bytes", &mut limits.header_bytes),
        ] {
            if let Some(size) = get(key).and_then(Node::text).and_then(size) {
                *into = size;
            }
        }
        for (key, into) in [
            ("headers", &mut limits.headers),
            ("connections", &mut limits.connections),
            ("concurrency", &mut limits.concurrency),
            ("queue", &mut limits.queue),
            ("streams", &mut limits.streams),
        ] {
            if let Some(Value::Number(count)) = get(key).map(|node| &node.content)
                && let Some(count) = count.as_u64().and_then(|count| usize::try_from(count).ok())
            {
                *into = count;
            }
        }
        for (key, into) in [
            ("deadline", &mut limits.deadline),
            ("head_timeout", &mut limits.head_timeout),
            ("body_timeout", &mut limits.body_timeout),
            ("drain", &mut limits.drain),
        ] {
            if let Some(time) = get(key).and_then(Node::text).and_then(time) {
                *into = time;
            }
        }
        let mut beyond = |key: &str, is: bool, message: &str| {
            if is && let Some(node) = get(key) {
                mistakes.push(Mistake::new(source, node.span, message));
            }
        };
        let most = usize::try_from(Content::Payload.limit()).unwrap_or(usize::MAX);
        beyond("body", limits.body > most, "a body is at most `64MiB`; rows may be any number");
        beyond("bodies", limits.bodies < limits.body, "all bodies together are less than one");
        let is_head = HEADS.contains(&limits.header_bytes);
        beyond("header_bytes", !is_head, "a head takes from `8KiB` to `1024KiB`");
        let is_call = limits.deadline <= LONGEST_CALL;
        beyond("deadline", !is_call, "no call may take longer than `10s`");
        limits
    }
}

/// Reads `8MiB`, as the schema has it.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = split(text)?;
    let shift = match unit {
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    usize::try_from(number << shift).ok()
}

/// Reads `250ms`, as the schema has it.
pub(super) fn time(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return None,
    };
    Some(Duration::from_millis(number * milliseconds))
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}
