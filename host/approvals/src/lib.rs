//! Who approved which model version, as it was when they looked.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`Request`], [`Vote`] | what is asked for, and what people say; bound to the digests of model, policy and report |
//! | [`Store`] | keeps both, in SQLite or PostgreSQL; nothing in it is ever changed or removed |
//! | [`Config`] | `approvals.yaml`: the store, whose tokens count, who has which role |
//! | [`Identity`] | who somebody is, by a token that an issuer signed |
//!
//! Whether the votes suffice is no matter of this crate: [`Store::facts`] gives
//! them to a gate, and the plugin `approval-quorum` judges.

mod address;
mod config;
mod facts;
mod identity;
mod keys;
mod request;
mod store;

pub use self::config::{Config, ConfigError, Issuer, Right, Role};
pub use self::identity::{Identity, IdentityError, identify, token};
pub use self::keys::Keys;
pub use self::request::{
    Digests, Invalid, Request, RequestId, Says, Standing, Subject, Vote, Voucher,
};
pub use self::store::{Location, LocationError, NewRequest, NewVote, Recorded, Store, StoreError};
