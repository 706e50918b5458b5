//! A policy that fails in the way its settings ask for:
//! `{"in":"decide","how":"panic"}`.
#![cfg_attr(all(target_arch = "wasm32", not(feature = "std")), no_std)]
// Failing is what it is for.
#![allow(clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

extern crate alloc;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use tollgate_sdk::Finding;
use tollgate_sdk::policy::{Batch, Column, Decision, Declaration, Input, Kind, Policy, Value};

/// Where to fail, and how.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The function that fails.
    #[serde(rename = "in")]
    pub place: Place,
    /// What it does.
    pub how: How,
}

/// A function that a plugin's author writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// [`Policy::configure`].
    Configure,
    /// [`Policy::surface`].
    Surface,
    /// [`Policy::decide`].
    Decide,
    /// [`Policy::decide_batch`].
    DecideBatch,
}

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Panics with a message of two lines.
    Panic,
    /// Panics with more text than the host takes.
    PanicAtLength,
    /// Reads beyond a slice.
    Index,
    /// Expects something that is not there.
    Expect,
    /// Never ends.
    Loop,
    /// Calls itself without end.
    Recurse,
    /// Wants memory without end.
    Allocate,
    /// Wants more memory at once than there is.
    AllocateAtOnce,
}

/// The policy.
#[derive(Debug)]
pub struct Misbehave(Settings);

/// How often this instance has decided.
static CALLS: AtomicU32 = AtomicU32::new(0);

impl Misbehave {
    fn at(&self, place: Place) {
        if self.0.place == place {
            fail(self.0.how);
        }
    }
}

impl Policy for Misbehave {
    type Settings = Settings;
    const SETTINGS_SCHEMA: &'static str = r#"{
        "type": "object",
        "required": ["in", "how"],
        "additionalProperties": false,
        "properties": {
            "in": { "enum": ["configure", "surface", "decide", "decide-batch"] },
            "how": { "enum": [
                "panic", "panic-at-length", "index", "expect", "loop", "recurse",
                "allocate", "allocate-at-once"
            ] }
        }
    }"#;

    fn configure(settings: Settings) -> Result<Self, Vec<Finding>> {
        let policy = Self(settings);
        policy.at(Place::Configure);
        Ok(policy)
    }

    fn surface(&self) -> Declaration {
        self.at(Place::Surface);
        Declaration {
            inputs: vec![Input { name: "score".into(), kind: Kind::Number, required: true }],
            score: Some(0),
            actions: vec!["allow".into(), "block".into()],
            reasons: vec!["called_before".into()],
        }
    }

    /// Allows the first call of an instance and blocks every later one, so
    /// that it shows when instances are shared.
    fn decide(&self, _values: &[Value]) -> Result<Decision, String> {
        self.at(Place::Decide);
        Ok(match CALLS.fetch_add(1, Ordering::Relaxed) {
            0 => Decision { action: 0, reasons: vec![] },
            _ => Decision { action: 1, reasons: vec![0] },
        })
    }

    fn decide_batch(&self, rows: usize, columns: &[Column]) -> Result<Batch, String> {
        self.at(Place::DecideBatch);
        tollgate_sdk::policy::row_by_row(rows, columns, |values| self.decide(values))
    }
}

tollgate_sdk::export_policy!(Misbehave);

fn fail(how: How) {
    match how {
        How::Panic => panic!("score {} is out of range\nand nobody checked", 7.5),
        How::PanicAtLength => panic!("{}", "a long message ".repeat(1000)),
        How::Index => {
            let values: &[u8] = black_box(&[1, 2, 3]);
            black_box(values[black_box(3)]);
        }
        How::Expect => {
            black_box(black_box(None::<u8>).expect("the score was checked before"));
        }
        How::Loop => loop {
            black_box(());
        },
        How::Recurse => {
            black_box(deeper(black_box(0)));
        }
        How::Allocate => {
            let mut kept = Vec::new();
            loop {
                kept.push(black_box(vec![1_u8; 1 << 16]));
            }
        }
        How::AllocateAtOnce => {
            black_box(vec![1_u8; black_box(1 << 30)]);
        }
    }
}

#[allow(unconditional_recursion)]
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    deeper(depth + 1) + frame[0]
}
