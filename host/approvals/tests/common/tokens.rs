//! Tokens, as an issuer would sign them, and as a forger would.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use ring::{digest, hmac};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://login.acme.example";
pub(crate) const AUDIENCE: &str = "tollgate";

/// Whoever has a private key.
pub(crate) struct Signer {
    kid: String,
    key: Key,
}

enum Key {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub(crate) fn ed25519(kid: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Key::Ed(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap());
        Self { kid: kid.to_owned(), key }
    }

    pub(crate) fn p256(kid: &str) -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { kid: kid.to_owned(), key: Key::Ec(key) }
    }

    pub(crate) fn rsa(kid: &str) -> Self {
        let document = include_bytes!("../keys/rsa-for-tests-only.pk8");
        let key = Key::Rsa(Box::new(RsaKeyPair::from_pkcs8(document).unwrap()));
        Self { kid: kid.to_owned(), key }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Ed(_) => "EdDSA",
            Key::Ec(_) => "ES256",
            Key::Rsa(_) => "RS256",
        }
    }

    /// The public part.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            Key::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": url(pair.public_key().as_ref()) })
            }
            Key::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": url(&point[1..33]), "y": url(&point[33..]) })
            }
            Key::Rsa(pair) => {
                let parts: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
                let (n, e) = (url(&parts.n), url(&parts.e));
                json!({ "kty": "RSA", "n": n, "e": e })
            }
        };
        jwk["kid"] = self.kid.clone().into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm().into();
        jwk
    }

    pub(crate) fn jwks(signers: &[&Self]) -> String {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The public part as a PEM file; of Ed25519 only.
    pub(crate) fn pem(&self) -> String {
        let Key::Ed(pair) = &self.key else { panic!("only Ed25519") };
        // RFC 8410.
        let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
        der.extend(pair.public_key().as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// A token that is right, but for what the claims say.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&json!({ "typ": "JWT", "alg": self.algorithm(), "kid": self.kid }), claims)
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Key::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", url(&signature))
    }
}

/// A token that needs no private key: HS256 with what everybody knows.
pub(crate) fn hmac_token(secret: &[u8], kid: &str, claims: &Value) -> String {
    let message = message(&json!({ "typ": "JWT", "alg": "HS256", "kid": kid }), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{message}.{}", url(hmac::sign(&key, message.as_bytes()).as_ref()))
}

pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", url(header.to_string().as_bytes()), url(claims.to_string().as_bytes()))
}

/// What a token of this person says, in force for ten minutes.
pub(crate) fn claims(person: &str) -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": format!("user:{person}"),
        "login": person,
        "iat": now(),
        "exp": now() + 600,
    })
}

/// The same with one claim changed; null takes it away.
pub(crate) fn with(mut claims: Value, claim: &str, value: Value) -> Value {
    match value {
        Value::Null => {
            claims.as_object_mut().unwrap().remove(claim);
        }
        value => claims[claim] = value,
    }
    claims
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn digest_of(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
