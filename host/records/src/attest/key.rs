//! Keys in PEM, as `openssl genpkey` and `openssl pkey -pubout` write them.

use std::fmt;

use miette::Diagnostic;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use thiserror::Error;
use tollgate_engine::Digest;

/// Why a key cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum KeyError {
    /// Not a private key of a kind that is known.
    #[error("`{0}` is no private key for Ed25519 or P-256 in PKCS#8 PEM")]
    #[diagnostic(help(
        "`openssl genpkey -algorithm ed25519 -out key.pem` makes one, and \
         `openssl pkcs8 -topk8 -nocrypt` writes others in that form"
    ))]
    NotPrivate(String),
    /// Not a public key of a kind that is known.
    #[error("`{0}` is no public key for Ed25519 or P-256 in PEM")]
    #[diagnostic(help("`openssl pkey -in key.pem -pubout -out public.pem` makes one of a key"))]
    NotPublic(String),
    /// The system gives no random numbers.
    #[error("nothing can be signed: the system gives no random numbers")]
    NoRandomness,
}

/// What a public key begins with as DER, up to the key itself: RFC 8410 for
/// Ed25519, RFC 5480 for P-256 with an uncompressed point.
const ED25519_PREFIX: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256_PREFIX: [u8; 26] = *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ed25519,
    P256,
}

/// A key that signs.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair, SystemRandom),
}

/// Shows which key it is, and nothing of it.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public.id()).finish()
    }
}

impl SigningKey {
    /// Reads a private key; `name` is what errors call it.
    ///
    /// # Errors
    /// When it is none, or of another kind.
    pub fn from_pem(name: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let none = || KeyError::NotPrivate(name.to_owned());
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| none())?;
        let der = der.secret_pkcs8_der();
        // As OpenSSL writes them, without the public key.
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            let public = PublicKey::new(Kind::Ed25519, pair.public_key().as_ref());
            return Ok(Self { pair: Pair::Ed25519(pair), public });
        }
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &random);
        let pair = pair.map_err(|_| none())?;
        let public = PublicKey::new(Kind::P256, pair.public_key().as_ref());
        Ok(Self { pair: Pair::P256(pair, random), public })
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::P256(pair, random) => match pair.sign(random, message) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => Err(KeyError::NoRandomness),
            },
        }
    }
}

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    key: Vec<u8>,
}

impl PublicKey {
    fn new(kind: Kind, key: &[u8]) -> Self {
        Self { kind, key: key.to_vec() }
    }

    /// Reads a public key; `name` is what errors call it.
    ///
    /// # Errors
    /// When it is none, or of another kind.
    pub fn from_pem(name: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let none = || KeyError::NotPublic(name.to_owned());
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| none())?;
        let key = |kind, prefix: &[u8], length| {
            let key = der.strip_prefix(prefix).filter(|key| key.len() == length)?;
            Some(Self::new(kind, key))
        };
        let ed25519 = key(Kind::Ed25519, &ED25519_PREFIX, 32);
        ed25519.or_else(|| key(Kind::P256, &P256_PREFIX, 65)).ok_or_else(none)
    }

    fn der(&self) -> Vec<u8> {
        let prefix: &[u8] = match self.kind {
            Kind::Ed25519 => &ED25519_PREFIX,
            Kind::P256 => &P256_PREFIX,
        };
        [prefix, &self.key].concat()
    }

    /// What it is called in an envelope: the digest of its DER. A hint which
    /// key to try, and nothing that is trusted.
    #[must_use]
    pub fn id(&self) -> String {
        Digest::of(&self.der()).hex()
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.kind {
            Kind::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.key).verify(message, signature),
            Kind::P256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.key)
                .verify(message, signature),
        };
        verified.is_ok()
    }
}
