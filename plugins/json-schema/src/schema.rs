//! From a schema to what applies it.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{
    Draft, PatternOptions, ReferencingError, Registry, ValidationError, Validator, meta,
};
use serde_json::Value;
use tollgate_sdk::{Finding, Outcome};

use crate::kinds::Declared;
use crate::lint;
use crate::payload::{self, push_step};
use crate::report::Report;
use crate::representation::Payload;
use crate::settings::Settings;

/// How often a pattern with look-around or back-references may turn back on
/// one text. Other patterns never do; their time is linear.
const BACKTRACKS: usize = 50_000;

/// How large one compiled pattern may be, in bytes: `(a{1000}){1000}` is a
/// million states in a few letters.
const PATTERN_SIZE: usize = 1 << 20;

/// A schema, ready to judge.
pub(crate) struct Compiled {
    pub(crate) validator: Validator<Payload>,
    pub(crate) schema: Value,
    /// Schemas that it refers to, by URI.
    pub(crate) resources: Vec<(String, Value)>,
    pub(crate) max_findings: usize,
    /// What there is to be said of the schema itself.
    pub(crate) remarks: Vec<Finding>,
    /// Whether anything can break it.
    pub(crate) can_refuse: bool,
}

impl Compiled {
    /// That nothing can break it, which every check is told: what judged
    /// nothing has not passed.
    pub(crate) fn hollow(&self) -> Option<Finding> {
        (!self.can_refuse).then(|| lint::hollow(Outcome::Inconclusive))
    }

    /// What it declares of the columns of a file without types.
    pub(crate) fn declared(&self) -> Declared<'_> {
        let draft = Draft::default().detect(&self.schema);
        Declared::new(&self.schema, &self.resources, known(draft))
    }
}

/// The draft of schemas that do not say theirs.
fn known(draft: Draft) -> Draft {
    match draft {
        Draft::Unknown => Draft::default(),
        known => known,
    }
}

/// Compiles the schema.
///
/// Errors: findings that point into the settings.
pub(crate) fn compile(mut settings: Settings) -> Result<Compiled, Vec<Finding>> {
    if let (Some(uri), Value::Object(schema)) = (settings.draft, &mut settings.schema) {
        schema.entry("$schema").or_insert_with(|| uri.into());
    }
    let draft = Draft::default().detect(&settings.schema);
    let remarks = lint::remarks(&settings, draft);
    let can_refuse = lint::can_refuse(&settings, draft);
    let schema = settings.schema;
    let resources = settings.resources;
    let registry = registry(draft, &resources)?;
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACKS)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE);
    let mut options = jsonschema::options_for::<Payload>()
        .offline()
        .with_registry(&registry)
        .with_pattern_options(patterns);
    if let Some(formats) = settings.formats {
        options = options.should_validate_formats(formats);
    }
    match options.build(&schema) {
        Ok(_) if settings.strict_schema && !(remarks.is_empty() && can_refuse) => {
            let hollow = (!can_refuse).then(|| lint::hollow(Outcome::Fail).at("/schema"));
            let refused = remarks.into_iter().chain(hollow).map(|remark| Finding {
                rule: "signature-invalid".to_owned(),
                outcome: Outcome::Fail,
                ..remark
            });
            Err(refused.collect())
        }
        Ok(validator) => {
            drop(registry);
            let max_findings = settings.max_findings;
            Ok(Compiled { validator, schema, resources, max_findings, remarks, can_refuse })
        }
        Err(error) => {
            let mut findings = violations(&schema, settings.max_findings);
            if findings.is_empty() {
                findings = vec![refusal(&error, &schema, "/schema")];
            }
            Err(findings)
        }
    }
}

fn registry(draft: Draft, resources: &[(String, Value)]) -> Result<Registry<'_>, Vec<Finding>> {
    let default = known(draft);
    let mut builder = Registry::new();
    for (uri, schema) in resources {
        // One that does not say its draft is written like the schema.
        let resource = default.detect(schema).create_resource(schema.clone());
        builder = builder.add(uri, resource).map_err(|error| unusable(uri, &error))?;
    }
    builder.prepare().map_err(|error| {
        let found = resources.iter().find_map(|(uri, schema)| {
            let at = place_of(&error, schema)?;
            let mut pointer = "/resources".to_owned();
            push_step(&mut pointer, uri);
            Some(pointer + &at)
        });
        vec![signature_invalid(told(&error)).at(found.unwrap_or_else(|| "/resources".to_owned()))]
    })
}

