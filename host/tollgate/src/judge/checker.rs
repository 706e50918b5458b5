//! The judge of payloads.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};
use tollgate_engine::types::{Finding, Manner, Outcome, Records, TypedColumn};
use tollgate_engine::{
    CallOptions, CallStats, ConfigureError, EngineError, Fault, Plugin, Signature,
};

use super::checked::{Checked, CheckedRows};
use super::opened::Opened;
use super::rows::{self, NO_ROWS, Seen, Telling};
use super::subject::{CheckerOptions, Mode, Part, Protocol, Subject};
use super::{JudgeError, located};
use crate::canonical;
use crate::mistake::{Mistake, Mistakes};
use crate::plugins::{JSON_SCHEMA, Plugins};
use crate::report::{CheckReport, FindingReport, PluginReport};
use crate::rows::{Judged, RowSource};
use crate::source::Source;
use crate::tree::{Node, NonFinite};

/// A signature, a schema or a document, ready to judge payloads. Owned, for
/// many threads, and cheap to clone.
///
/// ```no_run
/// # use tollgate::judge::{Checker, CheckerOptions, Subject};
/// # use tollgate::{model, plugins::Plugins};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// let signature = model::read_signature("models/churn".as_ref())?;
/// let subject = Subject::Signature {
///     signature,
///     part: Default::default(),
///     mode: Default::default(),
///     protocol: Default::default(),
/// };
/// let checker = Checker::new(&plugins, &subject, CheckerOptions::default())?;
/// let checked = checker.check(br#"{"dataframe_records": [{"age": 41}]}"#)?;
/// println!("{}", checked.verdict().name());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Checker(Arc<Inner>);

struct Inner {
    plugin: Plugin,
    signature: Signature,
    /// The file of the signature, schema or document.
    source: String,
    against: Against,
    /// What the plugin says of its settings.
    remarks: Vec<Finding>,
    allow_empty: bool,
}

/// What a subject is, for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    /// A protocol without modes has none.
    Signature(Part, Option<Mode>),
    Schema,
    Document,
}

impl Checker {
    /// Configures the plugin that knows the kind of the subject.
    ///
    /// # Errors
    /// When the subject cannot be used.
    pub fn new(
        plugins: &Plugins,
        subject: &Subject,
        options: CheckerOptions,
    ) -> Result<Self, JudgeError> {
        let limited = |plugin: Plugin| match options.limits {
            Some(limits) => plugin.with_limits(limits),
            None => Ok(plugin),
        };
        let (plugin, signature, source, against) = match subject {
            Subject::Signature { signature, part, mode, protocol } => {
                let plugin = limited(plugins.built_in(protocol.plugin())?)?;
                let mut settings = Map::from_iter([
                    ("signature".to_owned(), signature.value.clone()),
                    ("part".to_owned(), part.name().into()),
                    ("max_findings".to_owned(), options.max_findings.into()),
                    ("allow_empty".to_owned(), options.allow_empty.into()),
                ]);
                let mode = Some(*mode).filter(|_| *protocol == Protocol::Mlflow);
                if let Some(mode) = mode {
                    settings.insert("mode".to_owned(), mode.name().into());
                }
                let settings = canonical::to_text(&settings.into());
                let configured =
                    plugin.signature(Some(&settings)).map_err(|error| match error {
                        ConfigureError::Refused { findings, .. } => {
                            unusable("signature", &signature.source, &findings)
                        }
                        error => error.into(),
                    })?;
                (plugin, configured, signature.source.clone(), Against::Signature(*part, mode))
            }
            Subject::Schema { schema, resources, formats, strict } => {
                let plugin = limited(plugins.built_in(JSON_SCHEMA)?)?;
                let mut settings = Map::new();
                settings.insert("schema".to_owned(), schema_value(schema)?);
                settings.insert("max_findings".to_owned(), options.max_findings.into());
                for (name, asked) in [("formats", *formats), ("strict_schema", *strict)] {
                    if asked {
                        settings.insert(name.to_owned(), true.into());
                    }
                }
                let mut others = Map::new();
                for (uri, resource) in resources {
                    others.insert(uri.clone(), schema_value(resource)?);
                }
                settings.insert("resources".to_owned(), others.into());
                let settings = canonical::to_text(&settings.into());
                let configured =
                    plugin.signature(Some(&settings)).map_err(|error| match error {
                        ConfigureError::Refused { findings, .. } => in_schema(schema, &findings),
                        error => error.into(),
                    })?;
                (plugin, configured, schema.name().to_owned(), Against::Schema)
            }
            Subject::Document(opened) => {
                let document = opened.document();
                let plugin = limited(opened.plugin().clone())?;
                let configured = plugin
                    .signature(opened.settings())
                    .map_err(|error| located(document, error))?;
                (plugin, configured, document.source().name().to_owned(), Against::Document)
            }
        };
        // In a report a pointer leads into the payload.
        let remark = |remark| Finding { pointer: None, ..remark };
        let remarks = signature.remarks()?.into_iter().map(remark).collect();
        let allow_empty = options.allow_empty;
        Ok(Self(Arc::new(Inner { plugin, signature, source, against, remarks, allow_empty })))
    }

