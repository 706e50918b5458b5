//! What reaches a policy beside the body.

use hyper::HeaderMap;
use tollgate::input::Outside;

/// The headers that a policy reads. One that is given several times is the
/// list of its values, as RFC 9110 has it: a policy that wants one number gets
/// no decision, and nobody chooses which of two counts.
pub(crate) fn outside(wanted: &[String], headers: &HeaderMap) -> Outside {
    let mut outside = Outside::default();
    add(wanted.iter().map(String::as_str), headers, &mut outside);
    outside
}

/// Adds these headers, as [`outside`] does.
pub(crate) fn add<'n>(
    wanted: impl Iterator<Item = &'n str>,
    headers: &HeaderMap,
    outside: &mut Outside,
) {
    for name in wanted {
        // What is no text must not pass for what is not there.
        let values = headers.get_all(name).iter();
        let mut values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let Some(first) = values.next() else { continue };
        match values.next() {
            None => outside.header(name, &first),
            Some(second) => {
                let rest =
                    values.fold(format!("{first}, {second}"), |all, next| all + ", " + &next);
                outside.header(name, &rest);
            }
        }
    }
}
