//! Changes of columns.

use std::collections::HashMap;

use super::kinds::{self, Place, must_give, no_longer_given, presence, titled};
use super::renamed::Gone;
use super::{Change, ChangeKind, Effect, Exception, Side};
use crate::schema::{Column, Columns, Kind};

/// Compares columns that all have names, or have none.
pub(super) fn compare(side: Side, old: &Columns, new: &Columns, changes: &mut Vec<Change>) {
    if twice(old) || twice(new) {
        if old != new {
            let change = Change::of(
                ChangeKind::Redeclared,
                format!("the {}", side.all()),
                format!("/{}", side.all()),
            );
            let reason = "a name is declared twice, so that it is not clear which one counts";
            changes.push(change.means(Effect::breaking(reason), Effect::breaking(reason)));
        }
    } else if new.named {
        by_name(side, old, new, changes);
    } else {
        by_place(side, old, new, changes);
    }
}

fn twice(columns: &Columns) -> bool {
    let mut names: Vec<&str> = columns.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// The columns by their names, each of which comes once.
fn by_names(columns: &Columns) -> HashMap<&str, &Column> {
    columns.columns.iter().map(|column| (column.name.as_str(), column)).collect()
}

fn what(side: Side, column: &Column) -> String {
    format!("{} `{}`", side.one(), column.name)
}

fn pointer(side: Side, at: usize) -> String {
    format!("/{}/{at}", side.all())
}

/// Whether MLflow takes an object of lists for one row: when a column holds
/// lists or objects.
fn one_row(columns: &Columns) -> bool {
    let nested = |kind: &Kind| matches!(kind, Kind::Array(_) | Kind::Vector | Kind::Object(_));
    columns.columns.iter().any(|column| nested(&column.kind))
}

/// Whether a bare list may be taken for the columns: for the only one, or for
/// none when all may be absent.
fn bare(columns: &Columns) -> bool {
    columns.columns.len() == 1 || columns.columns.iter().all(|column| !column.required)
}

/// What of two lists of columns counts for each of their columns.
#[derive(Clone, Copy)]
struct Lists {
    /// Whether a bare list may be taken for the old columns, or the new.
    bare_old: bool,
    bare_new: bool,
    /// Whether an object of lists is one row to one of them only.
    one_row_differs: bool,
}

impl Lists {
    fn new(old: &Columns, new: &Columns) -> Self {
        Self {
            bare_old: bare(old),
            bare_new: bare(new),
            one_row_differs: one_row(new) != one_row(old),
        }
    }
}

fn by_name(side: Side, old: &Columns, new: &Columns, changes: &mut Vec<Change>) {
    let (before, after) = (by_names(old), by_names(new));
    let lists = Lists::new(old, new);
    let is_new = |column: &&Column| !before.contains_key(column.name.as_str());
    let gone = old.columns.iter().enumerate();
    let gone = gone.filter(|(_, column)| !after.contains_key(column.name.as_str()));
    let mut gone = Gone::new(gone, new.columns.iter().filter(is_new).count());
    for (at, column) in new.columns.iter().enumerate() {
        if let Some(before) = before.get(column.name.as_str()) {
            retyped(side, before, column, at, changes);
        } else if let Some(before) = gone.take(column, at) {
            changes.push(rename(side, before, column, at));
            retyped(side, before, column, at, changes);
        } else {
            changes.push(add(side, column, at, lists));
        }
    }
    for (at, column) in gone.rest() {
        changes.push(remove(side, column, at, lists));
    }
    order(side, old, new, changes);
}

fn retyped(side: Side, before: &Column, column: &Column, at: usize, changes: &mut Vec<Change>) {
    let (what, pointer) = (what(side, column), pointer(side, at));
    let change = presence(what.clone(), pointer.clone(), side, before.required, column.required);
    changes.extend(change);
    let place = Place { side, what, pointer, column: true, changes };
    kinds::compare(place, &before.kind, &column.kind);
}

fn rename(side: Side, before: &Column, column: &Column, at: usize) -> Change {
    let change = Change::of(ChangeKind::Renamed, what(side, before), pointer(side, at))
        .from(Some(before.name.clone()))
        .to(Some(column.name.clone()));
    match side {
        Side::Inputs if before.required || column.required => change.means(
            Effect::breaking("requests with the old name are refused"),
            Effect::breaking("it gets the column under another name"),
        ),
        Side::Inputs => change.means(
            Effect::breaking("values under the old name are dropped unread"),
            Effect::breaking("it gets the column under another name"),
        ),
        Side::Outputs => change.means(
            Effect::breaking("readers look for the old name"),
            Effect::breaking("it must give the new name"),
        ),
    }
}

fn add(side: Side, column: &Column, at: usize, lists: Lists) -> Change {
    let change = Change::of(ChangeKind::Added, what(side, column), pointer(side, at))
        .to(Some(titled(&column.kind, column.required)));
    match (side, column.required) {
        (Side::Inputs, true) => change.means(
            Effect::breaking("requests without it are refused"),
            Effect::breaking("it gets a column that it does not know"),
        ),
        (Side::Inputs, false) => change.means(
            Effect::fine("it may be absent")
                .unless(Exception::Undeclared)
                .unless_when(lists.bare_old, Exception::Bare)
                .unless_when(lists.one_row_differs, Exception::ObjectOfColumns),
            Effect::breaking("it may get a column that it does not know"),
        ),
        (Side::Outputs, required) => {
            change.means(Effect::fine("readers who do not know it go on"), must_give(required))
        }
    }
}

fn remove(side: Side, column: &Column, at: usize, lists: Lists) -> Change {
    let change = Change::of(ChangeKind::Removed, what(side, column), pointer(side, at))
        .from(Some(titled(&column.kind, column.required)));
    match side {
        Side::Inputs => change.means(
            Effect::fine("MLflow drops what is not declared, strict mode warns")
                .unless(Exception::StillSent)
                .unless_when(lists.bare_old, Exception::Bare)
                .unless_when(lists.one_row_differs, Exception::ObjectOfColumns),
            if column.required {
                Effect::breaking("it misses a column")
            } else {
                Effect::fine("the column was never certain")
                    .unless_when(lists.bare_new, Exception::Bare)
                    .unless_when(lists.one_row_differs, Exception::ObjectOfColumns)
            },
        ),
        Side::Outputs => change.means(
            no_longer_given(column.required),
            Effect::fine("what it gives beyond the declared outputs is dropped"),
        ),
    }
}

/// Whether columns that both have stand in another order.
fn order(side: Side, old: &Columns, new: &Columns, changes: &mut Vec<Change>) {
    let common = |columns: &Columns, other: &Columns| -> Vec<String> {
        let others = by_names(other);
        let names = columns.columns.iter().map(|column| column.name.clone());
        names.filter(|name| others.contains_key(name.as_str())).collect()
    };
    let (before, after) = (common(old, new), common(new, old));
    if before == after {
        return;
    }
    let change = Change::of(
        ChangeKind::Reordered,
        format!("the {}", side.all()),
        format!("/{}", side.all()),
    )
    .from(Some(listed(&before)))
    .to(Some(listed(&after)));
    let by_name = Effect::fine("columns go by their names");
    changes.push(match side {
        Side::Inputs => change
            .means(
                by_name.unless_when(bare(old), Exception::Bare),
                Effect::breaking("it gets the columns in the declared order"),
            )
            .unnoticed(),
        Side::Outputs => {
            change.means(by_name, Effect::fine("outputs go by their names")).unnoticed()
        }
    });
}

/// The names where the order starts to differ would do; all do for people.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() > SHOWN {
        shown.push("...");
    }
    shown.join(", ")
}

