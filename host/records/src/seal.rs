//! Sealing one record after the other, without building any in memory.

use std::fmt::Write as _;

use tollgate::canonical;
use tollgate_engine::Digest;

use crate::record::{FORM, Head};

/// Writes records that follow one another, as lines.
#[derive(Debug, Clone)]
pub struct Sealer {
    head: Option<Head>,
    /// Which program says so, in quotes.
    host: String,
    /// What is behind the hash of a record.
    behind: String,
}

impl Sealer {
    /// Goes on behind `head`; `host` is which program says so.
    #[must_use]
    pub fn new(head: Option<Head>, host: &str) -> Self {
        let mut quoted = String::new();
        canonical::write_string(host, &mut quoted);
        Self { head, host: quoted, behind: String::new() }
    }

    /// What the next record follows.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// The number of the next record.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.head.map_or(1, |head| head.seq.saturating_add(1))
    }

    /// Appends the next record to `out`, with its line break: the line of
    /// [`Draft::sealed`](crate::record::Draft::sealed). `body` is the canonical
    /// JSON of an object, and `time` a time as
    /// [`Instant`](tollgate::facts::Instant) shows it.
    pub fn seal(&mut self, kind: &str, time: &str, body: &str, out: &mut String) -> Head {
        let seq = self.next_seq();
        let behind = &mut self.behind;
        behind.clear();
        behind.push_str(",\"host\":");
        behind.push_str(&self.host);
        behind.push_str(",\"kind\":");
        canonical::write_string(kind, behind);
        behind.push_str(",\"previous\":");
        match self.head {
            Some(head) => quoted(head.hash, behind),
            None => behind.push_str("null"),
        }
        // Writing to a String cannot fail.
        let _ = write!(behind, ",\"record\":{FORM},\"seq\":{seq},\"time\":\"{time}\"}}");
        let start = out.len();
        out.push_str("{\"body\":");
        out.push_str(body);
        let before = out.get(start..).unwrap_or_default();
        let hash = Digest::of_parts([before.as_bytes(), behind.as_bytes()]);
        out.push_str(",\"hash\":");
        quoted(hash, out);
        out.push_str(behind);
        out.push('\n');
        let head = Head { seq, hash };
        self.head = Some(head);
        head
    }
}

fn quoted(hash: Digest, out: &mut String) {
    out.push_str("\"sha256:");
    hash.push_hex(out);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Draft;

    #[test]
    fn a_line_is_the_one_that_is_built_in_memory() {
        let host = "gateway \"1\" \u{1f600}\n";
        let mut sealer = Sealer::new(None, host);
        let (mut head, mut lines, mut expected) = (None, String::new(), String::new());
        for number in 0..3 {
            let body = json!({ "number": number, "z": [1.5, "ä\"", null], "a": {} });
            let time: tollgate::facts::Instant = "2026-11-30T12:00:00.25Z".parse().unwrap();
            let draft = Draft { time, host, kind: "te\"st", body: body.clone() };
            let (next, line) = draft.sealed(head);
            head = Some(next);
            expected += &line;
            let body = canonical::to_text(&body);
            assert_eq!(sealer.next_seq(), next.seq);
            assert_eq!(sealer.seal("te\"st", &time.to_string(), &body, &mut lines), next);
        }
        assert_eq!(lines, expected);
        assert_eq!(sealer.head(), head);
    }
}
