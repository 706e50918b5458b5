//! The token of whoever runs this, from where CI providers put it.

use std::env;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{IdentityError, fetch};
use crate::config::Config;

/// The variable that holds a token: GitLab's `id_tokens` set it, and people.
pub const TOKEN: &str = "TOLLGATE_ID_TOKEN";

/// What GitHub Actions sets in jobs that may ask for a token.
const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// GitHub's own; a server of a company has another.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The token in the environment, or one that GitHub Actions gives for the
/// audience of the configuration.
///
/// # Errors
/// When there is none.
pub fn from_environment(config: &Config) -> Result<String, IdentityError> {
    let given = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
    if let Some(token) = given(TOKEN) {
        return Ok(token);
    }
    let (Some(url), Some(bearer)) = (given(REQUEST_URL), given(REQUEST_TOKEN)) else {
        return Err(IdentityError::NoToken);
    };
    let issuer = match config.issuers.as_slice() {
        [] => return Err(IdentityError::NoIssuers),
        [only] => only,
        several => several
            .iter()
            .find(|issuer| issuer.issuer == GITHUB)
            .ok_or(IdentityError::WhichIssuer)?,
    };
    let audience = utf8_percent_encode(&issuer.audience, NON_ALPHANUMERIC);
    let joint = if url.contains('?') { '&' } else { '?' };
    let answer = fetch::json(&format!("{url}{joint}audience={audience}"), Some(&bearer))?;
    match answer.get("value").and_then(Value::as_str) {
        Some(token) => Ok(token.to_owned()),
        None => Err(IdentityError::Unreachable {
            url: url.split('?').next().unwrap_or_default().to_owned(),
            problem: "it answers no token".to_owned(),
        }),
    }
}
