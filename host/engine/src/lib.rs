//! Sandbox and typed calls for Tollgate plugins.
pub mod types;
