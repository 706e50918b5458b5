//! Splits of the data: `test`, `validation`, `train`.

/// The label under which a fact says the split that it was measured on.
pub(crate) const LABEL: &str = "split";

/// The split's name, of the names that people have for it.
pub(crate) fn canonical(split: &str) -> &str {
    match split {
        "val" | "valid" | "eval" => "validation",
        "training" => "train",
        other => other,
    }
}
