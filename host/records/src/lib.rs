//! Evidence of what was judged, for who asks months later; the README says what
//! holds.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`record`] | one record: a line of canonical JSON with its hash |
//! | [`seal`] | one record after the other, without building any in memory |
//! | [`chain`] | whether records follow one another, one by one |
//! | [`log`] | a file of records: read, and added to by many at a time |
//! | [`store`] | the plugins beside a log, named by their digests |
//! | [`gate`] | what a record says of a gate run, and the run again from it |
//! | [`attest`] | a record as a signed in-toto statement, and its verification |
//!
//! Records know nothing of gates: whoever decides something gives a kind and a
//! body, and gets a place in the chain.

pub mod attest;
pub mod chain;
pub mod gate;
pub mod log;
pub mod record;
pub mod seal;
pub mod store;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
