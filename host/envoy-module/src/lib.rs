//! Tollgate inside Envoy: the judge of `tollgate serve`'s ext_proc as a dynamic
//! module (`envoy.filters.http.dynamic_modules`), without a server beside it.
//!
//! | module | what it does |
//! | --- | --- |
//! | `abi` | Envoy's C ABI: what is declared, and what of it is called |
//! | `hooks`, `guard` | what Envoy calls, and what becomes of a panic in it |
//! | `filter` | one request and its answer, as Envoy shows them |
//! | `settings` | what the filter's configuration says |
//! | `log` | what is said, into Envoy's log |
//!
//! Whatever breaks denies: a panic ends no Envoy, and lets nothing through.

#[allow(unsafe_code, reason = "Envoy's side of the boundary to C; each block says why it is sound")]
mod abi;
mod filter;
mod guard;
#[allow(unsafe_code, reason = "our side of the boundary to C; each block says why it is sound")]
mod hooks;
mod log;
mod settings;
