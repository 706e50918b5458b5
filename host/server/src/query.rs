//! What is behind the question mark of a request.

use crate::problem::{BAD_REQUEST, Problem};

/// The values of these parameters, in their order. One that is not among them
/// would be of no use to whoever gives it, and is refused.
pub(crate) fn parameters<'q, const N: usize>(
    query: Option<&'q str>,
    names: [&str; N],
) -> Result<[Option<&'q str>; N], Problem> {
    let mut found = [None; N];
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = names.iter().position(|known| *known == name);
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            let known: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let known = known.join(" and ");
            let detail = format!("the parameters of this route are {known}");
            return Err(Problem::new(BAD_REQUEST, detail));
        };
        if slot.replace(value).is_some() {
            return Err(Problem::new(BAD_REQUEST, format!("parameter `{name}` is given twice")));
        }
    }
    Ok(found)
}

/// A parameter that is `true` or `false`; false without it.
pub(crate) fn flag(name: &str, value: Option<&str>) -> Result<bool, Problem> {
    match value {
        None | Some("false") => Ok(false),
        Some("true" | "") => Ok(true),
        Some(_) => {
            Err(Problem::new(BAD_REQUEST, format!("parameter `{name}` is `true` or `false`")))
        }
    }
}
