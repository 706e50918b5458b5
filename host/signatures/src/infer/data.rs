//! JSON whose keys keep their order, as columns do.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value, as far as its type goes. Recursion is bounded by the reader's
/// depth.
#[derive(Debug)]
pub(super) enum Data {
    Null,
    Boolean,
    /// A whole number of 64 bits with a sign.
    Whole,
    /// A larger one.
    Beyond,
    Float,
    Text(String),
    /// A time or day, in typed files only.
    Time,
    /// Bytes, in typed files only.
    Bytes,
    List(Vec<Data>),
    /// Of equal keys the last one counts.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                entries.iter().find_map(|(known, value)| (known == key).then_some(value))
            }
            _ => None,
        }
    }
}

impl Data {
    /// Values of typed files that JSON cannot say, from their tags.
    /// Recursion is bounded by the reader's depth.
    pub(super) fn untagged(self) -> Result<Self, String> {
        Ok(match self {
            Self::List(items) => {
                Self::List(items.into_iter().map(Self::untagged).collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => match entries.as_slice() {
                [(tag, Self::Text(_))] => match tag.as_str() {
                    "$date" | "$datetime" => Self::Time,
                    "$bytes" => Self::Bytes,
                    "$float" => Self::Null,
                    "$decimal" => return Err("decimals, for which MLflow has no type".to_owned()),
                    _ => Self::below(entries)?,
                },
                _ => Self::below(entries)?,
            },
            other => other,
        })
    }

    fn below(entries: Vec<(String, Self)>) -> Result<Self, String> {
        let entries = entries.into_iter().map(|(key, value)| Ok((key, value.untagged()?)));
        Ok(Self::Map(entries.collect::<Result<_, String>>()?))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Data, E> {
        Ok(Data::Boolean)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Data, E> {
        Ok(Data::Whole)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Data, E> {
        Ok(if i64::try_from(number).is_ok() { Data::Whole } else { Data::Beyond })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Data, E> {
        Ok(Data::Float)
    }

    fn visit_str<E>(self, text: &str) -> Result<Data, E> {
        Ok(Data::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Data, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Data::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Data, A::Error> {
        let mut all: Vec<(String, Data)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Data>()? {
            match places.get(&key).and_then(|place| all.get_mut(*place)) {
                Some((_, known)) => *known = value,
                None => {
                    places.insert(key.clone(), all.len());
                    all.push((key, value));
                }
            }
        }
        Ok(Data::Map(all))
    }
}
