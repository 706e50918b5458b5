//! One record: a line of canonical JSON that names the hash of the one before.
//!
//! ```json
//! {"body":{},"hash":"sha256:…","host":"tollgate 0.1.0","kind":"gate",
//!  "previous":"sha256:…","record":1,"seq":2,"time":"2026-11-30T12:00:00Z"}
//! ```
//!
//! The hash is over the canonical JSON without `hash`, and a line that is not
//! canonical itself is refused: so no byte of it can change unseen.

use serde_json::{Map, Value, json};
use thiserror::Error;
use tollgate::canonical;
use tollgate::facts::Instant;
use tollgate_engine::Digest;

/// The form of a record, in its member `record`.
pub const FORM: u64 = 1;

/// The longest line, its break included: what 100,000 facts take, threefold.
pub const LONGEST_LINE: u64 = 64 << 20;

/// What begins every record: members are sorted, and `body` is the first.
pub(crate) const BEGINNING: &[u8] = br#"{"body":"#;

/// Where a chain ends: what the next record follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record, from 1.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// When it happened.
    pub time: Instant,
    /// Which program says so: `tollgate 0.1.0`.
    pub host: &'a str,
    /// What the body is of: `gate`.
    pub kind: &'a str,
    /// What happened, as an object.
    pub body: Value,
}

/// A record whose hash is that of what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number, from 1.
    pub seq: u64,
    /// The hash of the record before; none for the first.
    pub previous: Option<Digest>,
    /// When it happened.
    pub time: Instant,
    /// Which program says so.
    pub host: String,
    /// What the body is of.
    pub kind: String,
    /// What happened.
    pub body: Value,
    /// Its own hash.
    pub hash: Digest,
}

/// Why a line is no record, or not the next one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// Longer than [`LONGEST_LINE`].
    #[error("it is longer than {} MiB", LONGEST_LINE >> 20)]
    TooLong,
    /// The line has no end: whoever wrote it was interrupted, or it was cut.
    #[error("it has no line break at its end: writing it was interrupted, or it was cut off")]
    Torn,
    /// Not JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// JSON, but not the bytes that were written.
    #[error("it is not the canonical JSON that a record is written as, so it was changed")]
    NotCanonical,
    /// A form that this program does not know.
    #[error("it is no record of form 1, the one that this version of tollgate knows")]
    Form,
    /// A member is missing, is another kind of value, or is one too many.
    #[error("{0}")]
    Member(String),
    /// The hash is another one.
    #[error("its hash is {found}, and what it says has {computed}: it was changed")]
    Hash {
        /// As the line says.
        found: String,
        /// As it should be.
        computed: Digest,
    },
    /// The number is another one.
    #[error(
        "it is record {found}, and record {expected} is to be here: one was removed, moved, \
         repeated or put in"
    )]
    Seq {
        /// The number that would follow.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
    /// The record before is another one.
    #[error("it follows {found}, and the record before it has {expected}")]
    Previous {
        /// The hash of the record before.
        expected: String,
        /// As the line says.
        found: String,
    },
}

impl Draft<'_> {
    /// The record that follows `head`, as a line with its break.
    #[must_use]
    pub fn sealed(&self, head: Option<Head>) -> (Head, String) {
        let seq = head.map_or(1, |head| head.seq.saturating_add(1));
        let mut record = json!({
            "record": FORM,
            "seq": seq,
            "previous": head.map(|head| head.hash.to_string()),
            "time": self.time.to_string(),
            "host": self.host,
            "kind": self.kind,
            "body": self.body,
        });
        let hash = Digest::of(canonical::to_text(&record).as_bytes());
        if let Some(members) = record.as_object_mut() {
            members.insert("hash".to_owned(), hash.to_string().into());
        }
        (Head { seq, hash }, canonical::to_text(&record) + "\n")
    }
}

