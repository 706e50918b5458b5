//! What the plugins that judge by MLflow's signatures share: how their settings
//! are read, and how a fault becomes a finding.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod finding;
mod given;
mod settings;

pub use finding::finding;
pub use given::{Given, Seen};
pub use settings::{Part, Settings, read};
