//! Write Tollgate plugins in Rust.
//!
//! A plugin is ordinary Rust: a type that implements [`policy::Policy`],
//! [`gate::Gate`] or [`signature::Signature`], tested with plain `cargo test`
//! on the host, and one line that exports it:
//!
//! ```
//! use tollgate_sdk::policy::{Decision, Declaration, Input, Kind, Policy, Value};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings { limit: f64 }
//!
//! struct Limit(Settings);
//!
//! impl Policy for Limit {
//!     type Settings = Settings;
//!     const SETTINGS_SCHEMA: &'static str = r#"{
//!         "type": "object", "required": ["limit"],
//!         "properties": { "limit": { "type": "number" } }
//!     }"#;
//!
//!     fn configure(settings: Settings) -> Result<Self, Vec<tollgate_sdk::Finding>> {
//!         Ok(Limit(settings))
//!     }
//!     fn surface(&self) -> Declaration {
//!         Declaration {
//!             inputs: vec![Input { name: "score".into(), kind: Kind::Number, required: true }],
//!             score: Some(0),
//!             actions: vec!["allow".into(), "block".into()],
//!             reasons: vec!["over_limit".into()],
//!         }
//!     }
//!     fn decide(&self, values: &[Value]) -> Result<Decision, String> {
//!         match values {
//!             [Value::Number(score)] if *score > self.0.limit => {
//!                 Ok(Decision { action: 1, reasons: vec![0] })
//!             }
//!             [Value::Number(_)] => Ok(Decision { action: 0, reasons: vec![] }),
//!             _ => Err("score is missing".into()),
//!         }
//!     }
//! }
//!
//! tollgate_sdk::export_policy!(Limit);
//! # fn main() {}
//! ```
//!
//! The plugin's name, version and summary are the crate's. The macros export
//! nothing unless the target is `wasm32`, so tests link as usual.
//!
//! What the SDK decides for you, because a call should cost microseconds:
//! memory comes from an arena that is emptied after each call ([`arena`]), and
//! a panic's message is left where the host finds it ([`mod@panic`]).
#![cfg_attr(all(target_arch = "wasm32", not(feature = "std")), no_std)]

extern crate alloc;

pub mod arena;
#[doc(hidden)]
#[allow(
    missing_docs,
    missing_debug_implementations,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::restriction
)]
pub mod bindings;
mod finding;
pub mod gate;
mod lifecycle;
mod nearest;
pub mod panic;
pub mod policy;
pub mod signature;
pub mod state;
#[doc(hidden)]
pub mod worlds;

pub use finding::{Finding, Outcome};
pub use nearest::nearest;

#[doc(hidden)]
pub use alloc::{string::String as __String, vec::Vec as __Vec};