fn unusable(uri: &str, error: &ReferencingError) -> Vec<Finding> {
    let mut pointer = "/resources".to_owned();
    push_step(&mut pointer, uri);
    vec![signature_invalid(told(error)).at(pointer)]
}

/// Everything that the draft itself finds wrong in the schema.
fn violations(schema: &Value, most: usize) -> Vec<Finding> {
    let Ok(validator) = meta::validator_for(schema) else {
        return Vec::new();
    };
    let text = schema.to_string();
    let Ok(document) = payload::read(text.as_bytes()) else {
        return Vec::new();
    };
    let report = Report { payload: &document.tree, name: "the schema", schema: &Value::Null, most };
    let mut findings = report.findings(validator.iter_errors(schema), Vec::new(), || false);
    for finding in &mut findings {
        "signature-invalid".clone_into(&mut finding.rule);
        let at = finding.pointer.take().unwrap_or_default();
        finding.pointer = Some(format!("/schema{at}"));
    }
    findings
}

/// Why a schema that its draft allows cannot be used.
fn refusal(error: &ValidationError<'_>, schema: &Value, at: &str) -> Finding {
    match error.kind() {
        Kind::Referencing(error) => {
            let place = place_of(error, schema).unwrap_or_default();
            signature_invalid(told(error)).at(format!("{at}{place}"))
        }
        kind => {
            let place = error.instance_path().as_str();
            let message = match kind {
                Kind::Format { format } if format == "regex" => {
                    "the pattern is no regular expression, or one that is too large".to_owned()
                }
                kind => format!("the schema cannot be used: `{}` refuses it", kind.keyword()),
            };
            let finding = signature_invalid(message).at(format!("{at}{place}"));
            match schema.pointer(place) {
                Some(value) if !place.is_empty() => {
                    finding.actual(crate::show::schema_value(value))
                }
                _ => finding,
            }
        }
    }
}

fn signature_invalid(message: String) -> Finding {
    Finding::new("signature-invalid", Outcome::Fail, message)
}

fn told(error: &ReferencingError) -> String {
    match error {
        ReferencingError::Unretrievable { uri, .. } => format!(
            "the schema refers to `{uri}`, which is not among `resources`, and nothing is fetched: \
             give it there, or as `--resource {uri}=FILE`"
        ),
        ReferencingError::PointerToNowhere { pointer } => {
            format!("a reference leads to `{pointer}`, and nothing is there")
        }
        ReferencingError::NoSuchAnchor { anchor } => {
            format!("a reference leads to the anchor `{anchor}`, which no schema has")
        }
        ReferencingError::UnknownSpecification { specification } => format!(
            "`{specification}` is no draft that is known: 4, 6, 7, 2019-09 and 2020-12 are, and \
             other meta-schemas must be among `resources`"
        ),
        ReferencingError::CircularMetaschema { uri } => {
            format!("the meta-schema `{uri}` describes itself by way of others")
        }
        ReferencingError::InvalidUri(_) => "a reference is no URI".to_owned(),
        _ => "a reference cannot be resolved: it leads through what is no schema".to_owned(),
    }
}

/// Where in a schema the reference stands that cannot be resolved.
fn place_of(error: &ReferencingError, schema: &Value) -> Option<String> {
    let wanted = match error {
        ReferencingError::Unretrievable { uri, .. } => uri,
        ReferencingError::PointerToNowhere { pointer } => pointer,
        ReferencingError::NoSuchAnchor { anchor } | ReferencingError::InvalidAnchor { anchor } => {
            anchor
        }
        ReferencingError::UnknownSpecification { specification } => specification,
        _ => return None,
    };
    let last = wanted.rsplit(['/', '#']).find(|part| !part.is_empty())?;
    reference(schema, last)
}

fn reference(schema: &Value, end: &str) -> Option<String> {
    let inside = |step: &str, value: &Value| {
        reference(value, end).map(|rest| {
            let mut pointer = String::new();
            push_step(&mut pointer, step);
            pointer + &rest
        })
    };
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let is_reference =
                matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef" | "$schema");
            match value {
                Value::String(text)
                    if is_reference && text.trim_end_matches('#').ends_with(end) =>
                {
                    Some(format!("/{name}"))
                }
                _ => inside(name, value),
            }
        }),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, value)| inside(&at.to_string(), value))
        }
        _ => None,
    }
}