impl Record {
    /// Reads a line without its break.
    ///
    /// # Errors
    /// What is wrong with it. Whether it is the next one is
    /// [`Chain::next`](crate::chain::Chain::next)'s to say.
    pub fn parse(line: &[u8]) -> Result<Self, Flaw> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| Flaw::NotJson(error.to_string()))?;
        // Of a member that is given twice JSON readers take this one or that.
        if canonical::to_text(&value).as_bytes() != line {
            return Err(Flaw::NotCanonical);
        }
        let Value::Object(mut members) = value else { return Err(Flaw::Form) };
        if members.get("record").and_then(Value::as_u64) != Some(FORM) {
            return Err(Flaw::Form);
        }
        let said = text(&mut members, "hash")?;
        let mut unhashed = Value::Object(members);
        let computed = Digest::of(canonical::to_text(&unhashed).as_bytes());
        // As texts: a digest in other letters is another text.
        if said != computed.to_string() {
            return Err(Flaw::Hash { found: said, computed });
        }
        let Some(members) = unhashed.as_object_mut() else { return Err(Flaw::Form) };
        let record = Self::of_members(members, computed)?;
        match members.keys().find(|key| *key != "record") {
            Some(more) => Err(Flaw::Member(format!("a record has no member `{more}`"))),
            None => Ok(record),
        }
    }

    fn of_members(members: &mut Map<String, Value>, hash: Digest) -> Result<Self, Flaw> {
        let wrong = |problem: &str| Flaw::Member(problem.to_owned());
        let seq = members.remove("seq").and_then(|seq| seq.as_u64()).filter(|seq| *seq > 0);
        let previous = match members.remove("previous") {
            Some(Value::Null) => None,
            Some(Value::String(text)) => {
                let digest = Digest::parse(&text).filter(|digest| digest.to_string() == text);
                Some(digest.ok_or_else(|| wrong("`previous` is no digest"))?)
            }
            _ => return Err(wrong("`previous` is the hash of the record before, or null")),
        };
        let body = members.remove("body").filter(Value::is_object);
        Ok(Self {
            seq: seq.ok_or_else(|| wrong("`seq` is a whole number from 1"))?,
            previous,
            time: text(members, "time")?
                .parse()
                .map_err(|problem: String| Flaw::Member(format!("`time` is wrong: {problem}")))?,
            host: text(members, "host")?,
            kind: text(members, "kind")?,
            body: body.ok_or_else(|| wrong("`body` is an object"))?,
            hash,
        })
    }

    /// Its place in the chain.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// All of it as JSON, as the line has it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "record": FORM,
            "seq": self.seq,
            "previous": self.previous.map(|digest| digest.to_string()),
            "time": self.time.to_string(),
            "host": self.host,
            "kind": self.kind,
            "body": self.body,
            "hash": self.hash.to_string(),
        })
    }
}

