//! Why a token names nobody.

use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use miette::Diagnostic;
use thiserror::Error;

use crate::config::Issuer;

/// Why nobody is named. The token itself is never shown: whoever has it is who
/// it names.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum IdentityError {
    /// There is no token.
    #[error("nobody says who you are: there is no signed token")]
    #[diagnostic(
        code("tollgate::approvals::token"),
        help(
            "in GitHub Actions give the job `permissions: {{ id-token: write }}`, in GitLab an \
             `id_tokens` entry called `TOLLGATE_ID_TOKEN`; elsewhere set `TOLLGATE_ID_TOKEN` to a \
             token that an issuer of the configuration has signed"
        )
    )]
    NoToken,
    /// The configuration trusts nobody.
    #[error("the configuration names no `issuers`, so nobody can say who you are")]
    NoIssuers,
    /// Which audience to ask a token for is not clear.
    #[error("there are several issuers, and none of them is GitHub Actions'")]
    #[diagnostic(help("set `TOLLGATE_ID_TOKEN` to a token of one of them"))]
    WhichIssuer,
    /// It is no token.
    #[error("the token is none: expected a signed JWT that says its issuer")]
    Malformed,
    /// Nobody trusts who made it.
    #[error("the token is of issuer `{issuer}`, which the configuration does not name")]
    UnknownIssuer {
        /// Its `iss`.
        issuer: String,
    },
    /// The issuer has no such key.
    #[error("the token is signed with a key `{key}`, which `{issuer}` does not have")]
    UnknownKey {
        /// The issuer.
        issuer: String,
        /// The `kid`.
        key: String,
    },
    /// The signature is not the issuer's.
    #[error("the token is not signed by `{issuer}`")]
    Forged {
        /// The issuer.
        issuer: String,
    },
    /// The algorithm is another than the key's.
    #[error(
        "the token is not signed as keys of `{issuer}` sign: expected RS256, ES256 or EdDSA, that \
         of the key"
    )]
    Algorithm {
        /// The issuer.
        issuer: String,
    },
    /// It is over.
    #[error("the token has expired")]
    #[diagnostic(help("tokens of CI live for minutes: get another"))]
    Expired,
    /// It is not in force yet.
    #[error("the token is not in force yet")]
    #[diagnostic(help("is this machine's clock right?"))]
    Early,
    /// It is meant for somebody else.
    #[error("the token is not meant for `{audience}`")]
    #[diagnostic(help("ask the issuer for one with this audience"))]
    Audience {
        /// What it should be meant for.
        audience: String,
    },
    /// A claim that must be there is not, or has another form.
    #[error("the token has no claim `{claim}` that can be used")]
    NoClaim {
        /// The claim.
        claim: String,
    },
    /// A claim says something else than it must.
    #[error("the token's claim `{claim}` says {said}, expected {allowed}")]
    Claim {
        /// The claim.
        claim: String,
        /// What it says.
        said: String,
        /// What it must say.
        allowed: String,
    },
    /// It names nobody.
    #[error("the token's claim `{claim}` names nobody")]
    Nobody {
        /// The claim.
        claim: String,
    },
    /// It names an address that its issuer has not verified.
    #[error("the token's `email` is not verified by its issuer")]
    Unverified,
    /// They have no role that lets them.
    #[error("`{person}` has no role to {action}; theirs: {roles}")]
    NoRole {
        /// Who.
        person: String,
        /// What they want.
        action: &'static str,
        /// The roles that they have.
        roles: String,
    },
    /// The role is not theirs.
    #[error("`{person}` cannot do this as `{role}`; as: {roles}")]
    NotTheirRole {
        /// Who.
        person: String,
        /// What they chose.
        role: String,
        /// The roles that they have.
        roles: String,
    },
    /// They have several roles.
    #[error("`{person}` can do this in several roles: {roles}")]
    #[diagnostic(code("tollgate::approvals::role"), help("say in which"))]
    WhichRole {
        /// Who.
        person: String,
        /// The roles.
        roles: String,
    },
    /// Somebody who must answer does not.
    #[error("`{url}` cannot be asked, so the token names nobody: {problem}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What is wrong.
        problem: String,
    },
}

impl IdentityError {
    /// What the verification says.
    pub(super) fn of(issuer: &Issuer, error: &JwtError) -> Self {
        let name = issuer.issuer.clone();
        match error.kind() {
            ErrorKind::ExpiredSignature => Self::Expired,
            ErrorKind::ImmatureSignature => Self::Early,
            ErrorKind::InvalidAudience => Self::Audience { audience: issuer.audience.clone() },
            ErrorKind::InvalidIssuer => Self::UnknownIssuer { issuer: name },
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                Self::NoClaim { claim: claim.clone() }
            }
            ErrorKind::InvalidAlgorithm
            | ErrorKind::UnsupportedAlgorithm
            | ErrorKind::InvalidAlgorithmName => Self::Algorithm { issuer: name },
            ErrorKind::InvalidSignature => Self::Forged { issuer: name },
            _ => Self::Malformed,
        }
    }
}
