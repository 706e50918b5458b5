//! Which of several forms (`anyOf`, `oneOf`) a value was probably meant to be.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

/// What a value that fits no form was meant to be.
pub(super) enum Branch<'a> {
    /// This form: its mistakes are the ones to tell.
    Meant(&'a [ValidationError<'static>]),
    /// A form that one of these keys would begin.
    MissingKeys(Vec<&'a str>),
    /// Nothing can be said.
    None,
}

/// The form whose mistakes weigh least, among those whose type the value has.
pub(super) fn nearest<'a>(context: &'a [Vec<ValidationError<'static>>], path: &str) -> Branch<'a> {
    let here = |error: &ValidationError<'_>| error.instance_path().as_str() == path;
    let fits: Vec<_> = context
        .iter()
        .filter(|branch| {
            !branch.iter().any(|error| {
                here(error) && matches!(error.kind(), Kind::Type { .. } | Kind::FalseSchema)
            })
        })
        .collect();
    if let [_, _, ..] = fits.as_slice() {
        let missing: Option<Vec<&str>> = fits
            .iter()
            .map(|branch| match branch.as_slice() {
                [error] if here(error) => match error.kind() {
                    Kind::Required { property } => property.as_str(),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        if let Some(keys) = missing {
            return Branch::MissingKeys(keys);
        }
    }
    let Some(best) = fits.into_iter().min_by_key(|branch| weight(branch)) else {
        return Branch::None;
    };
    // "Not" says nothing about what would be right.
    if best.iter().any(|error| here(error) && matches!(error.kind(), Kind::Not { .. })) {
        return Branch::None;
    }
    Branch::Meant(best)
}

fn weight(branch: &[ValidationError<'static>]) -> usize {
    branch
        .iter()
        .map(|error| match error.kind() {
            // A discriminator that differs says "another form".
            Kind::Constant { .. } => 100,
            Kind::AdditionalProperties { unexpected } => 2 * unexpected.len(),
            Kind::Required { .. } => 3,
            _ => 1,
        })
        .sum()
}
