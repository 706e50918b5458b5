//! MLflow's model signatures: what the plugin that judges payloads by them
//! shares with the host, which infers, compares and converts them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`schema`] | a signature, in MLflow's words |
//! | [`load`](mod@load) | one from MLflow's JSON, and what MLflow refuses to load |
//! | [`py`] | Python, NumPy and pandas, as far as a payload meets them |
//! | [`json`] | JSON as Python reads it |
//! | [`notation`] | Python's objects as JSON text |
//! | [`datatype`], [`nested`], [`param`] | a column, a value in it or parameters against their types |
//! | [`fault`] | why it is none of that type, or what else is wrong with a payload |
//! | [`oip`] | the datatypes of the Open Inference Protocol |
//! | [`step`] | ways into values |
//! | [`unjudged`] | what is said where nothing was judged |
//!
//! It needs no `std`: a plugin and its data fit one page of memory.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod datatype;
pub mod fault;
pub mod json;
pub mod load;
pub mod nested;
pub mod notation;
pub mod oip;
pub mod param;
pub mod py;
pub mod schema;
pub mod step;
pub mod unjudged;
