//! A record as an in-toto statement in a DSSE envelope, signed, so that who
//! has the public key alone can see what was judged and how it came out.
//!
//! | standard | what of it |
//! | --- | --- |
//! | [DSSE 1.0.2](https://github.com/secure-systems-lab/dsse) | the envelope, and what is signed |
//! | [in-toto Statement v1](https://in-toto.io/Statement/v1) | the model and the policies, by their digests |
//! | [test-result v0.1](https://in-toto.io/attestation/test-result/v0.1) | how it came out, rule by rule |

mod envelope;
mod key;
mod statement;

use miette::Diagnostic;
use thiserror::Error;

pub use self::envelope::{Envelope, EnvelopeError, PAYLOAD_TYPE, Signature, pae};
pub use self::key::{KeyError, PublicKey, SigningKey};
pub use self::statement::{
    PREDICATE_TYPE, Resource, STATEMENT_TYPE, Statement, StatementError, TestOutcome, TestResult,
};
use crate::record::Record;

/// Why there is no attestation.
#[derive(Debug, Error, Diagnostic)]
pub enum AttestError {
    /// A key cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Key(#[from] KeyError),
    /// The record gives no statement, or the payload is none.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The envelope is not what the keys signed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// Signs what a record says.
///
/// # Errors
/// When the record is of something else than a gate run, or signing fails.
pub fn attest(record: &Record, key: &SigningKey) -> Result<Envelope, AttestError> {
    let statement = Statement::of(record)?;
    Ok(Envelope::signed(statement.to_json().as_bytes(), key)?)
}

/// The statement in an envelope that each of the keys has signed. What it says
/// is to be looked at: a test that failed is attested as well.
///
/// # Errors
/// When a key has not signed it, or what was signed is no such statement.
pub fn verify(envelope: &Envelope, keys: &[PublicKey]) -> Result<Statement, AttestError> {
    let payload = envelope.verified(keys)?;
    Ok(Statement::parse(&payload)?)
}
