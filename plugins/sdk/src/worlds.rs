//! Each world's encoded type; see `build.rs`.
#![allow(missing_docs)]

pub const SIGNATURE: &[u8; include_bytes!(concat!(env!("OUT_DIR"), "/signature")).len()] =
    include_bytes!(concat!(env!("OUT_DIR"), "/signature"));
pub const GATE: &[u8; include_bytes!(concat!(env!("OUT_DIR"), "/gate")).len()] =
    include_bytes!(concat!(env!("OUT_DIR"), "/gate"));
pub const POLICY: &[u8; include_bytes!(concat!(env!("OUT_DIR"), "/policy")).len()] =
    include_bytes!(concat!(env!("OUT_DIR"), "/policy"));