fn text(members: &mut Map<String, Value>, key: &str) -> Result<String, Flaw> {
    match members.remove(key) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Flaw::Member(format!("`{key}` is text"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use tollgate_test_support::{Dice, fresh};

    use super::*;

    fn draft(body: Value) -> Draft<'static> {
        let time = "2026-11-30T12:00:00.25Z".parse().unwrap();
        Draft { time, host: "tollgate 0.1.0", kind: "test", body }
    }

    fn line(body: Value, head: Option<Head>) -> String {
        draft(body).sealed(head).1.trim_end().to_owned()
    }

    #[test]
    fn a_record_reads_back() {
        let body = json!({ "text": "ä\u{1f600}\n\"", "numbers": [1, 0.1, -2.5e300, u64::MAX] });
        let (first, text) = draft(body.clone()).sealed(None);
        let record = Record::parse(text.trim_end().as_bytes()).unwrap();
        assert_eq!((record.head(), record.previous), (first, None));
        assert_eq!(record.body, body);
        assert!(text.as_bytes().starts_with(BEGINNING), "{text}");
        assert_eq!(canonical::to_text(&record.to_json()), text.trim_end());
        let second = line(json!({}), Some(first));
        let second = Record::parse(second.as_bytes()).unwrap();
        assert_eq!((second.seq, second.previous), (2, Some(first.hash)));
    }

    /// Of the line, with nothing but common tools.
    #[test]
    fn the_hash_is_that_of_the_line_without_it() {
        let line = line(json!({ "a": 1 }), None);
        let start = line.find(r#""hash":"#).unwrap();
        let end = line.find(r#""host":"#).unwrap();
        let unhashed = format!("{}{}", &line[..start], &line[end..]);
        assert!(line.contains(&Digest::of(unhashed.as_bytes()).to_string()));
    }

    /// No byte can be changed, taken out or put in without being seen.
    #[test]
    fn any_change_of_a_byte_is_seen() {
        let line = line(json!({ "verdict": "pass", "value": 1.5, "whole": 10 }), None);
        let mut random = Dice::new(fresh());
        let bytes = line.as_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] = b' ' + u8::try_from(random.roll(95)).unwrap();
            assert!(changed == bytes || Record::parse(&changed).is_err(), "{at} of {line}");
            let mut shorter = bytes.to_vec();
            shorter.remove(at);
            assert!(Record::parse(&shorter).is_err(), "without {at} of {line}");
            for more in [b' ', b'0', b'\t', 0] {
                let mut longer = bytes.to_vec();
                longer.insert(at, more);
                assert!(Record::parse(&longer).is_err(), "{more} at {at} of {line}");
            }
        }
    }

    /// The same number in other words has the same canonical form, and is another
    /// line all the same.
    #[test]
    fn the_same_in_other_words_is_a_change() {
        let line = line(json!({ "value": 1 }), None);
        for (from, to) in [
            (r#""value":1"#, r#""value":1.0"#),
            (r#""value":1"#, r#""value":1e0"#),
            (r#""value":1"#, r#""value": 1"#),
            (r#""value":1"#, r#""value":2,"value":1"#),
            (r#""kind""#, r#""\u006bind""#),
            (r#""record":1"#, r#""record":1.0"#),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_ne!(changed, line);
            assert_eq!(Record::parse(changed.as_bytes()), Err(Flaw::NotCanonical), "{changed}");
        }
        let upper = Record::parse(line.as_bytes()).unwrap().hash.to_string();
        let upper = line.replace(&upper, &format!("sha256:{}", upper[7..].to_uppercase()));
        assert!(matches!(Record::parse(upper.as_bytes()), Err(Flaw::Hash { .. })), "{upper}");
    }

    /// What is hashed rightly and says something else than a record does.
    #[test]
    fn what_is_no_record_says_why() {
        let sealed = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut value: Value = serde_json::from_str(&line(json!({}), None)).unwrap();
            let members = value.as_object_mut().unwrap();
            members.remove("hash");
            change(members);
            let hash = Digest::of(canonical::to_text(&value).as_bytes()).to_string();
            value["hash"] = hash.into();
            Record::parse(canonical::to_text(&value).as_bytes()).unwrap_err().to_string()
        };
        let set = |key: &'static str, to: Value| {
            sealed(&move |members| {
                members.insert(key.to_owned(), to.clone());
            })
        };
        assert_eq!(set("more", json!(1)), "a record has no member `more`");
        assert!(set("record", json!(2)).contains("no record of form 1"));
        assert!(set("record", json!("1")).contains("no record of form 1"));
        assert_eq!(set("seq", json!(0)), "`seq` is a whole number from 1");
        assert_eq!(set("seq", json!("1")), "`seq` is a whole number from 1");
        assert_eq!(set("previous", json!("sha256:00")), "`previous` is no digest");
        let upper = format!("sha256:{}", "A".repeat(64));
        assert_eq!(set("previous", json!(upper)), "`previous` is no digest");
        assert_eq!(set("body", json!([])), "`body` is an object");
        assert_eq!(set("kind", json!(null)), "`kind` is text");
        assert!(set("time", json!("today")).contains("`time` is wrong"));
        for key in ["seq", "previous", "time", "host", "kind", "body"] {
            let told = sealed(&|members| {
                members.remove(key);
            });
            assert!(told.contains(key), "{told}");
        }
        for text in ["", "{}", "[]", "1", "null", "{\"record\":1}", "\u{feff}{}"] {
            assert!(Record::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
