//! A real Envoy in front of a model's server: it asks `tollgate serve`, or has the
//! judge inside.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]
#![cfg(unix)]

#[path = "serve/certificates.rs"]
mod certificates;
#[path = "serve/client.rs"]
#[allow(dead_code, reason = "shared with the tests of the server")]
mod client;
#[path = "serve/collector.rs"]
#[allow(dead_code, reason = "shared with the tests of the server")]
mod collector;
mod common;
mod envoy {
    mod authz;
    mod deploy;
    mod exchange;
    mod haproxy;
    mod module;
    mod nginx;
    pub(crate) mod setup;
    mod tls;
    mod traced;
}
