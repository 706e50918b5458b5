//! The values of one JSON request, without building it in memory.
//!
//! The text is read once. Members that no input needs are skipped, and only
//! texts are allocated.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use tollgate_engine::types::{Declaration, Kind, Value};

use super::members::{Member, Members, Way};
use super::plan::{Beside, Plan, Shadowed, Wanted};
use super::{Counters, InputError, Outside, Rows, of_kind, without_mark};
use crate::document::PolicyDocument;
use crate::mistake::{Mistake, Mistakes, Span};
use crate::source::Source;

/// Takes the declared inputs of a policy out of JSON requests.
#[derive(Debug, Clone)]
pub struct Extractor {
    plan: Plan,
    counters: Counters,
}

impl Extractor {
    /// An extractor for a policy's inputs. What the document does not map is
    /// the member of the input's own name.
    ///
    /// # Errors
    /// When the document maps inputs that the policy does not read, gives
    /// defaults of the wrong kind, or reads a place in two ways.
    pub fn new(
        declaration: &Declaration,
        document: Option<&PolicyDocument>,
    ) -> Result<Self, Mistakes> {
        let plan = Plan::new(declaration, document)?;
        Ok(Self { plan, counters: Counters::default() })
    }

    /// The same, with counters from a file; see [`Counters`].
    ///
    /// # Errors
    /// When the text is wrong, or names counters that no input comes from.
    pub fn with_counters(self, source: &Source) -> Result<Self, Mistakes> {
        let (counters, key) = Counters::parse(source, &self.plan)?;
        let plan = match key {
            None => self.plan,
            Some(key) => self.plan.keyed(&key).ok_or_else(|| {
                let message = format!("`{key}` leads to inputs below it, and is no single value");
                Mistake::new(source, Span::default(), message)
            })?,
        };
        Ok(Self { plan, counters })
    }

    /// What a person should know of what a request gave and is not read, one
    /// sentence each.
    pub fn warnings<'a>(&'a self, shadowed: &'a Shadowed) -> impl Iterator<Item = &'a str> {
        self.plan.sentences(shadowed)
    }

    /// Puts the values of a request into `out`, in the order of the declared
    /// inputs. `out` is cleared first, and may be used again and again.
    ///
    /// An input that is absent or null is its default, where the document
    /// gives one; else null, where the policy allows it.
    ///
    /// # Errors
    /// When the text is not JSON, a value is of the wrong kind, a member that
    /// is read is there twice, or a required input is missing. `out` is empty
    /// then.
    pub fn extract(
        &self,
        json: &[u8],
        outside: &Outside,
        out: &mut Vec<Value>,
    ) -> Result<(), InputError> {
        self.extract_and_tell(json, outside, out).map(|_| ())
    }

    /// As [`Extractor::extract`]; also gives what the request holds and is not
    /// read although its name is an input's, for [`Extractor::warnings`].
    ///
    /// # Errors
    /// As there.
    pub fn extract_and_tell(
        &self,
        json: &[u8],
        outside: &Outside,
        out: &mut Vec<Value>,
    ) -> Result<Shadowed, InputError> {
        let result = self.read(json, outside, out);
        if result.is_err() {
            out.clear();
        }
        result
    }