/// Columns without names go by their places.
fn by_place(side: Side, old: &Columns, new: &Columns, changes: &mut Vec<Change>) {
    let what = |at: usize| format!("{} {at}", side.one());
    let both = old.columns.len().min(new.columns.len());
    for (at, (before, column)) in old.columns.iter().zip(&new.columns).enumerate() {
        let mut found = Vec::new();
        // A missing `required` of a list or object means it may be null.
        found.extend(presence(what(at), pointer(side, at), side, before.required, column.required));
        let place = Place {
            side,
            what: what(at),
            pointer: pointer(side, at),
            column: true,
            changes: &mut found,
        };
        kinds::compare(place, &before.kind, &column.kind);
        if side == Side::Inputs && at == 0 && new.columns.len() > 1 {
            for change in found.iter_mut().filter(|change| change.kind == ChangeKind::Retyped) {
                let callers = Effect::breaking(
                    "MLflow casts all columns of `inputs` to the type of the first",
                );
                *change = change.clone().means(callers, change.model.clone());
            }
        }
        changes.append(&mut found);
    }
    for (at, column) in new.columns.iter().enumerate().skip(both) {
        let change = Change::of(ChangeKind::Added, what(at), pointer(side, at))
            .to(Some(column.kind.title()));
        changes.push(match side {
            Side::Inputs => change.means(
                Effect::breaking("rows are one value short"),
                Effect::breaking("it gets a column that it does not know"),
            ),
            Side::Outputs => change.means(
                Effect::breaking("readers get longer rows"),
                Effect::breaking("it must give it"),
            ),
        });
    }
    for (at, column) in old.columns.iter().enumerate().skip(both) {
        let change = Change::of(ChangeKind::Removed, what(at), pointer(side, at))
            .from(Some(column.kind.title()));
        changes.push(match side {
            Side::Inputs => change.means(
                Effect::fine("MLflow drops values beyond the last column"),
                Effect::breaking("it misses a column"),
            ),
            Side::Outputs => change.means(
                Effect::breaking("readers miss it"),
                Effect::breaking("it gives longer rows"),
            ),
        });
    }
}
