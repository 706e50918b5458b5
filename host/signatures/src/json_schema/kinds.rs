//! What callers send for a type.

use tollgate::tree::escape;

use crate::json::Json;
use crate::loss::Loss;
use crate::schema::{DataType, Kind, Property};

/// Canonical base64 with padding (RFC 4648, section 4).
const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// A time to the second without a zone, in the years that nanoseconds of 64
/// bits reach; days exist, leap years included.
pub(super) const TIME: &str = concat!(
    "^(?:(?:1(?:6(?:7[89]|[89][0-9])|[7-9][0-9]{2})|2(?:[01][0-9]{2}|2(?:[0-5][0-9]|6[01])))",
    "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))",
    "|(?:1(?:6(?:8[048]|9[26])|[7-9](?:0[48]|[2468][048]|[13579][26]))",
    "|2(?:[01](?:0[48]|[2468][048]|[13579][26])|2(?:0[48]|[24][048]|[135][26]|60)|000))",
    "-02-29)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
);

/// The largest `float`.
pub(super) const FLOAT: &str = "3.4028234663852886e38";

pub(super) const BEYOND_DOUBLE: &str = "whole numbers beyond 2^53 are refused when no double holds them, and JSON Schema lets them pass";
const ROUND_TO_ZERO: &str =
    "numbers that a float rounds to zero are refused, and JSON Schema lets them pass";
const WITH_FRACTION: &str = "inside values MLflow takes whole numbers only with a fraction (2.0), \
                             and JSON Schema cannot tell 2 from 2.0";
const WITHOUT_FRACTION: &str = "MLflow takes whole numbers only without a fraction (2), and JSON \
                                Schema cannot tell 2 from 2.0";

/// What is gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Losses(pub(super) Vec<Loss>);

impl Losses {
    pub(super) fn add(&mut self, pointer: &str, message: &str) {
        self.0.push(Loss::new(pointer, message));
    }

    /// Says it in the schema, too.
    fn comment(&mut self, schema: Json, pointer: &str, message: &str) -> Json {
        self.add(pointer, message);
        schema.with("$comment", message)
    }
}

/// A schema of one type, or of that and null.
pub(super) fn typed(name: &str, nullable: bool) -> Json {
    let kind: Json = if nullable { vec![name, "null"].into() } else { name.into() };
    Json::map([("type", kind)])
}

pub(super) fn range(schema: Json, low: &str, high: &str) -> Json {
    schema
        .with("minimum", Json::Literal(low.to_owned()))
        .with("maximum", Json::Literal(high.to_owned()))
}

/// Whether a missing value may stand in a column of this type.
pub(super) fn takes_null(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Any
            | Kind::Data(
                DataType::Float | DataType::Double | DataType::String | DataType::Datetime
            )
    )
}

/// A cell of a column.
pub(super) fn cell(kind: &Kind, required: bool, at: &str, losses: &mut Losses) -> Json {
    let Kind::Data(data_type) = kind else {
        return nested(kind, required, at, losses);
    };
    match data_type {
        DataType::Boolean => typed("boolean", false),
        DataType::Integer => range(typed("integer", false), "-2147483648", "2147483647"),
        DataType::Long => {
            let schema =
                range(typed("integer", false), "-9223372036854775808", "9223372036854775807");
            losses.comment(
                schema,
                at,
                "beside a number with a fraction (2.0) whole numbers beyond 2^53 are refused, and \
                 JSON Schema cannot tell 2 from 2.0",
            )
        }
        DataType::Float => {
            let schema = range(typed("number", true), &format!("-{FLOAT}"), FLOAT);
            losses.comment(schema, at, ROUND_TO_ZERO)
        }
        DataType::Double => losses.comment(typed("number", true), at, BEYOND_DOUBLE),
        DataType::String => typed("string", true),
        DataType::Binary => {
            typed("string", false).with("contentEncoding", "base64").with("pattern", BASE64)
        }
        DataType::Datetime => typed("string", true).with("pattern", TIME),
    }
}

/// A value inside a cell. Recursion is bounded by the depth of types.
pub(super) fn nested(kind: &Kind, required: bool, at: &str, losses: &mut Losses) -> Json {
    match kind {
        Kind::Data(data_type) => scalar(*data_type, required, at, losses),
        Kind::Any => Json::Boolean(true),
        Kind::Vector => {
            let items = scalar(DataType::Double, true, at, losses);
            typed("array", !required).with("items", items)
        }
        Kind::Array(items) => {
            // A list of primitives is judged whole: null is no item of most.
            let inner = required || matches!(**items, Kind::Data(_));
            let at = format!("{at}/items");
            let items = match **items {
                // Each passes alone, but not as an item.
                Kind::Data(data_type @ (DataType::Float | DataType::Binary)) => {
                    nothing(false, data_type, &at, losses)
                }
                _ => nested(items, inner, &at, losses),
            };
            typed("array", !required).with("items", items)
        }
        Kind::Map(values) => {
            let values = nested(values, required, &format!("{at}/values"), losses);
            typed("object", !required).with("additionalProperties", values)
        }
        Kind::Object(properties) => object(properties, !required, at, losses),
    }
}

