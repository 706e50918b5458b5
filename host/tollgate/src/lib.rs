//! Tollgate as a library: judge payloads, model versions and scores with
//! versioned WebAssembly policies.
//!
//! Input enters here as files or text and leaves as reports:
//!
//! | room | what it does |
//! | --- | --- |
//! | [`source`] | reads files and standard input, bounded and checked |
//! | [`tree`] | YAML and JSON whose every value knows its place |
//! | [`mistake`] | what is wrong in a text, as a compiler would show it |
//! | [`document`] | policy documents and gate profiles |

pub mod canonical;
pub mod document;
pub mod input;
pub mod mistake;
pub mod source;
pub mod tree;
