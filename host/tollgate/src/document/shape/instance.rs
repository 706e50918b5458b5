//! Documents as the validator reads them.
//!
//! It would copy the value at fault into every mistake of every form of an
//! `anyOf`, and gather mistakes without end. Here a mistake keeps scalars only,
//! and after many of them the rest of the document looks empty.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object, SerdeJson};
use serde_json::{Map, Number, Value};

/// More mistakes than anyone reads; each takes some hundred bytes until all of
/// them are known.
const MANY: u32 = 200_000;

/// The representation.
pub(super) struct Instance;

/// How many mistakes were found.
#[derive(Debug, Default)]
pub(super) struct Found(AtomicU32);

impl Found {
    pub(super) fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MANY
    }
}

/// A value of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    pub(super) found: &'a Found,
}

impl<'a> Place<'a> {
    /// The value, while there may be more mistakes.
    fn open(&self) -> Option<&'a Value> {
        (!self.found.is_full()).then_some(self.value)
    }
}

/// Holds a name while `propertyNames` looks at it.
#[derive(Debug, Default)]
pub(super) struct Name {
    text: Value,
    found: Found,
}

impl Json for Instance {
    type Node<'a> = Place<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = Name;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut Name, string: &str, f: impl FnOnce(Place<'_>) -> T) -> T {
        buffer.text = string.into();
        f(Place { value: &buffer.text, found: &buffer.found })
    }
}

impl<'a> Node<'a, Instance> for Place<'a> {
    type Object = Members<'a>;
    type Array = Items<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Members<'a>> {
        Some(Members { members: self.open()?.as_object()?, found: self.found })
    }

    fn as_array(&self) -> Option<Items<'a>> {
        Some(Items { items: self.open()?.as_array()?, found: self.found })
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.open()?.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        self.open()?.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.value.as_bool()
    }

    fn is_null(&self) -> bool {
        self.value.is_null()
    }

    fn json_type(&self) -> JsonType {
        Node::<SerdeJson>::json_type(&self.value)
    }

    fn equals_value(&self, expected: &Value) -> bool {
        Node::<SerdeJson>::equals_value(&self.value, expected)
    }

    fn to_value(&self) -> Cow<'a, Value> {
        self.found.0.fetch_add(1, Ordering::Relaxed);
        match self.value {
            Value::Array(_) => Cow::Owned(Value::Array(Vec::new())),
            Value::Object(_) => Cow::Owned(Value::Object(Map::new())),
            scalar => Cow::Borrowed(scalar),
        }
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.value) as usize))
    }
}

/// The members of a map.
#[derive(Debug)]
pub(super) struct Members<'a> {
    members: &'a Map<String, Value>,
    found: &'a Found,
}

impl<'a> Object<'a, Instance> for Members<'a> {
    type Node = Place<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.members.len()
    }

    fn get(&self, key: &Box<str>) -> Option<Place<'a>> {
        self.members.get(&**key).map(|value| Place { value, found: self.found })
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter { members: self.members.iter(), found: self.found }
    }
}

pub(super) struct MembersIter<'a> {
    members: serde_json::map::Iter<'a>,
    found: &'a Found,
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Place<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.found.is_full() {
            return None;
        }
        let (name, value) = self.members.next()?;
        Some((name, Place { value, found: self.found }))
    }
}

/// The items of a list.
#[derive(Debug)]
pub(super) struct Items<'a> {
    items: &'a [Value],
    found: &'a Found,
}

impl<'a> Array<'a, Instance> for Items<'a> {
    type Node = Place<'a>;
    type ElementsIter = ItemsIter<'a>;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn elements(&self) -> ItemsIter<'a> {
        ItemsIter { items: self.items.iter(), found: self.found }
    }

    fn is_unique(&self) -> bool {
        Array::<SerdeJson>::is_unique(&self.items)
    }
}

pub(super) struct ItemsIter<'a> {
    items: std::slice::Iter<'a, Value>,
    found: &'a Found,
}

impl<'a> Iterator for ItemsIter<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Place<'a>> {
        if self.found.is_full() {
            return None;
        }
        self.items.next().map(|value| Place { value, found: self.found })
    }
}
