//! Verdicts in Envoy's messages.

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{Struct, Value};
use hyper::StatusCode;

use super::told::{Field, Header, METADATA};

/// How a service reads the value of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// ext_authz.
    Text,
    /// ext_proc.
    Raw,
}

/// Headers, each in the place of those of its name.
pub(super) fn headers(
    form: Form,
    headers: impl IntoIterator<Item = Header>,
) -> Vec<HeaderValueOption> {
    headers.into_iter().map(|(name, value)| header(form, name, value)).collect()
}

/// One header, in the place of those of its name.
fn header(form: Form, name: &str, value: String) -> HeaderValueOption {
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

pub(super) fn status(status: StatusCode) -> Option<HttpStatus> {
    Some(HttpStatus { code: i32::from(status.as_u16()) })
}

/// Dynamic metadata with these fields.
pub(super) fn metadata(fields: Vec<(&str, Field)>) -> Struct {
    let fields = fields.into_iter().map(|(name, field)| {
        let kind = match field {
            Field::Text(text) => Kind::StringValue(text),
            Field::Number(number) => Kind::NumberValue(number),
        };
        (name, kind)
    });
    structure([(METADATA, Kind::StructValue(structure(fields)))].into_iter())
}

fn structure<'n>(fields: impl Iterator<Item = (&'n str, Kind)>) -> Struct {
    Struct {
        fields: fields.map(|(name, kind)| (name.to_owned(), Value { kind: Some(kind) })).collect(),
    }
}
