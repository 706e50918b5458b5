//! What changed between two signatures, and whom it breaks.
//!
//! *Callers* send inputs and parameters and read outputs: what they send and
//! the old signature accepts, the new one must accept, in mode `mlflow` and in
//! mode `strict`, in every form of request and as typed frames. *The model*
//! takes inputs and parameters and gives outputs: whatever the new signature
//! lets through must be what the old one could have handed it.
//!
//! The rules follow what MLflow enforces; `host/cli/SIGNATURES.md` has them as
//! a table.

mod columns;
mod effect;
mod kinds;
mod params;
mod renamed;
mod tensors;

use serde::Serialize;

pub use effect::{Effect, Exception};

use crate::schema::{Schema, Signature};

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Every change: inputs, outputs, then parameters, in the order of the
    /// new signature.
    pub changes: Vec<Change>,
}

/// The part of a semantic version that a change raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Raises {
    /// Nothing changed.
    None,
    /// Callers notice nothing.
    Patch,
    /// Callers may send or read something new, or get other answers.
    Minor,
    /// Callers must change.
    Major,
}

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It most likely has another name now.
    Renamed,
    /// It has another type.
    Retyped,
    /// It must be there now.
    Required,
    /// It may be absent now.
    Optional,
    /// The same things stand in another order.
    Reordered,
    /// A tensor has another shape.
    Reshaped,
    /// A parameter has another default.
    Default,
    /// Inputs or outputs are declared in another way altogether.
    Redeclared,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// To what: ``input `amount` ``.
    pub what: String,
    /// Where, as an RFC 6901 pointer into the signature with its parts as
    /// lists: the new one, or the old one for what is gone.
    pub pointer: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What it means for callers.
    pub callers: Effect,
    /// What it means for the model.
    pub model: Effect,
    /// The part of the version that it raises.
    pub raises: Raises,
}

/// Which of a signature's sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Inputs,
    Outputs,
}

impl Side {
    fn one(self) -> &'static str {
        match self {
            Self::Inputs => "input",
            Self::Outputs => "output",
        }
    }

    fn all(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
        }
    }
}

/// Compares two signatures.
#[must_use]
pub fn diff(old: &Signature, new: &Signature) -> Diff {
    let mut changes = Vec::new();
    part(Side::Inputs, old.inputs.as_ref(), new.inputs.as_ref(), &mut changes);
    part(Side::Outputs, old.outputs.as_ref(), new.outputs.as_ref(), &mut changes);
    params::compare(old, new, &mut changes);
    Diff { changes }
}

/// What `tollgate signature diff` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    /// `pass` or `fail`, for those that were asked about.
    pub verdict: &'static str,
    /// The file of the old signature.
    pub old: String,
    /// The file of the new signature.
    pub new: String,
    /// `compatible` or `breaking`.
    pub callers: &'static str,
    /// `compatible` or `breaking`.
    pub model: &'static str,
    /// The part of the semantic version that must rise.
    pub raises: Raises,
    /// What changed.
    #[serde(flatten)]
    pub diff: Diff,
}

impl Raises {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl Diff {
    /// Whether callers must change.
    #[must_use]
    pub fn breaks_callers(&self) -> bool {
        self.changes.iter().any(|change| change.callers.breaking)
    }

    /// Whether the model must change.
    #[must_use]
    pub fn breaks_model(&self) -> bool {
        self.changes.iter().any(|change| change.model.breaking)
    }

    /// The part of the semantic version that must rise.
    #[must_use]
    pub fn raises(&self) -> Raises {
        self.changes.iter().map(|change| change.raises).max().unwrap_or(Raises::None)
    }
}

fn part(side: Side, old: Option<&Schema>, new: Option<&Schema>, changes: &mut Vec<Change>) {
    let whole = |kind, old: Option<&Schema>, new: Option<&Schema>, callers, model| {
        Change::of(kind, format!("the {}", side.all()), format!("/{}", side.all()))
            .from(old.map(title))
            .to(new.map(title))
            .means(callers, model)
    };
    let change = match (old, new) {
        (None, None) => return,
        (Some(Schema::Columns(old)), Some(Schema::Columns(new))) if old.named == new.named => {
            return columns::compare(side, old, new, changes);
        }
        (Some(Schema::Tensors(old)), Some(Schema::Tensors(new))) if old.named == new.named => {
            return tensors::compare(side, old, new, changes);
        }
        (Some(_), Some(_)) => whole(
            ChangeKind::Redeclared,
            old,
            new,
            Effect::breaking(format!("the {} have another form", side.all())),
            Effect::breaking(format!("the {} have another form", side.all())),
        ),
        (None, Some(_)) => match side {
            Side::Inputs => whole(
                ChangeKind::Added,
                old,
                new,
                Effect::breaking("inputs were not checked, and now are"),
                Effect::breaking("it gets a data frame or tensors of the declared types"),
            ),
            Side::Outputs => whole(
                ChangeKind::Added,
                old,
                new,
                Effect::fine("outputs that nobody promised are promised"),
                Effect::breaking("the model must give what is declared"),
            ),
        },
        (Some(_), None) => match side {
            Side::Inputs => whole(
                ChangeKind::Removed,
                old,
                new,
                Effect::breaking("values are no longer converted to their types"),
                Effect::breaking("anything reaches the model"),
            ),
            Side::Outputs => whole(
                ChangeKind::Removed,
                old,
                new,
                Effect::breaking("outputs are no longer promised"),
                Effect::fine("the model may give anything"),
            ),
        },
    };
    changes.push(change);
}

fn title(schema: &Schema) -> String {
    let count = schema.names().len();
    let (one, many) = match schema {
        Schema::Columns(_) => ("column", "columns"),
        Schema::Tensors(_) => ("tensor", "tensors"),
    };
    let named = if schema.named() { "named" } else { "unnamed" };
    format!("{count} {named} {}", if count == 1 { one } else { many })
}

impl Change {
    fn of(kind: ChangeKind, what: String, pointer: String) -> Self {
        Self {
            kind,
            what,
            pointer,
            old: None,
            new: None,
            callers: Effect::none(),
            model: Effect::none(),
            raises: Raises::Minor,
        }
    }

    /// The change in one line: ``input `age`: integer -> long``.
    #[must_use]
    pub fn title(&self) -> String {
        let what = &self.what;
        let [old, new] = [&self.old, &self.new].map(|side| side.as_deref().unwrap_or("none"));
        match self.kind {
            ChangeKind::Added => format!("{what} added: {new}"),
            ChangeKind::Removed => format!("{what} removed: {old}"),
            ChangeKind::Renamed => format!("{what} renamed to `{new}`"),
            ChangeKind::Required => format!("{what} is required now"),
            ChangeKind::Optional => format!("{what} is optional now"),
            ChangeKind::Reordered => format!("{what} in another order: {old} -> {new}"),
            ChangeKind::Default => format!("{what}: default {old} -> {new}"),
            ChangeKind::Retyped | ChangeKind::Reshaped | ChangeKind::Redeclared => {
                format!("{what}: {old} -> {new}")
            }
        }
    }

    fn from(mut self, old: Option<String>) -> Self {
        self.old = old;
        self
    }

    fn to(mut self, new: Option<String>) -> Self {
        self.new = new;
        self
    }

    fn means(mut self, callers: Effect, model: Effect) -> Self {
        if callers.breaking {
            self.raises = Raises::Major;
        }
        self.callers = callers;
        self.model = model;
        self
    }

    /// Callers notice nothing of it.
    fn unnoticed(mut self) -> Self {
        self.raises = Raises::Patch;
        self
    }
}