pub(super) fn object(
    properties: &[Property],
    nullable: bool,
    at: &str,
    losses: &mut Losses,
) -> Json {
    let required: Vec<&str> = properties
        .iter()
        .filter(|property| property.required)
        .map(|property| property.name.as_str())
        .collect();
    let properties = properties
        .iter()
        .map(|property| {
            let at = format!("{at}/properties/{}", escape(&property.name));
            (property.name.clone(), nested(&property.kind, property.required, &at, losses))
        })
        .collect();
    typed("object", nullable)
        .with("required", required)
        .with("properties", Json::Map(properties))
        .with("additionalProperties", false)
}

fn scalar(data_type: DataType, required: bool, at: &str, losses: &mut Losses) -> Json {
    let nullable = !required;
    match data_type {
        DataType::Boolean => typed("boolean", nullable),
        DataType::Integer | DataType::Datetime => nothing(nullable, data_type, at, losses),
        DataType::Long => {
            let schema =
                range(typed("integer", nullable), "-9223372036854775808", "9223372036854775807");
            losses.comment(schema, at, WITHOUT_FRACTION)
        }
        DataType::Float => {
            let mut values: Vec<Json> = vec![0_i64.into(), 1_i64.into()];
            values.extend(nullable.then_some(Json::Null));
            losses.comment(
                Json::map([("enum", values.into())]),
                at,
                "inside values MLflow takes only 0 and 1, without a fraction, for a `float`; \
                 declare a `double`",
            )
        }
        DataType::Double => losses.comment(typed("number", nullable), at, WITH_FRACTION),
        DataType::String => typed("string", nullable),
        DataType::Binary => losses.comment(
            typed("string", nullable),
            at,
            "inside values MLflow hands base64 on as text",
        ),
    }
}

/// No value at all but null, where that may be.
fn nothing(nullable: bool, data_type: DataType, at: &str, losses: &mut Losses) -> Json {
    let schema =
        if nullable { typed("null", false) } else { Json::map([("not", Json::Map(Vec::new()))]) };
    let instead = match data_type {
        DataType::Integer => "`long`",
        DataType::Float => "`double`",
        _ => "`string`",
    };
    let message = format!(
        "inside values MLflow takes no JSON value for `{}` here: declare {instead}",
        data_type.name()
    );
    losses.comment(schema, at, &message)
}

/// A parameter of a primitive type.
pub(super) fn param(data_type: DataType, at: &str, losses: &mut Losses) -> Json {
    match data_type {
        DataType::Boolean => typed("boolean", true),
        DataType::Integer | DataType::Long => {
            losses.comment(typed("integer", true), at, WITHOUT_FRACTION)
        }
        DataType::Float | DataType::Double => {
            losses.comment(typed("number", true), at, BEYOND_DOUBLE)
        }
        DataType::String | DataType::Binary => typed("string", true),
        DataType::Datetime => typed("string", true).with("pattern", TIME),
    }
}

/// What a reader gets for a type.
pub(super) fn given(kind: &Kind, required: bool) -> Json {
    let nullable = !required;
    match kind {
        Kind::Data(data_type) => match data_type {
            DataType::Boolean => typed("boolean", nullable),
            DataType::Integer => range(typed("integer", nullable), "-2147483648", "2147483647"),
            DataType::Long => typed("integer", nullable),
            DataType::Float | DataType::Double => typed("number", true),
            DataType::String | DataType::Datetime => typed("string", true),
            DataType::Binary => typed("string", nullable).with("contentEncoding", "base64"),
        },
        Kind::Any => Json::Boolean(true),
        Kind::Vector => typed("array", nullable).with("items", typed("number", true)),
        Kind::Array(items) => typed("array", nullable).with("items", given(items, true)),
        Kind::Map(values) => {
            typed("object", nullable).with("additionalProperties", given(values, true))
        }
        Kind::Object(properties) => {
            let required: Vec<&str> = properties
                .iter()
                .filter(|property| property.required)
                .map(|property| property.name.as_str())
                .collect();
            let properties = properties
                .iter()
                .map(|property| (property.name.clone(), given(&property.kind, property.required)))
                .collect();
            typed("object", nullable)
                .with("required", required)
                .with("properties", Json::Map(properties))
        }
    }
}
