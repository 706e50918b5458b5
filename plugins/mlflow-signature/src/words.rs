//! Words that hang on which part of the signature is enforced: of what a model
//! takes MLflow is the subject, of what it gives the model itself.

use alloc::format;
use alloc::string::String;

use mlflow_plugin::Part;
use mlflow_schema::fault::Kind;

/// What one column or tensor is called.
pub(crate) fn one(part: Part) -> &'static str {
    match part {
        Part::Inputs => "input",
        Part::Outputs => "output",
    }
}

/// The kind of fault of one that is missing.
pub(crate) fn missing(part: Part) -> Kind {
    match part {
        Part::Inputs => Kind::MissingInputs,
        Part::Outputs => Kind::MissingOutputs,
    }
}

/// The kind of fault of one that the signature does not name.
pub(crate) fn extra(part: Part) -> Kind {
    match part {
        Part::Inputs => Kind::ExtraInput,
        Part::Outputs => Kind::ExtraOutput,
    }
}

/// That a value becomes `what`.
pub(crate) fn becomes(part: Part, what: &str) -> String {
    match part {
        Part::Inputs => format!("MLflow would hand the model {what}"),
        Part::Outputs => format!("as declared it would be {what}"),
    }
}

/// That a value of `kind` stays, though `declared` is.
pub(crate) fn stays(part: Part, kind: &str, declared: &str) -> String {
    match part {
        Part::Inputs => format!("MLflow hands {kind} on where `{declared}` is declared"),
        Part::Outputs => format!("the model gives {kind} on where `{declared}` is declared"),
    }
}

/// What a payload is called.
pub(crate) fn payload(part: Part) -> &'static str {
    match part {
        Part::Inputs => "body",
        Part::Outputs => "answer",
    }
}
