//! Does a payload honour a JSON Schema?
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12, applied by the crate `jsonschema`. The
//! plugin brings its own reader of payloads: numbers keep their digits, a name
//! that comes twice is a finding, and nesting has a limit. The schema is
//! compiled once, in `configure`.

mod columns;
mod explain;
mod judge;
mod kinds;
mod lint;
mod payload;
mod randomness;
mod report;
mod representation;
mod rows;
mod schema;
mod settings;
mod show;
mod text;
mod time;

use std::fmt;

use tollgate_sdk::signature::{Manner, Records, Signature, TypedColumn};
use tollgate_sdk::{Finding, Outcome};

use judge::judge;
use schema::Compiled;
use settings::Settings;

pub use settings::Given;

/// The plugin: a schema, ready to judge payloads.
pub struct JsonSchema(Compiled);

impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonSchema").field(&self.0.schema).finish()
    }
}

impl Signature for JsonSchema {
    type Settings = Given;

    const SETTINGS_SCHEMA: &'static str = include_str!("../settings.schema.json");

    fn configure(given: Given) -> Result<Self, Vec<Finding>> {
        let settings = payload::read(given.text().as_bytes()).map_err(|malformed| {
            let mut finding = report::malformed(*malformed);
            "invalid-settings".clone_into(&mut finding.rule);
            vec![finding]
        })?;
        let settings = Settings::read(&settings.tree)?;
        schema::compile(settings).map(Self)
    }

    fn remarks(&self) -> Vec<Finding> {
        let mut remarks = self.0.remarks.clone();
        remarks.extend(self.0.hollow());
        remarks
    }

    fn check(&self, payload: &[u8]) -> Vec<Finding> {
        let mut findings = match payload::read(payload) {
            Err(malformed) => vec![report::malformed(*malformed)],
            Ok(document) => judge(&self.0, "the payload", &document, self.0.max_findings),
        };
        findings.extend(self.0.hollow());
        findings
    }

    /// The payload as it came. A `default` of a JSON Schema says what a value
    /// would mean, not that anybody fills it in.
    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
        let mut findings = self.check(payload);
        findings.retain(|finding| !matches!(finding.outcome, Outcome::Pass | Outcome::Warn));
        if findings.is_empty() { Ok(payload.to_vec()) } else { Err(findings) }
    }

    fn rows(&self) -> Manner {
        Manner::Apart
    }

    fn check_columns(&self, rows: usize, columns: &[TypedColumn]) -> Vec<Finding> {
        let mut findings = columns::check(&self.0, rows, columns);
        findings.extend(self.0.hollow());
        findings
    }

    fn check_records(&self, records: &Records) -> Vec<Finding> {
        let mut findings = rows::records(&self.0, records);
        findings.extend(self.0.hollow());
        findings
    }
}

tollgate_sdk::export_signature!(JsonSchema);
