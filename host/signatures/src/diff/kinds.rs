//! Changes of a type, down to the properties of objects.

use tollgate::tree::escape;

use super::{Change, ChangeKind, Effect, Exception, Side};
use crate::schema::{DataType, Kind, Property};

/// A type's place in a signature.
pub(super) struct Place<'p> {
    pub(super) side: Side,
    /// What it belongs to, in words.
    pub(super) what: String,
    /// A pointer to the specification that has the `type`.
    pub(super) pointer: String,
    /// Whether it is a column's own.
    pub(super) column: bool,
    pub(super) changes: &'p mut Vec<Change>,
}

impl Place<'_> {
    fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The place of what is inside.
    fn inside(&mut self, words: &str, pointer: &str) -> Place<'_> {
        Place {
            side: self.side,
            what: format!("{words} of {}", self.what),
            pointer: format!("{}{pointer}", self.pointer),
            column: false,
            changes: self.changes,
        }
    }
}

/// Compares two types. Recursion is bounded by the depth of types.
pub(super) fn compare(mut place: Place<'_>, old: &Kind, new: &Kind) {
    match (old, new) {
        (old, new) if old == new => {}
        (Kind::Array(old), Kind::Array(new)) => {
            compare(place.inside("the items", "/items"), old, new)
        }
        (Kind::Map(old), Kind::Map(new)) => {
            compare(place.inside("the values", "/values"), old, new)
        }
        (Kind::Object(old), Kind::Object(new)) => properties(place, old, new),
        (old, new) => {
            let change = Change::of(ChangeKind::Retyped, place.what.clone(), place.pointer.clone())
                .from(Some(old.title()))
                .to(Some(new.title()));
            let change = if old.plain() == new.plain() {
                let callers = Effect::fine("a vector is a list of doubles to callers");
                let model = Effect::breaking("Spark ML tells vectors from lists");
                change.means(callers, model).unnoticed()
            } else {
                match place.side {
                    Side::Inputs => change.means(
                        takes(old, new, place.column),
                        Effect::breaking(format!(
                            "it gets `{}` where it got `{}`",
                            new.title(),
                            old.title()
                        )),
                    ),
                    Side::Outputs => change
                        .means(gives(old, new, "readers expect"), gives(new, old, "it must give")),
                }
            };
            place.push(change);
        }
    }
}

/// Whether callers who send `old` may go on when `new` is declared. MLflow
/// widens `integer` to `long` and `double`, and `float` to `double`.
fn takes(old: &Kind, new: &Kind, column: bool) -> Effect {
    use DataType::{Double, Float, Integer, Long};
    let widened = || Effect::fine(format!("MLflow widens `{}` to `{}`", old.title(), new.title()));
    match (old, new) {
        (Kind::Data(Integer), Kind::Data(Long | Double)) => widened(),
        // A float rounds any whole number; strict mode wants it exact in a
        // double. Inside values MLflow lets no whole number but 0 and 1 pass.
        (Kind::Data(Float), Kind::Data(Double)) => {
            widened().unless_when(column, Exception::BeyondDouble)
        }
        (Kind::Data(Long), Kind::Data(Double)) => Effect::breaking(
            "MLflow does not widen `long` to `double`, which cannot hold whole numbers beyond 2^53",
        ),
        (Kind::Data(Integer | Long), Kind::Data(Float)) => Effect::breaking(format!(
            "MLflow does not widen `{}` to `float`, which cannot hold whole numbers beyond 2^24",
            old.title()
        )),
        (_, Kind::Any) if !column => Effect::fine("anything is taken").unless(Exception::Ragged),
        (_, Kind::Any) => Effect::breaking(
            "MLflow no longer converts the column, and builds frames of objects in another way",
        ),
        _ => Effect::breaking(format!(
            "`{}` does not take what is sent as `{}`",
            new.title(),
            old.title()
        )),
    }
}

/// Whether who was promised `promised` can do with `given`.
fn gives(promised: &Kind, given: &Kind, who: &str) -> Effect {
    use DataType::{Double, Float, Integer, Long};
    match (given, promised) {
        (_, Kind::Any) => Effect::fine("anything is expected"),
        (Kind::Data(Integer), Kind::Data(Long | Double))
        | (Kind::Data(Float), Kind::Data(Double)) => {
            Effect::fine(format!("every `{}` is a `{}`", given.title(), promised.title()))
        }
        _ => Effect::breaking(format!("{who} `{}`, not `{}`", promised.title(), given.title())),
    }
}

