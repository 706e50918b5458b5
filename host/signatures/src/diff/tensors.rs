//! Changes of tensors.

use std::collections::HashMap;

use super::{Change, ChangeKind, Effect, Exception, Side};
use crate::schema::{Dtype, Tensor, Tensors};

/// Compares tensors that all have names, or the only one that has none.
pub(super) fn compare(side: Side, old: &Tensors, new: &Tensors, changes: &mut Vec<Change>) {
    let what = |tensor: &Tensor| {
        if new.named {
            format!("{} `{}`", side.one(), tensor.name)
        } else {
            format!("the {} tensor", side.one())
        }
    };
    let pointer = |at: usize| format!("/{}/{at}", side.all());
    let (old_names, new_names) = (last(old), last(new));
    for (at, tensor) in new.tensors.iter().enumerate() {
        match old_names.get(tensor.name.as_str()) {
            Some(before) => one(side, &what(tensor), &pointer(at), before, tensor, changes),
            None => changes.push(add(side, tensor, what(tensor), pointer(at))),
        }
    }
    for (at, tensor) in old.tensors.iter().enumerate() {
        if !new_names.contains_key(tensor.name.as_str()) {
            changes.push(remove(side, tensor, what(tensor), pointer(at)));
        }
    }
    let common = |tensors: &Tensors, others: &HashMap<&str, &Tensor>| -> Vec<String> {
        let names = tensors.tensors.iter().map(|tensor| tensor.name.clone());
        names.filter(|name| others.contains_key(name.as_str())).collect()
    };
    let (before, after) = (common(old, &new_names), common(new, &old_names));
    if before != after {
        let all = format!("the {}", side.all());
        let change = Change::of(ChangeKind::Reordered, all, format!("/{}", side.all()))
            .from(Some(before.join(", ")))
            .to(Some(after.join(", ")));
        let names = || Effect::fine("tensors go by their names");
        changes.push(change.means(names(), names()).unnoticed());
    }
}

/// Tensors by their names; of equal names the last one counts.
fn last(tensors: &Tensors) -> HashMap<&str, &Tensor> {
    tensors.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect()
}

fn one(
    side: Side,
    what: &str,
    pointer: &str,
    old: &Tensor,
    new: &Tensor,
    changes: &mut Vec<Change>,
) {
    let pointer = format!("{pointer}/tensor-spec");
    if old.dtype != new.dtype {
        let change = Change::of(ChangeKind::Retyped, what.to_owned(), format!("{pointer}/dtype"))
            .from(Some(old.dtype.name()))
            .to(Some(new.dtype.name()));
        changes.push(change.means(
            match side {
                Side::Inputs => Effect::breaking(
                    "a typed tensor must have exactly the declared type; MLflow widens none",
                ),
                Side::Outputs => Effect::breaking(format!(
                    "readers expect `{}`, not `{}`",
                    old.dtype.name(),
                    new.dtype.name()
                )),
            },
            match side {
                Side::Inputs => Effect::breaking("it gets elements of another type"),
                Side::Outputs => Effect::breaking("it must give elements of another type"),
            },
        ));
    }
    if old.shape != new.shape {
        let change = Change::of(ChangeKind::Reshaped, what.to_owned(), format!("{pointer}/shape"))
            .from(Some(format!("{:?}", old.shape)))
            .to(Some(format!("{:?}", new.shape)));
        let looser = covers(&new.shape, &old.shape);
        let tighter = covers(&old.shape, &new.shape);
        // For data frames all lengths but the first must be fixed.
        let framed = |shape: &[i64]| matches!(shape, [-1, inner @ ..] if !inner.contains(&-1));
        let frame = framed(&old.shape) != framed(&new.shape);
        let refused = || Effect::breaking("some tensors that had the old shape lack the new one");
        changes.push(match side {
            Side::Inputs => change.means(
                if looser {
                    Effect::fine("every tensor of the old shape has the new one")
                        .unless_when(frame, Exception::Frame)
                } else {
                    refused()
                },
                if tighter && !anything(old) {
                    Effect::fine("every tensor of the new shape has the old one")
                        .unless_when(frame, Exception::Frame)
                } else {
                    Effect::breaking("it gets tensors of other shapes")
                },
            ),
            Side::Outputs => change.means(
                if tighter {
                    Effect::fine("every tensor of the new shape has the old one")
                } else {
                    Effect::breaking("readers get tensors of other shapes")
                },
                if looser {
                    Effect::fine("every tensor of the old shape has the new one")
                } else {
                    Effect::breaking("it must give tensors of another shape")
                },
            ),
        });
    }
}

/// MLflow lets any array pass as objects of one open dimension.
fn anything(tensor: &Tensor) -> bool {
    tensor.dtype == Dtype::Object && tensor.shape == [-1]
}

/// Whether every array of shape `inner` has shape `outer`.
fn covers(outer: &[i64], inner: &[i64]) -> bool {
    outer.len() == inner.len()
        && outer.iter().zip(inner).all(|(outer, inner)| *outer == -1 || outer == inner)
}

fn add(side: Side, tensor: &Tensor, what: String, pointer: String) -> Change {
    let change = Change::of(ChangeKind::Added, what, pointer).to(Some(tensor.title()));
    match side {
        Side::Inputs => change.means(
            Effect::breaking("requests without it are refused"),
            Effect::breaking("it gets a tensor that it does not know"),
        ),
        Side::Outputs => change.means(
            Effect::fine("readers who do not know it go on"),
            Effect::breaking("it must give it"),
        ),
    }
}

fn remove(side: Side, tensor: &Tensor, what: String, pointer: String) -> Change {
    let change = Change::of(ChangeKind::Removed, what, pointer).from(Some(tensor.title()));
    match side {
        Side::Inputs => change.means(
            Effect::fine("MLflow drops what is not declared, strict mode warns")
                .unless(Exception::StillSent),
            Effect::breaking("it misses a tensor"),
        ),
        Side::Outputs => change.means(
            Effect::breaking("readers miss it"),
            Effect::fine("what it gives beyond the declared outputs is dropped"),
        ),
    }
}