    /// Whether rows were read by this plan, so that their columns are those of
    /// its inputs.
    pub(crate) fn has_read(&self, rows: &Rows) -> bool {
        rows.plan == self.plan.id
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    fn read(
        &self,
        json: &[u8],
        outside: &Outside,
        out: &mut Vec<Value>,
    ) -> Result<Shadowed, InputError> {
        let (key, shadowed) = self.walk(json, out)?;
        let beside = Beside { outside, counters: self.counters.of(key.as_deref()) };
        for (wanted, value) in self.plan.wanted.iter().zip(out) {
            if *value == Value::Null {
                *value = wanted.complete(Value::Null, beside, false)?;
            }
        }
        Ok(shadowed)
    }

    /// What the text itself gives: values, and what counters are kept by.
    fn walk(
        &self,
        json: &[u8],
        out: &mut Vec<Value>,
    ) -> Result<(Option<String>, Shadowed), InputError> {
        out.clear();
        out.resize(self.plan.wanted.len(), Value::Null);
        let text = std::str::from_utf8(json)
            .map_err(|error| InputError::NotUtf8 { offset: error.valid_up_to() })?;
        let mut walk = Walk {
            wanted: &self.plan.wanted,
            out,
            seen: Seen::new(self.plan.count),
            key: None,
            shadowed: Shadowed::default(),
            error: None,
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Level { members: &self.plan.members, pointer: "", walk: &mut walk }
            .deserialize(&mut reader)
            .map_err(|error| not_json(&error, reason(&error)))
            .and_then(|()| reader.end().map_err(|error| not_json(&error, "something follows it")));
        if let Err(error) = read {
            return Err(walk.error.take().unwrap_or(error));
        }
        let Walk { key, shadowed, .. } = walk;
        if let (Some(member), None) = (&self.plan.key, &key) {
            let place = format!("`/{}`", crate::tree::escape(member));
            return Err(InputError::NoKey { place });
        }
        Ok((key, shadowed))
    }
}

/// Takes the one member out of JSON requests that cases are told apart by: a
/// customer, whose counters are kept and who stays in one arm of a rollout.
#[derive(Debug, Clone)]
pub struct CaseKey(Extractor);

impl CaseKey {
    /// The key that is a request's member of this name.
    #[must_use]
    pub fn new(member: &str) -> Self {
        Self(Extractor { plan: Plan::of_key(member), counters: Counters::default() })
    }

    /// The key of a request: text or an integer, without white space around it.
    ///
    /// # Errors
    /// When the text is not JSON, or the member is not there, is there twice,
    /// is empty, or is of another kind.
    pub fn of(&self, json: &[u8]) -> Result<String, InputError> {
        let (key, _) = self.0.walk(without_mark(json), &mut Vec::new())?;
        // The walk gives an error where there is none.
        Ok(key.unwrap_or_default())
    }
}

fn not_json(error: &serde_json::Error, reason: &'static str) -> InputError {
    InputError::Json { reason, line: error.line(), column: error.column() }
}

fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Eof => "it ends too soon",
        _ => "no value can be read",
    }
}

/// Which members were there, one bit each: a few in place, as most policies
/// have them.
struct Seen {
    few: [u64; FEW / 64],
    more: Vec<u64>,
}

const FEW: usize = 128;

impl Seen {
    fn new(members: usize) -> Self {
        let more = members.saturating_sub(FEW).div_ceil(64);
        Self { few: [0; FEW / 64], more: vec![0; more] }
    }

    /// Marks a member; false when it was marked before.
    fn first(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        let few = self.few.len();
        let word = match word.checked_sub(few) {
            None => self.few.get_mut(word),
            Some(word) => self.more.get_mut(word),
        };
        word.is_some_and(|word| {
            let first = *word & bit == 0;
            *word |= bit;
            first
        })
    }
}

struct Walk<'a> {
    wanted: &'a [Wanted],
    out: &'a mut Vec<Value>,
    seen: Seen,
    key: Option<String>,
    shadowed: Shadowed,
    error: Option<InputError>,
}

impl Walk<'_> {
    fn fail<T, E: serde::de::Error>(&mut self, error: InputError) -> Result<T, E> {
        self.error = Some(error);
        Err(E::custom(""))
    }
}

/// A map or list with members that lead to inputs.
struct Level<'a, 'w, 'v> {
    members: &'a Members,
    pointer: &'a str,
    walk: &'w mut Walk<'v>,
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Level<'_, '_, '_> {
    fn not_map<E: serde::de::Error>(self, found: &'static str) -> Result<(), E> {
        let pointer = self.pointer.to_owned();
        self.walk.fail(InputError::NotMap { pointer, found })
    }
}

