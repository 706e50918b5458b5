//! An issuer's keys, as OpenID Connect Discovery 1.0 says where they are.

use serde_json::Value;

use super::{IdentityError, fetch};
use crate::keys::Keys;

/// Asks the issuer.
pub(super) fn keys(issuer: &str) -> Result<Keys, IdentityError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let document = fetch::json(&url, None)?;
    let wrong =
        |url: &str, problem: String| IdentityError::Unreachable { url: url.to_owned(), problem };
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    // Section 4.3: whoever answers must be who was asked.
    if text("issuer") != Some(issuer) {
        let other = text("issuer").unwrap_or("nobody");
        return Err(wrong(&url, format!("it speaks for `{other}`, not for `{issuer}`")));
    }
    let Some(at) = text("jwks_uri") else {
        return Err(wrong(&url, "it does not say where the keys are".to_owned()));
    };
    let set = fetch::json(at, None)?;
    Keys::parse(&set.to_string()).map_err(|problem| wrong(at, format!("it answers {problem}")))
}
