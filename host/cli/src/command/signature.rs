//! `tollgate signature`

mod diff;

use tollgate::report::Exit;

use crate::arguments::Signature;
use crate::output;

pub(crate) fn run(arguments: &Signature) -> Exit {
    match arguments {
        Signature::Diff(diff) => {
            output::shown("signature diff", diff.format, || self::diff::run(diff))
        }
    }
}
