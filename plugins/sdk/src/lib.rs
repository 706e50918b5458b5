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
//!         "type": "object", "additionalProperties": false, "required": ["limit"],
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
//!         // NaN is not above the limit, nor is it allowed: say what is right,
//!         // and refuse all else.
//!         let [Value::Number(score @ 0.0..=1.0)] = values else {
//!             return Err("`score` must be a number from 0 to 1".into());
//!         };
//!         Ok(if *score > self.0.limit {
//!             Decision { action: 1, reasons: vec![0] }
//!         } else {
//!             Decision { action: 0, reasons: vec![] }
//!         })
//!     }
//! }
//!
//! tollgate_sdk::export_policy!(Limit);
//!
//! let limit = Limit(Settings { limit: 0.7 });
//! assert_eq!(limit.decide(&[Value::Number(0.9)]).unwrap().action, 1);
//! assert_eq!(limit.decide(&[Value::Number(0.7)]).unwrap().action, 0);
//! for unknown in [f64::NAN, f64::INFINITY, -0.1] {
//!     assert!(limit.decide(&[Value::Number(unknown)]).is_err(), "never allow what is unknown");
//! }
//! assert!(limit.decide(&[Value::Null]).is_err());
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
mod gathered;
mod lifecycle;
mod packed;
pub mod panic;
pub mod policy;
pub mod settings;
pub mod signature;
pub mod state;
#[doc(hidden)]
pub mod worlds;

pub use finding::{Finding, Outcome};
pub use gathered::{limited, not_shown};
pub use tollgate_nearest::nearest;

#[doc(hidden)]
pub use alloc::{string::String as __String, vec::Vec as __Vec};

/// The plugin in `plugins/README.md` compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ForPolicyAuthors;
