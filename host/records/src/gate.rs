//! What a record says of a gate run: all that it saw, what judged it and by
//! which rules, and what it came to. It is enough to judge again.

mod differences;
mod recorded;
mod recorder;
mod replay;

use std::path::PathBuf;

use serde_json::{Value, json};
use thiserror::Error;
use tollgate::canonical;
use tollgate::document::{DocumentError, PolicyDocument};
use tollgate::judge::{Gate, GateCase, JudgeError};
use tollgate::model::Model;
use tollgate::report::GateReport;
use tollgate::source::Source;
use tollgate_engine::{Digest, Plugin};

pub use self::differences::{Difference, MOST_DIFFERENCES};
pub use self::recorded::recorded;
pub use self::recorder::{RecordError, Recorder};
pub use self::replay::{By, ReplayError, Replayed, Replayer};
use crate::record::Record;

/// The kind of such records.
pub const KIND: &str = "gate";

/// What was judged would not be read back as it was.
#[derive(Debug, Error)]
#[error("nothing is recorded: the evidence of this run is lost when it is kept: {0}")]
pub struct Unkept(String);

/// The body of a record: what was judged, and its report, or why there is none.
///
/// # Errors
/// When the case would not be read back as it was: a record that gives another
/// report than the run is none.
pub fn body(
    case: &GateCase,
    gates: &[Gate],
    judged: Result<&GateReport, &JudgeError>,
) -> Result<Value, Unkept> {
    let kept = case.to_json();
    let again = read_case(&kept).map_err(|error| Unkept(error.to_string()))?;
    if again.to_json() != kept {
        return Err(Unkept("a fact has another value when it is read again".to_owned()));
    }
    // Nor may a profile be another one when it is read again.
    for gate in gates {
        let document = read_document("profile", &profile_text(gate));
        let document = document.map_err(|error| Unkept(error.to_string()))?;
        if document.settings() != gate.profile().settings() {
            let name = &gate.profile().name;
            return Err(Unkept(format!("`{name}` has other settings when it is read again")));
        }
    }
    let (key, came) = match judged {
        Ok(report) => {
            let report = serde_json::to_value(report);
            ("report", report.map_err(|error| Unkept(error.to_string()))?)
        }
        Err(error) => (ERROR, error.to_string().into()),
    };
    Ok(json!({
        "case": kept,
        "candidate": version(case.candidate()),
        "champion": case.champion().map(version),
        "profiles": gates.iter().map(profile).collect::<Vec<Value>>(),
        key: came,
    }))
}

/// The member that says why there is no report.
const ERROR: &str = "error";

/// Why the run of a record came to no verdict; none where it came to one.
#[must_use]
pub fn error_of(record: &Record) -> Option<&str> {
    match record.body.get("report") {
        Some(_) => None,
        None => record.body.get(ERROR)?.as_str(),
    }
}

fn read_case(kept: &Value) -> Result<GateCase, JudgeError> {
    GateCase::parse(&Source::new("case.json", &canonical::to_text(kept)))
}

fn read_document(name: &str, text: &str) -> Result<PolicyDocument, DocumentError> {
    PolicyDocument::parse(Source::new(name, text), PathBuf::new())
}

/// Which version, and the digest of what describes it: of the case alone that
/// could not be told any more.
fn version(model: &Model) -> Value {
    json!({
        "title": model.title,
        "name": model.name,
        "version": model.version,
        "digest": model.digest().to_string(),
    })
}

/// The text that the profile is read from again: its file's, so that the lines
/// of its rules stay what they were; of a baked one, which has no file, its
/// document.
fn profile_text(gate: &Gate) -> String {
    match baked(gate.plugin()) {
        true => gate.profile().to_canonical_json(),
        false => gate.profile().source().text().to_owned(),
    }
}

fn profile(gate: &Gate) -> Value {
    let (document, plugin) = (gate.profile(), gate.plugin());
    json!({
        "name": document.name,
        "version": document.version.to_string(),
        "file": gate.file(),
        "document": profile_text(gate),
        "digest": policy_digest(gate).to_string(),
        "plugin": {
            "name": plugin.info().name,
            "version": plugin.info().version,
            "contract": plugin.contract(),
            "digest": plugin.digest().to_string(),
            "baked": plugin.baked().is_some(),
        },
    })
}

/// The digest of the file that the profile came from, which anybody can take:
/// `sha256sum offline.yaml`.
fn policy_digest(gate: &Gate) -> Digest {
    match baked(gate.plugin()) {
        true => gate.plugin().digest(),
        false => Digest::of(gate.profile().source().text().as_bytes()),
    }
}

fn baked(plugin: &Plugin) -> bool {
    plugin.baked().is_some()
}
