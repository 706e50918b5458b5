//! Lists and objects in the cells of a frame.
//!
//! Inside of them MLflow casts nothing: a whole number is no `double`, and
//! nothing that JSON has is an `integer`, a `float`, a time or bytes.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use arrayvec::ArrayVec;
use mlflow_schema::json::{Key, Reader};
use mlflow_schema::schema::{DataType, Property, Type};

use super::cell::Cell;

/// So many keys of a map are compared with each other.
const KEYS: usize = 32;

/// What a cell or a part of it holds.
#[derive(Debug)]
pub(super) enum Nested {
    Value(Cell),
    List(Box<Nested>),
    Object(Vec<Member>),
    Map(Box<Nested>),
}

#[derive(Debug)]
pub(super) struct Member {
    key: Key,
    value: Nested,
    required: bool,
}

impl Nested {
    /// The values of a type; none where no JSON is clean, or only the general
    /// path can tell.
    pub(super) fn of(kind: &Type) -> Option<Self> {
        Some(match kind {
            Type::Data(DataType::Boolean) => Self::Value(Cell::Boolean),
            Type::Data(DataType::Long) => Self::Value(Cell::Long),
            Type::Data(DataType::Double) => Self::Value(Cell::Double),
            Type::Data(DataType::String) => Self::Value(Cell::Text),
            Type::Array(items) => Self::List(Box::new(Self::of(items)?)),
            Type::Map(values) => Self::Map(Box::new(Self::of(values)?)),
            // Which properties were there is a bit each.
            Type::Object(properties) if properties.len() <= 64 => {
                Self::Object(properties.iter().map(Member::of).collect::<Option<_>>()?)
            }
            Type::Data(_) | Type::Object(_) | Type::Any => return None,
        })
    }

    /// Reads one clean value. Out of line, so that the loop over single cells
    /// stays small.
    #[inline(never)]
    pub(super) fn read(&self, reader: &mut Reader<'_>) -> Option<()> {
        match self {
            Self::Value(Cell::Double) => fraction(reader)?.then_some(()),
            Self::Value(cell) => one(*cell, reader),
            Self::List(items) => list(items, reader),
            Self::Object(members) => object(members, reader),
            Self::Map(values) => map(values, reader),
        }
    }
}

impl Member {
    fn of(property: &Property) -> Option<Self> {
        Some(Self {
            key: Key::new(&property.name),
            value: Nested::of(&property.kind)?,
            required: property.required,
        })
    }
}

fn one(cell: Cell, reader: &mut Reader<'_>) -> Option<()> {
    cell.read(reader, false, &mut 0)
}

/// Reads a number that a double holds; says whether it has a fraction or an
/// exponent.
fn fraction(reader: &mut Reader<'_>) -> Option<bool> {
    if !matches!(reader.peek(), b'-' | b'0'..=b'9') {
        return None;
    }
    let number = reader.number().ok()?;
    Cell::Double.number(&number).then_some(!number.whole)
}

fn list(items: &Nested, reader: &mut Reader<'_>) -> Option<()> {
    reader.take(b'[').then_some(())?;
    // Among numbers with a fraction whole ones are numbers like them.
    let mut fractions = !matches!(items, Nested::Value(Cell::Double));
    loop {
        match items {
            Nested::Value(Cell::Double) => fractions |= fraction(reader)?,
            Nested::Value(cell) => one(*cell, reader)?,
            nested => nested.read(reader)?,
        }
        if !reader.another(b']').ok()? {
            return fractions.then_some(());
        }
    }
}

fn object(members: &[Member], reader: &mut Reader<'_>) -> Option<()> {
    reader.take(b'{').then_some(())?;
    let (mut seen, mut guess) = (0u64, 0);
    loop {
        let at = reader.member(members, |member| &member.key, guess)?;
        guess = at + 1;
        let bit = 1 << at;
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
        members.get(at)?.value.read(reader)?;
        if !reader.another(b'}').ok()? {
            break;
        }
    }
    let there = |(at, member): (usize, &Member)| !member.required || seen >> at & 1 == 1;
    members.iter().enumerate().all(there).then_some(())
}

fn map(values: &Nested, reader: &mut Reader<'_>) -> Option<()> {
    reader.take(b'{').then_some(())?;
    let mut keys = ArrayVec::<&[u8], KEYS>::new();
    loop {
        let Cow::Borrowed(key) = reader.key().ok()?.0 else {
            return None;
        };
        if keys.contains(&key) {
            return None;
        }
        keys.try_push(key).ok()?;
        values.read(reader)?;
        if !reader.another(b'}').ok()? {
            return Some(());
        }
    }
}
