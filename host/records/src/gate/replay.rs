//! A gate run again, from its record alone.

use std::collections::BTreeMap;

use miette::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;
use tollgate::canonical;
use tollgate::judge::{Gate, JudgeError, Opened};
use tollgate::plugins::{PluginError, Plugins};
use tollgate::report::GateReport;
use tollgate_engine::{Digest, Plugin};

use super::{Difference, KIND, baked, differences, error_of, read_case, read_document};
use crate::record::Record;
use crate::store::{Store, StoreError};

/// Which plugins judge again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Those that judged, byte for byte.
    Recorded,
    /// Those that the profiles would get today.
    Current,
}

/// A run, judged again.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// What it comes to now; none where it fails as it failed before.
    pub report: Option<GateReport>,
    /// Where the record says something else; none when it is the same report,
    /// byte for byte as canonical JSON, or the same error.
    pub differences: Vec<Difference>,
}

/// Why a record was not judged again.
#[derive(Debug, Error, Diagnostic)]
pub enum ReplayError {
    /// It is of something else.
    #[error("record {seq} is of a `{kind}`, and gate runs alone are judged again")]
    NoGate {
        /// The record.
        seq: u64,
        /// What it is of.
        kind: String,
    },
    /// It does not say what a gate run says.
    #[error("record {seq} is of a gate run and says nothing of {what} that can be read")]
    Body {
        /// The record.
        seq: u64,
        /// What is missing.
        what: &'static str,
    },
    /// The plugin that judged is not at hand.
    #[error("record {seq} was judged by plugin `{plugin}`, {digest}, which is not at hand")]
    #[diagnostic(code(tollgate::plugin))]
    NoPlugin {
        /// The record.
        seq: u64,
        /// The plugin, `name@version`.
        plugin: String,
        /// Its digest.
        digest: Digest,
    },
    /// A kept plugin cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The run fails.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Judge(#[from] JudgeError),
}

/// Judges records again. It keeps the plugins that it has loaded.
#[derive(Debug)]
pub struct Replayer {
    plugins: Plugins,
    store: Store,
    by: By,
    loaded: BTreeMap<Digest, Plugin>,
}

impl Replayer {
    /// With plugins that are built in or were added, and those of a store.
    #[must_use]
    pub fn new(plugins: Plugins, store: Store, by: By) -> Self {
        Self { plugins, store, by, loaded: BTreeMap::new() }
    }

    /// Judges a record again.
    ///
    /// # Errors
    /// When it is none of a gate run, its plugin is not at hand or fails.
    pub fn replay(&mut self, record: &Record) -> Result<Replayed, ReplayError> {
        let seq = record.seq;
        if record.kind != KIND {
            return Err(ReplayError::NoGate { seq, kind: record.kind.clone() });
        }
        let part =
            |what: &'static str| record.body.get(what).ok_or(ReplayError::Body { seq, what });
        let case = read_case(part("case")?)?;
        let profiles = part("profiles")?.as_array();
        let profiles = profiles.ok_or(ReplayError::Body { seq, what: "profiles" })?;
        let gates = profiles.iter().map(|profile| self.gate(seq, profile));
        let gates = gates.collect::<Result<Vec<_>, _>>()?;
        let judged = case.judge(&gates);
        if let Some(error) = error_of(record) {
            return Ok(failed_before(error, judged));
        }
        let mut recorded = part("report")?.clone();
        let report = judged?;
        let mut replayed = canonical_value(&serde_json::to_value(&report).unwrap_or_default());
        if self.by == By::Current {
            forget_plugins(&mut recorded);
            forget_plugins(&mut replayed);
        }
        let differences = differences::differences(&recorded, &replayed);
        Ok(Replayed { report: Some(report), differences })
    }

    /// The judge of a profile, as the record has it.
    fn gate(&mut self, seq: u64, profile: &Value) -> Result<Gate, ReplayError> {
        let body = |what| ReplayError::Body { seq, what };
        let text = |key: &str| profile.get(key).and_then(Value::as_str).ok_or(body("a profile"));
        // By the name that it had: it stands in the report.
        let name = text("file")?;
        let document = read_document(name, text("document")?).map_err(JudgeError::from)?;
        let plugin = match self.by {
            By::Recorded => self.recorded(seq, profile)?,
            By::Current => {
                let plugin = self.plugins.resolve(&document.plugin, document.folder());
                plugin.map_err(JudgeError::from)?
            }
        };
        let opened = match baked(&plugin) {
            // The document in the component is the one that it judges by.
            true => Opened::of_component(&self.plugins, name, plugin.bytes())?,
            false => Opened::of_parts(document, plugin)?,
        };
        Ok(Gate::new(opened)?)
    }

    /// The plugin with the bytes that judged.
    fn recorded(&mut self, seq: u64, profile: &Value) -> Result<Plugin, ReplayError> {
        let said = |key: &str| profile.pointer(&format!("/plugin/{key}")).and_then(Value::as_str);
        let digest = said("digest").and_then(Digest::parse);
        let digest = digest.ok_or(ReplayError::Body { seq, what: "a plugin" })?;
        if let Some(plugin) = self.loaded.get(&digest) {
            return Ok(plugin.clone());
        }
        let plugin = self.plugins.with_digest(digest).map_err(JudgeError::from)?;
        let plugin = match plugin {
            Some(plugin) => plugin,
            None => self.stored(digest)?.ok_or_else(|| ReplayError::NoPlugin {
                seq,
                plugin: format!(
                    "{}@{}",
                    said("name").unwrap_or_default(),
                    said("version").unwrap_or_default()
                ),
                digest,
            })?,
        };
        self.loaded.insert(digest, plugin.clone());
        Ok(plugin)
    }

    fn stored(&self, digest: Digest) -> Result<Option<Plugin>, ReplayError> {
        let Some(component) = self.store.load(digest)? else { return Ok(None) };
        let from = self.store.path(digest).display().to_string();
        let plugin = self.plugins.engine().load(&component);
        let plugin = plugin.map_err(|error| PluginError::Load { from, error });
        Ok(Some(plugin.map_err(JudgeError::from)?))
    }
}

/// A run that came to no report, beside what it comes to now.
fn failed_before(recorded: &str, judged: Result<GateReport, JudgeError>) -> Replayed {
    let now = |report: &GateReport| json!({ "report": { "verdict": report.verdict.name() } });
    let replayed = match &judged {
        Ok(report) => now(report),
        Err(error) => json!({ "error": error.to_string() }),
    };
    let differences = differences::differences(&json!({ "error": recorded }), &replayed);
    Replayed { report: judged.ok(), differences }
}

/// The value that is read where this one was written: `1.0` and `1` are one
/// number.
fn canonical_value(value: &Value) -> Value {
    serde_json::from_str(&canonical::to_text(value)).unwrap_or_default()
}

/// That another plugin judged is no news where that was asked for.
fn forget_plugins(report: &mut Value) {
    let profiles = report.get_mut("profiles").and_then(Value::as_array_mut);
    for profile in profiles.into_iter().flatten().filter_map(Value::as_object_mut) {
        profile.remove("plugin");
    }
}
