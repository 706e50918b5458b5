//! Does a request or an answer of the Open Inference Protocol v2, as KServe,
//! Triton and MLServer speak it, honour the signature of its MLflow model?
//!
//! A tensor of the signature is a tensor of the protocol. A column is a tensor
//! of shape `[n]` or `[n, 1]`, all columns with the same `n`. The types must be
//! equal: the protocol says them, so nothing needs to be guessed or widened.
//!
//! Source: "Open Inference Protocol", REST, inference request and response;
//! the binary tensor data extension is refused, since its data is not JSON.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::vec::Vec;

use mlflow_plugin::{Given, Settings, finding, read};
use mlflow_schema::fault::{Fault, Kind};
use tollgate_sdk::signature::Manner;
use tollgate_sdk::{Finding, limited};

mod element;
mod judge;
mod tensor;

/// The plugin: a signature, ready to judge bodies of the protocol.
#[derive(Debug)]
pub struct OipSignature(Settings);

impl tollgate_sdk::signature::Signature for OipSignature {
    type Settings = Given;

    const SETTINGS_SCHEMA: &'static str = include_str!("../settings.schema.json");

    fn configure(given: Given) -> Result<Self, Vec<Finding>> {
        let (settings, ()) = read(&given.parse()?, &[], |_, _| ())?;
        Ok(Self(settings))
    }

    fn check(&self, payload: &[u8]) -> Vec<Finding> {
        self.findings(self.faults(payload))
    }

    /// The server, not MLflow, makes data of a body: it gets what was sent.
    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
        let faults = self.faults(payload);
        if faults.is_empty() { Ok(payload.to_vec()) } else { Err(self.findings(faults)) }
    }

    /// A body is more than its rows.
    fn rows(&self) -> Manner {
        Manner::None
    }
}

impl OipSignature {
    fn faults(&self, payload: &[u8]) -> Vec<Fault> {
        let mut faults = judge::faults(payload, &self.0);
        if self.0.allow_empty {
            faults.retain(|fault| fault.kind != Kind::NoRows);
        }
        faults
    }

    fn findings(&self, faults: Vec<Fault>) -> Vec<Finding> {
        limited(faults.into_iter().map(finding).collect(), self.0.max_findings)
    }
}

tollgate_sdk::export_signature!(OipSignature);