    /// Opens a policy document, or a component that [`bake`](super::bake) made.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(plugins: &Plugins, path: &Path) -> Result<Self, JudgeError> {
        let opened = Opened::open(plugins, path)?;
        Self::new(plugins, &Subject::Document(Box::new(opened)), CheckerOptions::default())
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.0.plugin
    }

    /// The configured signature.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.0.signature
    }

    /// The file of the signature, the schema or the document.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// How rows are judged, which whoever reads them must know.
    #[must_use]
    pub fn judged(&self) -> Judged {
        match self.0.signature.rows() {
            Manner::Together => Judged::Together,
            Manner::Apart | Manner::None => Judged::Apart,
        }
    }

    /// What the plugin has to say of the signature, the schema or the document
    /// itself. A report holds it.
    #[must_use]
    pub fn remarks(&self) -> &[Finding] {
        &self.0.remarks
    }

    /// Keeps so many instances ready for fresh calls; see
    /// [`Policy::prepare`](tollgate_engine::Policy::prepare).
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        self.0.signature.prepare(count)
    }

    /// Judges one payload in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails: the payload has not passed. A bad payload is
    /// findings, not an error.
    pub fn check(&self, payload: &[u8]) -> Result<Checked, Fault> {
        self.check_with(payload, &CallOptions::fresh(), None)
    }

    /// [`Checker::check`], as the options say; what it took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn check_with(
        &self,
        payload: &[u8],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Checked, Fault> {
        let _span = self.span();
        let findings = self.0.signature.check_with(payload, options, stats)?;
        Ok(Checked { findings })
    }

    /// Judges columns of one batch of rows, as the options say; what it took
    /// goes to `stats`.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn check_columns_with(
        &self,
        rows: u32,
        columns: &[TypedColumn],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Checked, Fault> {
        let _span = self.span();
        let findings = self.0.signature.check_columns_with(rows, columns, options, stats)?;
        Ok(self.not_empty(rows == 0, findings))
    }

    /// Judges rows that are JSON objects, as the options say; what it took
    /// goes to `stats`.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn check_records_with(
        &self,
        records: &Records,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Checked, Fault> {
        let _span = self.span();
        let findings = self.0.signature.check_records_with(records, options, stats)?;
        Ok(self.not_empty(records.is_empty(), findings))
    }

    /// What judged no row has not passed.
    fn not_empty(&self, is_empty: bool, findings: Vec<Finding>) -> Checked {
        let mut checked = Checked { findings };
        if is_empty && !self.0.allow_empty && checked.passes() {
            checked.findings.push(no_rows());
        }
        checked
    }

    /// What the subject comes to without a payload: whether anything can be
    /// judged by it.
    #[must_use]
    pub fn look(&self) -> Checked {
        let blocks = |remark: &&Finding| remark.outcome > Outcome::Warn;
        Checked { findings: self.0.remarks.iter().filter(blocks).cloned().collect() }
    }

    /// Judges all rows of a source, which reads on in a thread of its own, in
    /// one warm instance. `options` says how much of it is told; `watch` is
    /// told after each batch how far it is.
    ///
    /// # Errors
    /// When the source cannot be read to its end, the plugin fails, or the
    /// subject has no rows of this kind.
    pub fn check_rows(
        &self,
        source: &mut dyn RowSource,
        options: CheckerOptions,
        watch: &mut dyn FnMut(Seen),
    ) -> Result<CheckedRows, JudgeError> {
        let _span = self.span();
        if self.0.signature.rows() == Manner::None {
            return Err(JudgeError::NotRows { plugin: self.0.plugin.name().to_owned() });
        }
        let telling = Telling {
            how: self.judged(),
            most: usize::try_from(options.max_findings).unwrap_or(usize::MAX),
            allow_empty: options.allow_empty,
            // The plugin of a document knows nothing of what was allowed here.
            ask_of_none: !(options.allow_empty && self.0.against == Against::Document),
        };
        rows::rows(&self.0.signature, source, telling, watch)
    }

    /// The report on what a payload came to, which is called `payload`; none
    /// where only the subject was looked at.
    #[must_use]
    pub fn report(&self, payload: Option<String>, checked: Checked) -> CheckReport {
        let (part, mode) = match self.0.against {
            Against::Signature(part, mode) => (Some(part.name()), mode.map(Mode::name)),
            Against::Schema | Against::Document => (None, None),
        };
        // What blocks is in each answer already.
        let mild = |remark: &&Finding| remark.outcome <= Outcome::Warn;
        let remarks = self.0.remarks.iter().filter(mild).cloned();
        let findings: Vec<_> =
            checked.findings.into_iter().chain(remarks).map(FindingReport::from).collect();
        CheckReport {
            verdict: worst(&findings),
            signature: self.0.source.clone(),
            payload,
            part,
            mode,
            findings,
            more_findings: 0,
            rows: None,
            plugin: PluginReport::from(&self.0.plugin),
        }
    }

    /// The report on what many rows came to.
    #[must_use]
    pub fn report_rows(&self, payload: Option<String>, checked: CheckedRows) -> CheckReport {
        let CheckedRows { mut findings, more_findings, verdict, rows } = checked;
        let of_subject = self.report(payload, Checked { findings: Vec::new() });
        let verdict = verdict.max(of_subject.verdict);
        findings.extend(of_subject.findings);
        CheckReport { verdict, findings, more_findings, rows: Some(rows), ..of_subject }
    }

    /// What the model would receive, as JSON text; or what is in the way.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn normalize_with(
        &self,
        payload: &[u8],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Result<Vec<u8>, Checked>, Fault> {
        let _span = self.span();
        let normalized = self.0.signature.normalize_with(payload, options, stats)?;
        Ok(normalized.map_err(|findings| Checked { findings }))
    }

    fn span(&self) -> tracing::span::EnteredSpan {
        tracing::debug_span!("check", against = %self.0.source, plugin = %self.0.plugin.name())
            .entered()
    }
}

