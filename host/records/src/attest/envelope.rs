//! DSSE: a payload, its type, and signatures over both.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::key::{KeyError, PublicKey, SigningKey};

/// The type of payload that in-toto's statements have.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Why an envelope is not what the keys signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// Not an envelope.
    #[error("this is no DSSE envelope: {0}")]
    NotAnEnvelope(String),
    /// Another type of payload.
    #[error("the payload is of type `{0}`, expected `{PAYLOAD_TYPE}`")]
    Type(String),
    /// Nothing was signed.
    #[error("the envelope has no signatures")]
    Unsigned,
    /// Nobody is trusted.
    #[error("there is no key to verify it with")]
    NoKeys,
    /// None of the signatures is the key's.
    #[error("none of its {signatures} signatures is of the key {key}, over what it says")]
    NotSignedBy {
        /// The key's id.
        key: String,
        /// How many signatures there are.
        signatures: usize,
    },
}

/// An envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The payload's type.
    pub payload_type: String,
    /// The payload, in base 64.
    pub payload: String,
    /// Whoever signed it.
    pub signatures: Vec<Signature>,
}

/// A signature over the payload and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// A hint whose it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
    /// The signature, in base 64.
    pub sig: String,
}

/// What is signed: the payload with its type, so that nobody can pass the one
/// off as another.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let header = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [header.as_bytes(), payload].concat()
}

impl Envelope {
    /// Signs a statement.
    pub(super) fn signed(statement: &[u8], key: &SigningKey) -> Result<Self, KeyError> {
        let signature = key.sign(&pae(PAYLOAD_TYPE, statement))?;
        Ok(Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(statement),
            signatures: vec![Signature {
                keyid: key.public().id(),
                sig: STANDARD.encode(signature),
            }],
        })
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, EnvelopeError> {
        serde_json::from_str(text).map_err(|error| EnvelopeError::NotAnEnvelope(error.to_string()))
    }

    /// The text of a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The payload, when each of the keys has signed it. Signatures of others
    /// count for nothing, and neither do they harm.
    pub(super) fn verified(&self, keys: &[PublicKey]) -> Result<Vec<u8>, EnvelopeError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::Type(self.payload_type.clone()));
        }
        if self.signatures.is_empty() {
            return Err(EnvelopeError::Unsigned);
        }
        if keys.is_empty() {
            return Err(EnvelopeError::NoKeys);
        }
        let payload = decoded(&self.payload)
            .ok_or_else(|| EnvelopeError::NotAnEnvelope("its payload is no base 64".to_owned()))?;
        let message = pae(&self.payload_type, &payload);
        for key in keys {
            // Which key it was is not taken from the envelope: nobody signed that.
            let signed = self.signatures.iter().any(|signature| {
                decoded(&signature.sig).is_some_and(|bytes| key.verifies(&message, &bytes))
            });
            if !signed {
                let signatures = self.signatures.len();
                return Err(EnvelopeError::NotSignedBy { key: key.id(), signatures });
            }
        }
        Ok(payload)
    }
}

/// Whoever writes may take either alphabet, and whoever reads must take both.
fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of DSSE's protocol.
    #[test]
    fn what_is_signed_is_what_the_standard_says() {
        let pae = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(pae, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
