//! What gate plugins make of facts, so that all of them judge evidence alike.
//!
//! Numbers are the decimals that people read ([`decimal`]), in units ([`mod@unit`]) that
//! convert; times are RFC 3339 ([`instant`]), lengths of time as Prometheus
//! writes them ([`window`]). Of several observations the newest counts
//! ([`newest`]), and [`given`] reads the one value that a fact has, or says why
//! there is none. [`mod@measured`] is the number that was judged, as data. [`same`] compares names; [`missing`] knows texts that say nothing, and what a rule
//! makes of evidence that is not there; [`verdict`] is what it comes to.
#![no_std]

extern crate alloc;

pub mod decimal;
pub mod given;
pub mod instant;
pub mod measured;
pub mod missing;
pub mod newest;
pub mod same;
pub mod unit;
pub mod verdict;
pub mod window;
