//! Who somebody is: what a token says that somebody trusted has signed, never
//! what a flag says.

mod crypto;
mod discovery;
mod error;
mod fetch;
pub mod token;

use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

pub use self::error::IdentityError;
use crate::config::{Config, Issuer, Right};
use crate::keys::Key;
use crate::request::{Voucher, name, says_nothing};

/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 60;

/// The longest token: those of CI have some 2 kB.
const LONGEST: usize = 16 << 10;

/// Somebody whom a token names, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub person: String,
    /// Who says so.
    pub voucher: Voucher,
    roles: Vec<(String, Vec<Right>)>,
}

impl Identity {
    /// Their roles, in the order of the configuration.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(|(role, _)| role.as_str())
    }

    /// The role in which they do this: the one that they have, or of several
    /// the one that they chose.
    ///
    /// # Errors
    /// When they have none that lets them, not the chosen one, or several.
    pub fn role(&self, right: Right, chosen: Option<&str>) -> Result<&str, IdentityError> {
        let person = || self.person.clone();
        let fit: Vec<&str> = self
            .roles
            .iter()
            .filter(|(_, may)| may.contains(&right))
            .map(|(role, _)| role.as_str())
            .collect();
        if let Some(chosen) = chosen {
            return fit.iter().copied().find(|role| *role == chosen).ok_or_else(|| {
                IdentityError::NotTheirRole {
                    person: person(),
                    role: chosen.to_owned(),
                    roles: listed(&fit),
                }
            });
        }
        match fit.as_slice() {
            [only] => Ok(only),
            [] => Err(IdentityError::NoRole {
                person: person(),
                action: match right {
                    Right::Request => "request an approval",
                    Right::Vote => "vote",
                },
                roles: listed(&self.roles().collect::<Vec<_>>()),
            }),
            several => Err(IdentityError::WhichRole { person: person(), roles: listed(several) }),
        }
    }
}

fn listed(roles: &[&str]) -> String {
    match roles {
        [] => "none".to_owned(),
        roles => tollgate::document::suggestion::alternatives(roles),
    }
}

/// Who a token names: its issuer is known, the signature is that issuer's, it
/// is meant for us, it is in force, it says whatever else it must, and it names
/// a person.
///
/// # Errors
/// What it lacks; then it names nobody.
pub fn identify(config: &Config, token: &str) -> Result<Identity, IdentityError> {
    let token = token.trim();
    if config.issuers.is_empty() {
        return Err(IdentityError::NoIssuers);
    }
    if token.is_empty() || token.len() > LONGEST {
        return Err(IdentityError::Malformed);
    }
    let (header, issuer) = announced(config, token)?;
    let asked;
    let keys = match &issuer.keys {
        Some(keys) => keys,
        None => {
            asked = discovery::keys(&issuer.issuer)?;
            &asked
        }
    };
    let fit: Vec<&Key> = keys.of_id(header.kid.as_deref());
    if fit.is_empty() {
        return Err(IdentityError::UnknownKey {
            issuer: issuer.issuer.clone(),
            key: header.kid.unwrap_or_else(|| "that it does not name".to_owned()),
        });
    }
    let mut outcome = Err(IdentityError::Malformed);
    for key in fit {
        outcome = verify(issuer, token, key);
        if outcome.is_ok() {
            break;
        }
    }
    let claims = outcome?;
    holds(issuer, &claims)?;
    let person = person(issuer, &claims)?;
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let groups = groups(issuer, &claims)?;
    let roles = config.roles_of(&person, &groups);
    Ok(Identity {
        roles: roles.into_iter().map(|role| (role.name.clone(), role.may.clone())).collect(),
        person,
        voucher: Voucher {
            issuer: issuer.issuer.clone(),
            // For an auditor; it proves nothing by itself.
            subject: name("the subject", subject).unwrap_or_default(),
        },
    })
}

/// What a token says of itself before anything is verified: only to find whose
/// key it should be signed with.
fn announced<'c>(config: &'c Config, token: &str) -> Result<(Header, &'c Issuer), IdentityError> {
    let header = decode_header(token).map_err(|_| IdentityError::Malformed)?;
    if header.crit.is_some() {
        // What must be understood is not.
        return Err(IdentityError::Malformed);
    }
    let claims: Map<String, Value> = jsonwebtoken::dangerous::insecure_decode_claims(token)
        .map_err(|_| IdentityError::Malformed)?;
    let said = claims.get("iss").and_then(Value::as_str).ok_or(IdentityError::Malformed)?;
    let issuer = config.issuers.iter().find(|known| known.issuer == said);
    let issuer = issuer.ok_or_else(|| IdentityError::UnknownIssuer { issuer: said.to_owned() })?;
    Ok((header, issuer))
}

/// The claims of a token that this key has signed, and that is in force.
fn verify(issuer: &Issuer, token: &str, key: &Key) -> Result<Map<String, Value>, IdentityError> {
    crypto::install();
    // One algorithm a key: what says how it is verified is never the token.
    let mut validation = Validation::new(key.algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&issuer.issuer]);
    validation.set_audience(&[&issuer.audience]);
    let decoded = decode::<Map<String, Value>>(token, &key.key, &validation)
        .map_err(|error| IdentityError::of(issuer, &error))?;
    // A list of issuers is none.
    if decoded.claims.get("iss").and_then(Value::as_str) != Some(&issuer.issuer) {
        return Err(IdentityError::Malformed);
    }
    Ok(decoded.claims)
}

/// Whether it says what else it must.
fn holds(issuer: &Issuer, claims: &Map<String, Value>) -> Result<(), IdentityError> {
    for (claim, allowed) in &issuer.claims {
        let said = claims.get(claim);
        let is_allowed = said
            .and_then(Value::as_str)
            .is_some_and(|said| allowed.iter().any(|allowed| allowed == said));
        if !is_allowed {
            return Err(IdentityError::Claim {
                claim: claim.clone(),
                said: said.map_or_else(|| "nothing".to_owned(), shown),
                allowed: listed(&allowed.iter().map(String::as_str).collect::<Vec<_>>()),
            });
        }
    }
    Ok(())
}

fn person(issuer: &Issuer, claims: &Map<String, Value>) -> Result<String, IdentityError> {
    let claim = &issuer.person;
    let nobody = || IdentityError::Nobody { claim: claim.clone() };
    let said = claims.get(claim).and_then(Value::as_str).ok_or_else(nobody)?;
    if says_nothing(said) {
        return Err(nobody());
    }
    // An address that anybody may have typed.
    if claim == "email" && claims.get("email_verified").is_some_and(|it| !is_true(it)) {
        return Err(IdentityError::Unverified);
    }
    name("the person", said).map_err(|_| nobody())
}

/// Some issuers write it as text.
fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

fn groups(issuer: &Issuer, claims: &Map<String, Value>) -> Result<Vec<String>, IdentityError> {
    let Some(claim) = &issuer.groups else { return Ok(Vec::new()) };
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(group)) => Ok(vec![group.clone()]),
        Some(Value::Array(groups)) => {
            Ok(groups.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        Some(other) => Err(IdentityError::Claim {
            claim: claim.clone(),
            said: shown(other),
            allowed: "a list of groups".to_owned(),
        }),
    }
}

/// A claim in an error: its beginning.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("`{}`", text.chars().take(100).collect::<String>())
}