fn worst(findings: &[FindingReport]) -> Outcome {
    findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
}

fn no_rows() -> Finding {
    Finding {
        rule: NO_ROWS.to_owned(),
        outcome: Outcome::Inconclusive,
        message: "there are no rows, so nothing was judged".to_owned(),
        row: None,
        column: None,
        pointer: None,
        expected: None,
        actual: None,
        facts: Vec::new(),
        occurrences: 1,
        measured: None,
    }
}

/// A schema for the plugin's settings: JSON as the text that it is, so that
/// numbers keep their digits.
fn schema_value(source: &Source) -> Result<Value, JudgeError> {
    if source.name().ends_with(".yaml") || source.name().ends_with(".yml") {
        let tree = Node::parse_yaml(source, NonFinite::Refused).map_err(Mistakes::from)?;
        return Ok(tree.to_json());
    }
    Ok(source.text().into())
}

/// What is wrong with a schema, at its lines where they can be found.
fn in_schema(source: &Source, findings: &[Finding]) -> JudgeError {
    let tree = match Node::parse(source, NonFinite::Refused) {
        Ok(tree) => tree,
        // It is no JSON, and this says where.
        Err(mistake) => return Mistakes::from(mistake).into(),
    };
    let places: Option<Vec<&str>> = findings
        .iter()
        .map(|finding| finding.pointer.as_deref()?.strip_prefix("/schema"))
        .collect();
    if let Some(places) = places {
        let mistakes = findings.iter().zip(places).map(|(finding, place)| {
            Mistake::new(source, tree.nearest(place).span(), finding.message.clone()).maybe_suggest(
                finding.expected.as_ref().map(|expected| format!("expected {expected}")),
            )
        });
        if let Some(mistakes) = Mistakes::collect(mistakes.collect()) {
            return mistakes.into();
        }
    }
    unusable("schema", source.name(), findings)
}

fn unusable(what: &'static str, file: &str, findings: &[Finding]) -> JudgeError {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    JudgeError::Subject { what, file: file.to_owned(), message: messages.join("; ") }
}
