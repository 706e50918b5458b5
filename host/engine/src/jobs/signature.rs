//! Judging payloads.

use std::sync::Arc;

use super::configured::Configured;
use crate::call::{Call, CallOptions, CallStats};
use crate::contract::Checker;
use crate::error::{ConfigureError, EngineError, Fault};
use crate::instance::{Instance, Live};
use crate::loaded::Limited;
use crate::types::{Finding, Manner, Records, TypedColumn};
use crate::world::World;

/// A signature plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Signature(Arc<Inner>);

struct Inner {
    configured: Configured,
    checker: Box<dyn Checker>,
    rows: Manner,
}

impl Signature {
    pub(crate) fn new(plugin: &Limited, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Signature, settings)?;
        let checker = configured.loaded().contract.checker(&configured.exports())?;
        let once = Call::new(&CallOptions::fresh(), None);
        let rows = configured.call(once, |instance| checker.rows(instance))?;
        Ok(Self(Arc::new(Inner { rows, checker, configured })))
    }

    /// What the plugin has to say of its settings, which can be used. Asks it
    /// in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn remarks(&self) -> Result<Vec<Finding>, Fault> {
        self.0.configured.remarks()
    }

    /// How rows are judged.
    #[must_use]
    pub fn rows(&self) -> Manner {
        self.0.rows
    }

    /// Keeps so many configured instances ready; see
    /// [`Policy::prepare`](crate::Policy::prepare).
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        self.0.configured.prepare(count)
    }

    /// How many instances are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.0.configured.ready()
    }

    /// Judges one raw request body, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails. A bad payload is findings, not an error.
    pub fn check(&self, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        self.check_with(payload, &CallOptions::fresh(), None)
    }

    /// [`Signature::check`], as the options say; what it took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn check_with(
        &self,
        payload: &[u8],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Vec<Finding>, Fault> {
        let call = Call::new(options, stats);
        self.0.configured.call(call, |instance| self.0.check(instance, payload))
    }

    /// Gives what the model would receive, as JSON text, in a fresh instance;
    /// the inner error is the findings that block.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn normalize(&self, payload: &[u8]) -> Result<Result<Vec<u8>, Vec<Finding>>, Fault> {
        self.normalize_with(payload, &CallOptions::fresh(), None)
    }

    /// [`Signature::normalize`], as the options say; what it took goes to
    /// `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn normalize_with(
        &self,
        payload: &[u8],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Result<Vec<u8>, Vec<Finding>>, Fault> {
        let Inner { configured, checker, .. } = &*self.0;
        configured.call(Call::new(options, stats), |instance| {
            let normalized = checker.normalize(instance, payload)?;
            if let Err(findings) = &normalized {
                configured.check_findings("normalize", 0, findings)?;
            }
            Ok(normalized)
        })
    }

    /// Judges columns of a file or a data frame, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn check_columns(&self, rows: u32, columns: &[TypedColumn]) -> Result<Vec<Finding>, Fault> {
        self.check_columns_with(rows, columns, &CallOptions::fresh(), None)
    }

    /// [`Signature::check_columns`], as the options say; what it took goes to
    /// `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn check_columns_with(
        &self,
        rows: u32,
        columns: &[TypedColumn],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Vec<Finding>, Fault> {
        let call = Call::new(options, stats);
        self.0.configured.call(call, |instance| self.0.check_columns(instance, rows, columns))
    }

    /// Judges rows that are JSON objects, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn check_records(&self, records: &Records) -> Result<Vec<Finding>, Fault> {
        self.check_records_with(records, &CallOptions::fresh(), None)
    }

    /// [`Signature::check_records`], as the options say; what it took goes to
    /// `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn check_records_with(
        &self,
        records: &Records,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Vec<Finding>, Fault> {
        let call = Call::new(options, stats);
        self.0.configured.call(call, |instance| self.0.check_records(instance, records))
    }

    /// One instance for many calls, for one thread: taken from those at rest,
    /// and put back when this is dropped. Faster, and nothing but the plugin's
    /// own good conduct keeps one call from seeing another's data.
    #[must_use]
    pub fn warm(&self) -> WarmSignature {
        WarmSignature { signature: self.clone(), live: self.0.configured.take_warm() }
    }
}

impl Inner {
    fn check(&self, instance: &mut Instance<'_>, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        let findings = self.checker.check(instance, payload)?;
        self.configured.check_findings("check", 0, &findings)?;
        Ok(findings)
    }

    fn check_columns(
        &self,
        instance: &mut Instance<'_>,
        rows: u32,
        columns: &[TypedColumn],
    ) -> Result<Vec<Finding>, Fault> {
        let findings = self.checker.check_columns(instance, rows, columns)?;
        self.checked("check-columns", rows as usize, findings)
    }

    fn check_records(
        &self,
        instance: &mut Instance<'_>,
        records: &Records,
    ) -> Result<Vec<Finding>, Fault> {
        let findings = self.checker.check_records(instance, records)?;
        self.checked("check-records", records.len(), findings)
    }

    /// Findings about so many rows.
    fn checked(
        &self,
        function: &'static str,
        rows: usize,
        findings: Vec<Finding>,
    ) -> Result<Vec<Finding>, Fault> {
        self.configured.check_findings(function, 0, &findings)?;
        match findings.iter().filter_map(|finding| finding.row).find(|row| *row as usize >= rows) {
            // Where there are no rows, the first is the one that would be.
            Some(row) if row > 0 || rows > 0 => {
                let problem = format!("a finding is about row {row}, and there are {rows}");
                Err(self.configured.fault(function, problem))
            }
            _ => Ok(findings),
        }
    }
}

/// A [`Signature`] that reuses one instance.
pub struct WarmSignature {
    signature: Signature,
    live: Option<Live>,
}

impl WarmSignature {
    /// See [`Signature::check`].
    ///
    /// # Errors
    /// When the plugin fails; the next call has a new instance.
    pub fn check(&mut self, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        self.ask(|inner, instance| inner.check(instance, payload))
    }

    /// See [`Signature::check_columns`].
    ///
    /// # Errors
    /// When the plugin fails; the next call has a new instance.
    pub fn check_columns(
        &mut self,
        rows: u32,
        columns: &[TypedColumn],
    ) -> Result<Vec<Finding>, Fault> {
        self.ask(|inner, instance| inner.check_columns(instance, rows, columns))
    }

    /// See [`Signature::check_records`].
    ///
    /// # Errors
    /// When the plugin fails; the next call has a new instance.
    pub fn check_records(&mut self, records: &Records) -> Result<Vec<Finding>, Fault> {
        self.ask(|inner, instance| inner.check_records(instance, records))
    }

    fn ask(
        &mut self,
        ask: impl FnOnce(&Inner, &mut Instance<'_>) -> Result<Vec<Finding>, Fault>,
    ) -> Result<Vec<Finding>, Fault> {
        let inner = &*self.signature.0;
        let call = Call::new(&CallOptions::warm(), None);
        inner.configured.call_warm(&mut self.live, call, |instance| ask(inner, instance))
    }
}

impl Drop for WarmSignature {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.signature.0.configured.keep_warm(live);
        }
    }
}
