//! One request over HTTPS: bounded in time and size, never redirected.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::header;
use ureq::tls::{RootCerts, TlsConfig};

use super::IdentityError;
use crate::address::may_be_asked;

const PATIENCE: Duration = Duration::from_secs(10);

/// A set of some thousand keys.
const LARGEST: u64 = 1 << 20;

/// The JSON at an address.
pub(super) fn json(url: &str, bearer: Option<&str>) -> Result<Value, IdentityError> {
    // What stands behind `?` may be a secret.
    let name = url.split('?').next().unwrap_or_default().to_owned();
    let wrong = |problem: String| IdentityError::Unreachable { url: name.clone(), problem };
    if !may_be_asked(url) {
        return Err(wrong("the address has no https".to_owned()));
    }
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls)
        .build()
        .into();
    let mut request = agent.get(url).header(header::ACCEPT, "application/json");
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let mut response = request.call().map_err(|error| wrong(error.to_string()))?;
    if !response.status().is_success() {
        return Err(wrong(format!("it answers {}", response.status().as_u16())));
    }
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    let body = body.map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&body).map_err(|_| wrong("it answers what is no JSON".to_owned()))
}