impl<'de> Visitor<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(member) = map.next_key_seed(Key(self.members))? {
            match member {
                Some(member) => map.next_value_seed(Below { member, walk: self.walk })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.pointer.is_empty() {
            return self.not_map("a list");
        }
        let mut wanted = self.members.indexed().into_iter().peekable();
        for index in 0.. {
            let next = match wanted.next_if(|(wanted, _)| *wanted == index) {
                Some((_, member)) => list.next_element_seed(Below { member, walk: self.walk })?,
                None => list.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Null on the way to an input means that the input is absent.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.pointer.is_empty() {
            return self.not_map("null");
        }
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.not_map("a boolean")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.not_map("an integer")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.not_map("an integer")
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.not_map("a number")
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.not_map("text")
    }
}

/// A key: the member of that name, if one is wanted.
struct Key<'a>(&'a Members);

impl<'de, 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = Option<&'a Member>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Key<'a> {
    type Value = Option<&'a Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.find(key))
    }
}

/// The value of a member that leads to inputs.
struct Below<'a, 'w, 'v> {
    member: &'a Member,
    walk: &'w mut Walk<'v>,
}

impl<'de> DeserializeSeed<'de> for Below<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { member, walk } = self;
        if let [Way::Shadow(shadow)] = member.ways[..] {
            let (value, _) = deserializer.deserialize_any(Scalar)?;
            if value != Some(Value::Null) {
                walk.shadowed.push(shadow);
            }
            return Ok(());
        }
        if !walk.seen.first(member.number) {
            let pointer = member.pointer.clone();
            return walk.fail(InputError::Duplicate { pointer });
        }
        if member.ways.is_empty() {
            return Level { members: &member.below, pointer: &member.pointer, walk }
                .deserialize(deserializer);
        }
        let (value, found) = deserializer.deserialize_any(Scalar)?;
        let Some((&last, others)) = member.ways.split_last() else {
            return Ok(());
        };
        for &way in others {
            put(walk, member, way, value.clone(), found)?;
        }
        put(walk, member, last, value, found)
    }
}

/// Keeps what counters are kept by; null is nothing.
fn put_key<E: serde::de::Error>(
    walk: &mut Walk<'_>,
    member: &Member,
    value: Option<Value>,
    found: &'static str,
) -> Result<(), E> {
    walk.key = match value {
        Some(Value::Text(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Some(Value::Integer(number)) => Some(number.to_string()),
        Some(Value::Null) => None,
        _ => {
            let place = format!("`{}`", member.pointer);
            return walk.fail(InputError::KeyKind { place, found });
        }
    };
    Ok(())
}

/// Gives an input its value.
fn put<E: serde::de::Error>(
    walk: &mut Walk<'_>,
    member: &Member,
    way: Way,
    value: Option<Value>,
    found: &'static str,
) -> Result<(), E> {
    let slot = match way {
        Way::Input(slot) => slot,
        Way::Key => return put_key(walk, member, value, found),
        Way::Shadow(_) => return Ok(()),
    };
    let (Some(wanted), Some(out)) = (walk.wanted.get(slot), walk.out.get_mut(slot)) else {
        return Ok(());
    };
    let found = match (&value, wanted.kind) {
        (Some(Value::Number(_)), Kind::Integer) => "a number that is not an integer of 64 bits",
        _ => found,
    };
    match value.and_then(|value| of_kind(value, wanted.kind)) {
        Some(value) => {
            *out = value;
            Ok(())
        }
        None => {
            let error = wanted.wrong_kind(&format!("`{}`", member.pointer), found);
            walk.fail(error)
        }
    }
}

/// A value and what a person would call it; none for lists and maps.
struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = (Option<Value>, &'static str);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok((Some(Value::Null), "null"))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok((Some(Value::Boolean(value)), "a boolean"))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok((Some(Value::Integer(value)), "an integer"))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        let value = match i64::try_from(value) {
            Ok(value) => Value::Integer(value),
            Err(_) => Value::Number(value as f64),
        };
        Ok((Some(value), "an integer"))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok((Some(Value::Number(value)), "a number"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok((Some(Value::Text(value.to_owned())), "text"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok((None, "a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok((None, "a map"))
    }
}
