//! What a record says of a gate run, to be judged by something else.

use serde_json::Value;
use tollgate::difference::{Evidenced, Judged, Verdict};
use tollgate_engine::types::Outcome;

use super::replay::ReplayError;
use super::{KIND, error_of, read_case};
use crate::record::Record;

/// The case of a record and what each profile came to; `log` is what its place
/// is called by.
///
/// # Errors
/// When the record is of something else than a gate run, or does not say what
/// one says.
pub fn recorded(log: &str, record: &Record) -> Result<Evidenced, ReplayError> {
    let seq = record.seq;
    if record.kind != KIND {
        return Err(ReplayError::NoGate { seq, kind: record.kind.clone() });
    }
    let body = |what| ReplayError::Body { seq, what };
    let case = read_case(record.body.get("case").ok_or(body("case"))?)?;
    let failed = error_of(record).is_some();
    let profiles = if failed { "/profiles" } else { "/report/profiles" };
    let profiles = record.body.pointer(profiles).and_then(Value::as_array);
    let profiles = profiles.ok_or(body("report"))?;
    let judged = profiles.iter().map(|profile| judged(profile, failed));
    let judged = judged.collect::<Option<Vec<_>>>().ok_or(body("a profile"))?;
    Ok(Evidenced { place: format!("{log}, record {seq}"), case, judged: Some(judged) })
}

fn judged(profile: &Value, failed: bool) -> Option<Judged> {
    let text = |key: &str| profile.get(key).and_then(Value::as_str);
    let name = text("name")?.to_owned();
    if failed {
        return Some(Judged { name, verdict: Verdict::Error });
    }
    let verdict = text("verdict")?;
    let all = [Outcome::Pass, Outcome::Warn, Outcome::Inconclusive, Outcome::Fail];
    let verdict = all.into_iter().find(|outcome| outcome.name() == verdict)?;
    Some(Judged { name, verdict: Verdict::Judged(verdict) })
}
