//! Verdicts in Envoy's messages.

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{Struct, Value};
use hyper::StatusCode;

use super::told::{Denial, Told};

pub(super) const ACTION: &str = "x-tollgate-action";
pub(super) const REASON: &str = "x-tollgate-reason";
pub(super) const DECISION_ID: &str = "x-tollgate-decision-id";
pub(super) const POLICY: &str = "x-tollgate-policy";

/// The headers that are ours to say, whoever sends them.
pub(super) fn ours() -> Vec<String> {
    [ACTION, REASON, DECISION_ID, POLICY].map(str::to_owned).to_vec()
}

/// How a service reads the value of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// ext_authz.
    Text,
    /// ext_proc.
    Raw,
}

/// One header, in the place of those of its name.
pub(super) fn header(form: Form, name: &str, value: &str) -> HeaderValueOption {
    // A plugin's words are any, and a header's are not.
    let is_fit = |letter: char| letter == ' ' || letter.is_ascii_graphic();
    let value: String = value.chars().map(|it| if is_fit(it) { it } else { '?' }).collect();
    let (text, raw) = match form {
        Form::Text => (value, Vec::new()),
        Form::Raw => (String::new(), value.into_bytes()),
    };
    HeaderValueOption {
        header: Some(HeaderValue { key: name.to_owned(), value: text, raw_value: raw }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd as i32,
        ..HeaderValueOption::default()
    }
}

/// What was decided.
pub(super) fn headers(form: Form, told: &Told) -> Vec<HeaderValueOption> {
    let Told { action, reason, id, policy, .. } = told;
    [(ACTION, action), (REASON, reason), (DECISION_ID, id), (POLICY, policy)]
        .map(|(name, value)| header(form, name, value))
        .to_vec()
}

/// The headers of a denial.
pub(super) fn of_denial(form: Form, denial: &Denial) -> Vec<HeaderValueOption> {
    let mut all =
        vec![header(form, "content-type", denial.media), header(form, "cache-control", "no-store")];
    if denial.again {
        all.push(header(form, "retry-after", "1"));
    }
    if let Some(told) = &denial.told {
        all.extend(headers(form, told));
    }
    all
}

pub(super) fn status(status: StatusCode) -> Option<HttpStatus> {
    Some(HttpStatus { code: i32::from(status.as_u16()) })
}

/// Dynamic metadata of what goes on.
pub(super) fn passed(told: Option<&Told>) -> Struct {
    metadata(vec![("verdict", text("allow"))], told)
}

/// Dynamic metadata of what does not.
pub(super) fn denied(denial: &Denial) -> Struct {
    let verdict = vec![("verdict", text("deny")), ("why", text(denial.why))];
    metadata(verdict, denial.told.as_deref())
}

fn metadata(mut fields: Vec<(&str, Kind)>, told: Option<&Told>) -> Struct {
    if let Some(told) = told {
        fields.push(("action", text(&told.action)));
        fields.push(("reason", text(&told.reason)));
        fields.push(("decision_id", text(&told.id)));
        fields.push(("policy", text(&told.policy)));
        // At most ten thousand: exact.
        #[allow(clippy::cast_precision_loss, reason = "there are few")]
        fields.push(("rows", Kind::NumberValue(told.rows as f64)));
    }
    structure(vec![("tollgate", Kind::StructValue(structure(fields)))])
}

fn structure(fields: Vec<(&str, Kind)>) -> Struct {
    let fields = fields.into_iter();
    Struct {
        fields: fields.map(|(name, kind)| (name.to_owned(), Value { kind: Some(kind) })).collect(),
    }
}

fn text(text: &str) -> Kind {
    Kind::StringValue(text.to_owned())
}
