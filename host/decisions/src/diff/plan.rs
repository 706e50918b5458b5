//! Where the inputs of a new policy are in the decisions of an old one.

use std::borrow::Cow;
use std::path::PathBuf;

use tollgate::document::{InputMapping, PolicyDocument};
use tollgate::input::kind_phrase;
use tollgate::judge::Decider;
use tollgate::source::Source;
use tollgate_engine::types::{Input, Kind, Value};

use crate::read::{Recorded, Said, StatedInput, StatedPolicy};

/// What a decision must say for the new policy to decide on it.
pub(super) struct Plan(Result<Vec<Slot>, String>);

struct Slot {
    /// The input's place in the record.
    place: usize,
    /// Whether an integer is to be a number.
    widened: bool,
    /// The value where none was given.
    default: Option<Value>,
    required: bool,
    /// A value that may have been given, or a default that is another one now.
    doubted: Option<Value>,
    name: String,
}

impl Plan {
    pub(super) fn new(old: &StatedPolicy, new: &Decider) -> Self {
        let source = Source::new(&format!("record {}: document", old.seq), &old.document);
        let document = PolicyDocument::parse(source, PathBuf::new());
        let document = document
            .map_err(|_| format!("the document of {} in the log cannot be read", old.title()));
        Self(document.and_then(|document| {
            let inputs = &new.policy().surface().inputs;
            inputs.iter().map(|input| slot(input, old, &document, new)).collect()
        }))
    }

    /// Puts the values that the new policy reads into `out`, in its order; or
    /// says why it cannot be asked.
    /// They are taken out of what was said.
    pub(super) fn values(
        &self,
        said: &mut Said<'_>,
        out: &mut Vec<Value>,
    ) -> Result<(), Cow<'_, str>> {
        out.clear();
        let slots = self.0.as_deref().map_err(|reason| Cow::Borrowed(reason.as_str()))?;
        let inputs = said.inputs.as_deref_mut();
        let inputs = inputs.ok_or("the request gave no values that could be logged")?;
        for slot in slots {
            // No two inputs have one name.
            let given = inputs.get_mut(slot.place).and_then(Option::take);
            match slot.value(given) {
                Ok(value) => out.push(value),
                Err(reason) => {
                    out.clear();
                    return Err(Cow::Owned(reason));
                }
            }
        }
        Ok(())
    }
}

impl Slot {
    fn value(&self, given: Option<Recorded>) -> Result<Value, String> {
        let name = &self.name;
        let value = match given {
            Some(Recorded::Value(value)) => value,
            Some(Recorded::Masked(_)) => return Err(format!("input `{name}` is masked")),
            None => return Err(format!("input `{name}` is not in the log")),
        };
        if self.doubted.as_ref() == Some(&value) {
            return Err(format!(
                "input `{name}` has the value of a default that is another one now: it may have \
                 been given or not"
            ));
        }
        match (value, &self.default) {
            (Value::Null, Some(default)) => Ok(default.clone()),
            (Value::Null, None) if self.required => {
                Err(format!("input `{name}` was not given, and the new policy requires it"))
            }
            (Value::Integer(value), _) if self.widened => Ok(Value::Number(value as f64)),
            (value, _) => Ok(value),
        }
    }
}

/// Where an input of the new policy is, or why it is nowhere.
fn slot(
    input: &Input,
    old: &StatedPolicy,
    document: &PolicyDocument,
    new: &Decider,
) -> Result<Slot, String> {
    let name = &input.name;
    let found = old.inputs.iter().enumerate().find(|(_, stated)| stated.name == *name);
    let Some((place, stated)) = found else {
        return Err(format!("input `{name}` is not in the log: {} does not read it", old.title()));
    };
    let (then, now) = (document.input(name), new.document().input(name));
    let (from, to) = (read_from(name, then), read_from(name, now));
    if from != to {
        return Err(format!("input `{name}` is read from another place: {from} then, {to} now"));
    }
    let widened = (stated.kind, input.kind) == (Kind::Integer, Kind::Number);
    if stated.kind != input.kind && !widened {
        return Err(other_kind(stated, input));
    }
    let default = |mapping: Option<&InputMapping>, kind| {
        let given = mapping.and_then(|mapping| mapping.default.clone());
        given.and_then(|given| tollgate::input::of_kind(given, kind))
    };
    let (then, now) = (default(then, stated.kind), default(now, input.kind));
    let is_same = match &then {
        Some(then) => tollgate::input::of_kind(then.clone(), input.kind) == now,
        None => true,
    };
    Ok(Slot {
        place,
        widened,
        default: now,
        required: input.required,
        doubted: then.filter(|_| !is_same),
        name: name.clone(),
    })
}

fn other_kind(stated: &StatedInput, input: &Input) -> String {
    format!(
        "input `{}` was read as {}, and is {} now",
        input.name,
        kind_phrase(stated.kind),
        kind_phrase(input.kind)
    )
}

/// Where a document says that an input comes from.
fn read_from(name: &str, mapping: Option<&InputMapping>) -> String {
    match mapping {
        Some(InputMapping { header: Some(header), .. }) => {
            format!("header `{}`", header.to_ascii_lowercase())
        }
        Some(InputMapping { counter: Some(counter), .. }) => format!("counter `{counter}`"),
        Some(InputMapping { pointer: Some(pointer), .. }) => format!("`{pointer}`"),
        _ => format!("`/{}`", name.replace('~', "~0").replace('/', "~1")),
    }
}