/// Compares the properties of two objects. Both lists are sorted.
pub(super) fn properties(mut place: Place<'_>, old: &[Property], new: &[Property]) {
    let side = place.side;
    for property in new {
        let name = &property.name;
        let mut inside =
            place.inside(&format!("property `{name}`"), &format!("/properties/{}", escape(name)));
        match find(old, name) {
            None => {
                let (what, pointer) = (inside.what.clone(), inside.pointer.clone());
                inside.push(added(Change::of(ChangeKind::Added, what, pointer), side, property));
            }
            Some(before) => {
                let (what, pointer) = (inside.what.clone(), inside.pointer.clone());
                if let Some(change) =
                    presence(what, pointer, side, before.required, property.required)
                {
                    place.push(change);
                }
                let inside = place.inside(
                    &format!("property `{name}`"),
                    &format!("/properties/{}", escape(name)),
                );
                compare(inside, &before.kind, &property.kind);
            }
        }
    }
    for property in old.iter().filter(|property| find(new, &property.name).is_none()) {
        let name = &property.name;
        let mut inside =
            place.inside(&format!("property `{name}`"), &format!("/properties/{}", escape(name)));
        let change = Change::of(ChangeKind::Removed, inside.what.clone(), inside.pointer.clone());
        inside.push(removed(change, side, property));
    }
}

fn added(change: Change, side: Side, property: &Property) -> Change {
    let change = change.to(Some(titled(&property.kind, property.required)));
    match (side, property.required) {
        (Side::Inputs, true) => change.means(
            Effect::breaking("objects without it are refused"),
            Effect::breaking("it gets a property that it does not know"),
        ),
        (Side::Inputs, false) => change.means(
            Effect::fine("it may be absent, and was refused before"),
            Effect::breaking("it may get a property that it does not know"),
        ),
        (Side::Outputs, required) => {
            change.means(Effect::fine("readers who do not know it go on"), must_give(required))
        }
    }
}

fn removed(change: Change, side: Side, property: &Property) -> Change {
    let change = change.from(Some(titled(&property.kind, property.required)));
    match (side, property.required) {
        (Side::Inputs, required) => change.means(
            Effect::breaking("MLflow refuses objects with a property that is not declared"),
            if required {
                Effect::breaking("it misses a property")
            } else {
                Effect::fine("the property was never certain")
            },
        ),
        (Side::Outputs, required) => change.means(
            no_longer_given(required),
            Effect::breaking("an object with a property that is not declared does not fit"),
        ),
    }
}

/// What the model must do about something new in its outputs.
pub(super) fn must_give(required: bool) -> Effect {
    if required { Effect::breaking("it must give it") } else { Effect::fine("it need not give it") }
}

/// What readers make of an output that is gone.
pub(super) fn no_longer_given(required: bool) -> Effect {
    if required {
        Effect::breaking("readers miss it")
    } else {
        Effect::fine("it was never certain")
    }
}

/// A change of `required`.
pub(super) fn presence(
    what: String,
    pointer: String,
    side: Side,
    old: bool,
    new: bool,
) -> Option<Change> {
    let (kind, loosened) = match (old, new) {
        (true, false) => (ChangeKind::Optional, true),
        (false, true) => (ChangeKind::Required, false),
        _ => return None,
    };
    let word = |required: bool| Some(if required { "required" } else { "optional" }.to_owned());
    let change = Change::of(kind, what, pointer).from(word(old)).to(word(new));
    Some(match (side, loosened) {
        (Side::Inputs, true) => {
            change.means(Effect::fine("it may be absent"), Effect::breaking("it may miss it"))
        }
        (Side::Inputs, false) => change.means(
            Effect::breaking("requests without it are refused"),
            Effect::fine("it is always there"),
        ),
        (Side::Outputs, true) => change
            .means(Effect::breaking("readers may miss it"), Effect::fine("it may leave it out")),
        (Side::Outputs, false) => {
            change.means(Effect::fine("it is always there"), Effect::breaking("it must give it"))
        }
    })
}

/// `long, optional`
pub(super) fn titled(kind: &Kind, required: bool) -> String {
    format!("{}, {}", kind.title(), if required { "required" } else { "optional" })
}

/// The property of this name; properties are sorted by name.
fn find<'p>(properties: &'p [Property], name: &str) -> Option<&'p Property> {
    let at = properties.binary_search_by(|property| property.name.as_str().cmp(name)).ok()?;
    properties.get(at)
}
