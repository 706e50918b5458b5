//! Public keys that tokens are signed with: a JWKS, or one PEM.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// Keys of one issuer. Only public ones, of the algorithms RS256, ES256 and
/// EdDSA: with what everybody knows nobody can sign.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Key>);

/// A public key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// What a token calls it.
    pub(crate) id: Option<String>,
    /// The one algorithm that it is used with.
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

impl Keys {
    /// Reads a JWKS or a PEM file.
    ///
    /// # Errors
    /// One sentence: no key of a known kind, or a private one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start();
        if text.contains("PRIVATE KEY") {
            return Err("a private key: only its public part belongs here".to_owned());
        }
        if text.starts_with('{') {
            return Self::of_jwks(text);
        }
        if text.starts_with("-----BEGIN") {
            let pem = text.as_bytes();
            let found = [
                (Algorithm::EdDSA, DecodingKey::from_ed_pem(pem)),
                (Algorithm::ES256, DecodingKey::from_ec_pem(pem)),
                (Algorithm::RS256, DecodingKey::from_rsa_pem(pem)),
            ];
            let key = found
                .into_iter()
                .find_map(|(algorithm, key)| Some(Key { id: None, algorithm, key: key.ok()? }));
            return match key {
                Some(key) => Ok(Self(vec![key])),
                None => Err("no public key of RSA, P-256 or Ed25519".to_owned()),
            };
        }
        Err("neither a JWKS (`{\"keys\": [...]}`) nor a PEM file".to_owned())
    }

    fn of_jwks(text: &str) -> Result<Self, String> {
        let set: Value = serde_json::from_str(text).map_err(|_| "no JSON".to_owned())?;
        let keys = set.get("keys").and_then(Value::as_array);
        let Some(keys) = keys else { return Err("no JWKS: it has no `keys`".to_owned()) };
        if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err("a private or secret key: only public ones belong here".to_owned());
        }
        // A set may hold keys for other uses, and of kinds of later years.
        let known: Vec<Key> = keys.iter().filter_map(of_jwk).collect();
        match known.is_empty() {
            true => Err("a JWKS without a key for RS256, ES256 or EdDSA".to_owned()),
            false => Ok(Self(known)),
        }
    }

    /// The keys that a token may mean: those of its `kid`, or the only one
    /// there is.
    pub(crate) fn of_id(&self, id: Option<&str>) -> Vec<&Key> {
        match (id, self.0.as_slice()) {
            // What is in a PEM file has no name.
            (_, [only]) if only.id.is_none() => vec![only],
            (None, [only]) => vec![only],
            (None, _) => Vec::new(),
            (id, keys) => keys.iter().filter(|key| key.id.as_deref() == id).collect(),
        }
    }
}

fn of_jwk(key: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(key.clone()).ok()?;
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let said = jwk.common.key_algorithm;
    let is_for_it = match algorithm {
        Algorithm::RS256 => matches!(said, None | Some(KeyAlgorithm::RS256)),
        Algorithm::ES256 => matches!(said, None | Some(KeyAlgorithm::ES256)),
        _ => matches!(said, None | Some(KeyAlgorithm::EdDSA)),
    };
    let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| is_for_it)?;
    Some(Key { id: jwk.common.key_id, algorithm, key })
}
