//! Envoy's C ABI for dynamic modules, version 0.2.0 (Envoy 1.40,
//! `source/extensions/dynamic_modules/abi/abi.h`): what of it is used.
//!
//! | module | what it does |
//! | --- | --- |
//! | `raw` | types, and what Envoy offers, as they are declared in C |
//! | `stream` | the same without anything unsafe: one request and its answer |

pub(crate) mod raw;
mod stream;

pub(crate) use self::raw::{Direction, Level};
pub(crate) use self::stream::{Stream, bytes, is_logged, log};
