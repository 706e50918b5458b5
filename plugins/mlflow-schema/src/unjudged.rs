//! What judged nothing has not passed: payloads without rows, and signatures
//! without anything to judge by.

use alloc::format;
use alloc::string::ToString as _;

use crate::fault::{Fault, Kind};

/// There is no row.
#[must_use]
pub fn no_rows() -> Fault {
    empty("there are no rows, so nothing was judged", "at least one row")
}

/// There is no tensor, though each may be left out.
#[must_use]
pub fn no_tensors() -> Fault {
    empty("there are no tensors, so nothing was judged", "at least one tensor")
}

/// A tensor has no element.
#[must_use]
pub fn no_elements(name: &str, shape: &[impl core::fmt::Debug]) -> Fault {
    let message = match name {
        "" => "the tensor is empty, so nothing was judged".to_string(),
        name => format!("the tensor `{name}` is empty, so nothing of it was judged"),
    };
    let mut fault = empty(&message, "at least one element");
    fault.column = name.to_string();
    fault.actual = format!("the shape {shape:?}");
    fault
}

fn empty(message: &str, wanted: &str) -> Fault {
    let mut fault = Fault::new(Kind::NoRows, message);
    fault.expected = format!("{wanted}, or `allow_empty` where none is meant");
    fault
}

/// The signature declares neither inputs nor parameters.
#[must_use]
pub fn no_inputs() -> Fault {
    let message = "the signature declares no inputs, so there is nothing to judge a payload by";
    let mut fault = Fault::new(Kind::NoInputs, message);
    fault.expected = "`inputs` in the signature".to_string();
    fault
}

/// A signature that says nothing of outputs judges no answer.
#[must_use]
pub fn no_outputs() -> Fault {
    let mut fault = Fault::new(
        Kind::NoOutputs,
        "the signature declares no outputs, so there is nothing to judge an answer by",
    );
    fault.expected = "`outputs` in the signature".to_string();
    fault
}
