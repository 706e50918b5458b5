//! Rules, as the settings say them.

use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::decimal::Decimal;
use gate_evidence::verdict::Terms;
use gate_evidence::window::Window;
use tollgate_sdk::Outcome;

use crate::form::Form;
use crate::glob::Glob;
use crate::name::Name;

/// The stages that a version may be to have, as the fact `target` says them.
pub(crate) const STAGES: [&str; 5] = ["None", "Staging", "Production", "Archived", "Deleted"];

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its name in reports.
    pub id: String,
    /// The stages on whose way it is asked; all where there are none.
    pub targets: Vec<&'static str>,
    /// What it comes to when it does not hold.
    pub terms: Terms,
    /// What it asks.
    pub check: Check,
}

/// What a rule asks.
#[derive(Debug)]
pub(crate) enum Check {
    /// A field, and what must hold of it.
    Field(Field),
    /// Parameters of the run.
    Params(Params),
    /// A file whose path one of these patterns means.
    Artifact(Vec<Glob>),
    /// That the version is not on its way out.
    Deprecation(Deprecation),
    /// That the semantic version rises with the signature: the field that says
    /// it.
    SemanticVersion(Name),
    /// That a latency keeps what this field promises.
    Sla(Name),
    /// One of these.
    Any(Vec<Check>),
}

/// A field, and what must hold of it beside being there.
#[derive(Debug)]
pub(crate) struct Field {
    /// The field.
    pub name: Name,
    /// The values that it may have; any where there are none.
    pub listed: Vec<Listed>,
    /// How its text reads.
    pub form: Option<Form>,
    /// The least that it may be.
    pub at_least: Option<Decimal>,
    /// The most that it may be.
    pub at_most: Option<Decimal>,
    /// Whether it is a date that must have come.
    pub past: bool,
}

/// A value that a field may have.
#[derive(Debug)]
pub(crate) enum Listed {
    /// This text, to the letter.
    Text(String),
    /// True or false, as a text too.
    Boolean(bool),
    /// This number, as a text too.
    Number(Decimal),
}

/// Parameters of the run.
#[derive(Debug)]
pub(crate) struct Params {
    /// Those of these names.
    pub names: Glob,
    /// How many must say something.
    pub at_least: u64,
    /// Whether every one of these names must.
    pub every: bool,
}

/// What is asked of a version on its way out.
#[derive(Debug)]
pub(crate) struct Deprecation {
    /// How long before its sunset a version warns.
    pub warn_within: Option<Window>,
    /// What a deprecated version is that names no replacement.
    pub without_replacement: Outcome,
}
