//! Payloads as `jsonschema` reads them.
//!
//! Its own representation, `serde_json::Value`, would copy each payload, round
//! its numbers and lose which names it repeats.

use std::borrow::Cow;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::Value;

use crate::payload::{Members, Number, Tree, number, tree};

/// How many faults one payload may have before the rest of it is no longer
/// looked at: each takes memory until all of them are known.
pub(crate) const MOST_FAULTS: u32 = 10_000;

/// The representation.
pub(crate) struct Payload;

/// One application of a schema.
#[derive(Debug, Default)]
pub(crate) struct Run {
    faults: AtomicU32,
}

impl Run {
    /// Whether so many faults were found that the payload's rest was left out.
    pub(crate) fn is_full(&self) -> bool {
        self.faults.load(Ordering::Relaxed) >= MOST_FAULTS
    }
}

/// A value of the payload, within a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) run: &'a Run,
}

/// Holds a property's name while `propertyNames` looks at it.
#[derive(Debug)]
pub(crate) struct Name {
    tree: Tree<'static>,
    run: Run,
}

impl Default for Name {
    fn default() -> Self {
        Self { tree: Tree::Null, run: Run::default() }
    }
}

impl Json for Payload {
    type Node<'a> = Place<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = Name;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut Name, string: &str, f: impl FnOnce(Place<'_>) -> T) -> T {
        buffer.tree = Tree::Text(Cow::Owned(string.to_owned()));
        f(Place { tree: &buffer.tree, run: &buffer.run })
    }
}

impl<'a> Node<'a, Payload> for Place<'a> {
    type Object = Entries<'a>;
    type Array = Items<'a>;
    type Number = &'a Number<'a>;

    fn as_object(&self) -> Option<Entries<'a>> {
        match self.tree {
            Tree::Object(members) => Some(Entries { members, run: self.run }),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Items<'a>> {
        match self.tree {
            Tree::List(items) => Some(Items { items, run: self.run }),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.tree {
            Tree::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<&'a Number<'a>> {
        match self.tree {
            Tree::Number(number) => Some(number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.tree {
            Tree::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.tree {
            Tree::Null => JsonType::Null,
            Tree::Boolean(_) => JsonType::Boolean,
            Tree::Number(_) => JsonType::Number,
            Tree::Text(_) => JsonType::String,
            Tree::List(_) => JsonType::Array,
            Tree::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        equals(self.tree, expected)
    }

    /// What an error keeps of the value at fault. The report shows the value
    /// itself, so this holds only what the report could not find again: the
    /// name that `propertyNames` refuses.
    fn to_value(&self) -> Cow<'a, Value> {
        self.run.faults.fetch_add(1, Ordering::Relaxed);
        Cow::Owned(match self.tree {
            Tree::Text(text) => text.chars().take(200).collect::<String>().into(),
            _ => Value::Null,
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(ptr::from_ref(self.tree) as usize))
    }
}

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    members: &'a Members<'a>,
    run: &'a Run,
}

impl<'a> Object<'a, Payload> for Entries<'a> {
    type Node = Place<'a>;
    type MemberName = &'a str;
    type MembersIter = EntriesIter<'a>;

    fn len(&self) -> usize {
        self.members.entries().len()
    }

    fn get(&self, key: &Box<str>) -> Option<Place<'a>> {
        self.members.get(key).map(|tree| Place { tree, run: self.run })
    }

    fn members(&self) -> EntriesIter<'a> {
        EntriesIter { entries: self.members.entries().iter(), run: self.run }
    }
}

pub(crate) struct EntriesIter<'a> {
    entries: std::slice::Iter<'a, (Cow<'a, str>, Tree<'a>)>,
    run: &'a Run,
}

impl<'a> Iterator for EntriesIter<'a> {
    type Item = (&'a str, Place<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.run.is_full() {
            return None;
        }
        let (name, tree) = self.entries.next()?;
        Some((name, Place { tree, run: self.run }))
    }
}

/// The items of a list.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    items: &'a [Tree<'a>],
    run: &'a Run,
}

impl<'a> Array<'a, Payload> for Items<'a> {
    type Node = Place<'a>;
    type ElementsIter = ItemsIter<'a>;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn elements(&self) -> ItemsIter<'a> {
        ItemsIter { items: self.items.iter(), run: self.run }
    }

    fn is_unique(&self) -> bool {
        tree::equal_items(self.items).is_none()
    }
}

pub(crate) struct ItemsIter<'a> {
    items: std::slice::Iter<'a, Tree<'a>>,
    run: &'a Run,
}

impl<'a> Iterator for ItemsIter<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Place<'a>> {
        if self.run.is_full() {
            return None;
        }
        let tree = self.items.next()?;
        Some(Place { tree, run: self.run })
    }
}

impl JsonNumber for &Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Number::Written(text) => text.parse().ok(),
            Number::Whole(value) => u64::try_from(*value).ok(),
            Number::Unsigned(value) => Some(*value),
            Number::Double(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Written(text) => text.parse().ok(),
            Number::Whole(value) => Some(*value),
            Number::Unsigned(value) => i64::try_from(*value).ok(),
            Number::Double(_) => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        let value = match self {
            Number::Written(text) => text.parse().ok()?,
            Number::Whole(value) => *value as f64,
            Number::Unsigned(value) => *value as f64,
            Number::Double(value) => *value,
        };
        Some(value).filter(|value: &f64| value.is_finite())
    }

    fn as_str(&self) -> Cow<'_, str> {
        self.text()
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(self.to_serde())
    }

    fn is_integer(&self) -> bool {
        self.is_whole()
    }

    fn is_written_as_integer(&self) -> bool {
        match self {
            Number::Written(text) => !text.contains(['.', 'e', 'E']),
            Number::Whole(_) | Number::Unsigned(_) => true,
            Number::Double(_) => false,
        }
    }
}

fn equals(tree: &Tree<'_>, expected: &Value) -> bool {
    match (tree, expected) {
        (Tree::Null, Value::Null) => true,
        (Tree::Boolean(one), Value::Bool(other)) => one == other,
        (Tree::Number(one), Value::Number(other)) => {
            number::compare(&one.text(), &other.to_string()).is_eq()
        }
        (Tree::Text(one), Value::String(other)) => one == other,
        (Tree::List(ones), Value::Array(others)) => {
            ones.len() == others.len()
                && ones.iter().zip(others).all(|(one, other)| equals(one, other))
        }
        (Tree::Object(ones), Value::Object(others)) => {
            ones.entries().len() == others.len()
                && ones
                    .entries()
                    .iter()
                    .all(|(name, one)| others.get(name.as_ref()).is_some_and(|o| equals(one, o)))
        }
        _ => false,
    }
}
