//! What a document's `settings` hold; `settings.schema.json` describes it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json::Text;
use crate::py::Py;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The signature.
    pub signature: Parts,
    /// How strictly it is enforced.
    #[serde(default)]
    pub mode: Mode,
    /// At most so many findings for one payload.
    #[serde(default = "hundred")]
    pub max_findings: u32,
    /// The day that a time without a date is taken for.
    #[serde(default)]
    pub today: Option<String>,
}

/// The parts of a signature.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parts {
    /// What the model takes.
    pub inputs: Json,
    /// What it gives.
    pub outputs: Json,
    /// Its parameters.
    pub params: Json,
}

/// How strictly a signature is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Whatever MLflow would silently change is refused too.
    #[default]
    Strict,
    /// MLflow's own verdict.
    Mlflow,
}

fn hundred() -> u32 {
    100
}

/// Any JSON value.
#[derive(Debug, PartialEq)]
pub struct Json(pub Py<'static>);

impl Default for Json {
    fn default() -> Self {
        Self(Py::None)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Py::None))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json(Py::Bool(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json(Py::Int(value)))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json(i64::try_from(value).map_or(Py::Uint(value), Py::Int)))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json(Py::Float(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json(Py::Str(Text::owned(value.into()))))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Json(Py::List(items)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some((key, Json(value))) = map.next_entry::<String, Json>()? {
            items.push((Text::owned(key), value));
        }
        Ok(Json(Py::Dict(items)))
    }
}
