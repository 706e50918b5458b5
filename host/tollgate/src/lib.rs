//! Tollgate as a library: judge payloads, model versions and scores with
//! versioned WebAssembly policies.
//!
//! Input enters here as files or text and leaves as reports:
//!
//! | room | what it does |
//! | --- | --- |
//! | [`source`] | reads files and standard input, bounded and checked |
//! | [`mod@file`] | files that others read, write and hold at the same time |
//! | [`tree`] | YAML and JSON whose every value knows its place |
//! | [`mistake`] | what is wrong in a text, as a compiler would show it |
//! | [`document`] | policy documents and gate profiles |
//! | [`facts`] | evidence for gates |
//! | [`model`] | model versions, as folders of what MLflow gives |
//! | [`compare`] | versions side by side |
//! | [`difference`] | a document beside the one that it replaces, and what comes out differently |
//! | [`rows`] | rows in batches, wherever they come from; `tollgate-frames` reads files of them |
//! | [`input`] | typed values out of JSON requests and rows |
//! | [`plugins`] | the built-in plugins, and which one a document means |
//! | [`judge`] | the three jobs: check, gate, decide |
//! | [`report`] | what they come to |
//! | [`text`] | strangers' text, fit for a terminal |

pub mod canonical;
pub mod compare;
pub mod difference;
pub mod document;
pub mod facts;
pub mod file;
pub mod input;
pub mod judge;
mod kind;
pub mod mistake;
pub mod model;
pub mod plugins;
pub mod report;
pub mod rows;
pub mod source;
pub mod text;
pub mod tree;
