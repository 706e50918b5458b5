//! Changes of parameters.

use std::collections::HashMap;

use super::kinds::{self, Place};
use super::{Change, ChangeKind, Effect, Exception, Side};
use crate::schema::{DataType, Param, ParamKind, Signature};

const NOTHING_LEFT: &str = "neither inputs nor parameters are left to judge requests by";

/// Compares parameters, which go by their names.
pub(super) fn compare(old: &Signature, new: &Signature, changes: &mut Vec<Change>) {
    let before = old.params.as_deref().unwrap_or_default();
    let after = new.params.as_deref().unwrap_or_default();
    // What judges nothing passes nothing.
    let nothing_left = new.inputs.is_none() && new.params.is_none();
    if old.params.is_none() != new.params.is_none() && before.is_empty() && after.is_empty() {
        // An empty list: MLflow then wants `params` to be an object.
        let declared = new.params.is_some();
        let kind = if declared { ChangeKind::Added } else { ChangeKind::Removed };
        let callers = if nothing_left {
            Effect::breaking(NOTHING_LEFT)
        } else {
            Effect::fine("no parameter is declared all the same")
                .unless_when(declared, Exception::ParamsNoObject)
        };
        let model = Effect::breaking("it gets no parameters as an empty object, or as none");
        let change = Change::of(kind, "the parameters".to_owned(), "/params".to_owned());
        changes.push(change.means(callers, model).unnoticed());
    }
    let (old_names, new_names) = (by_names(before), by_names(after));
    for (at, param) in after.iter().enumerate() {
        let what = format!("parameter `{}`", param.name);
        let pointer = format!("/params/{at}");
        match old_names.get(param.name.as_str()) {
            Some(before) => one(before, param, &what, &pointer, changes),
            None => changes.push(
                Change::of(ChangeKind::Added, what, pointer)
                    .to(Some(format!("{}, default {}", param.title(), param.default)))
                    .means(
                        Effect::fine("it has a default")
                            .unless(Exception::Undeclared)
                            .unless_when(old.params.is_none(), Exception::ParamsNoObject),
                        Effect::breaking("it gets a parameter that it does not know"),
                    ),
            ),
        }
    }
    for (at, param) in before.iter().enumerate() {
        if !new_names.contains_key(param.name.as_str()) {
            let what = format!("parameter `{}`", param.name);
            let callers = if nothing_left {
                Effect::breaking(NOTHING_LEFT)
            } else {
                Effect::fine("MLflow drops what is not declared, strict mode warns")
            };
            changes.push(
                Change::of(ChangeKind::Removed, what, format!("/params/{at}"))
                    .from(Some(format!("{}, default {}", param.title(), param.default)))
                    .means(callers, Effect::breaking("it misses a parameter that it always got")),
            );
        }
    }
}

/// Parameters by their names, each of which comes once.
fn by_names(params: &[Param]) -> HashMap<&str, &Param> {
    params.iter().map(|param| (param.name.as_str(), param)).collect()
}

fn one(old: &Param, new: &Param, what: &str, pointer: &str, changes: &mut Vec<Change>) {
    if let (ParamKind::Object(before), ParamKind::Object(after), false, false) =
        (&old.kind, &new.kind, old.list, new.list)
    {
        let place = Place {
            side: Side::Inputs,
            what: what.to_owned(),
            pointer: pointer.to_owned(),
            column: false,
            changes,
        };
        kinds::properties(place, before, after);
    } else if (&old.kind, old.list) != (&new.kind, new.list) {
        let change = Change::of(ChangeKind::Retyped, what.to_owned(), pointer.to_owned())
            .from(Some(old.title()))
            .to(Some(new.title()));
        changes.push(retyped(change, old, new));
    }
    if old.default != new.default {
        let change = Change::of(ChangeKind::Default, what.to_owned(), format!("{pointer}/default"))
            .from(Some(old.default.clone()))
            .to(Some(new.default.clone()));
        let callers = Effect::fine("callers who leave it out get answers made with another value");
        let model = Effect::fine("callers could always send that value");
        changes.push(change.means(callers, model));
    }
}

/// MLflow checks no ranges here: an `integer` is a `long`, a `float` is a
/// `double`, and a whole number is taken for either of the latter.
fn retyped(change: Change, old: &Param, new: &Param) -> Change {
    use DataType::{Datetime, Double, Float, Integer, Long, String};
    let refused = || {
        Effect::breaking(format!(
            "`{}` does not take what is sent as `{}`",
            new.title(),
            old.title()
        ))
    };
    let other =
        || Effect::breaking(format!("it gets `{}` where it got `{}`", new.title(), old.title()));
    if old.list != new.list {
        return change.means(refused(), other());
    }
    let (ParamKind::Data(before), ParamKind::Data(after)) = (&old.kind, &new.kind) else {
        return change.means(refused(), other());
    };
    match (before, after) {
        (Integer | Long, Integer | Long) | (Float | Double, Float | Double) => {
            let alike = "MLflow tells these types of parameters not apart";
            change.means(Effect::fine(alike), Effect::fine(alike)).unnoticed()
        }
        (Integer | Long, Float | Double) => change.means(
            Effect::fine("MLflow takes whole numbers for floats").unless(Exception::BeyondDouble),
            other(),
        ),
        (Datetime, String) => change.means(Effect::fine("times are sent as text"), other()),
        _ => change.means(refused(), other()),
    }
}
