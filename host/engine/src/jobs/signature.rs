//! Judging payloads.

use std::sync::Arc;

use super::CHECKER;
use super::configured::Configured;
use crate::call::{Call, CallOptions, CallStats};
use crate::error::{ConfigureError, EngineError, Fault};
use crate::instance::{Export, Function, Live};
use crate::plugin::{Plugin, World};
use crate::types::{Finding, TypedColumn};

pub(super) struct Check;
impl Function for Check {
    const INTERFACE: &'static str = CHECKER;
    const NAME: &'static str = "check";
    type Params<'a> = (&'a [u8],);
    type Results = (Vec<Finding>,);
}

pub(super) struct Normalize;
impl Function for Normalize {
    const INTERFACE: &'static str = CHECKER;
    const NAME: &'static str = "normalize";
    type Params<'a> = (&'a [u8],);
    type Results = (Result<Vec<u8>, Vec<Finding>>,);
}

pub(super) struct CheckColumns;
impl Function for CheckColumns {
    const INTERFACE: &'static str = CHECKER;
    const NAME: &'static str = "check-columns";
    type Params<'a> = (u32, &'a [TypedColumn]);
    type Results = (Vec<Finding>,);
}

/// A signature plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Signature(Arc<Inner>);

struct Inner {
    configured: Configured,
    check: Export<Check>,
    normalize: Export<Normalize>,
    check_columns: Export<CheckColumns>,
}

impl Signature {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Signature, settings)?;
        Ok(Self(Arc::new(Inner {
            check: configured.export()?,
            normalize: configured.export()?,
            check_columns: configured.export()?,
            configured,
        })))
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
        let Inner { configured, check, .. } = &*self.0;
        let call = Call::new(options, stats);
        configured.call(check, (payload,), call, |(it,)| self.0.checked(Check::NAME, it))
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
        let Inner { configured, normalize, .. } = &*self.0;
        let call = Call::new(options, stats);
        configured.call(normalize, (payload,), call, |(normalized,)| {
            if let Err(findings) = &normalized {
                configured.check_findings(Normalize::NAME, 0, findings)?;
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
        let Inner { configured, check_columns, .. } = &*self.0;
        let call = Call::new(options, stats);
        let check = |(findings,)| self.0.checked(CheckColumns::NAME, findings);
        configured.call(check_columns, (rows, columns), call, check)
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
    fn checked(
        &self,
        function: &'static str,
        findings: Vec<Finding>,
    ) -> Result<Vec<Finding>, Fault> {
        self.configured.check_findings(function, 0, &findings)?;
        Ok(findings)
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
        let Inner { configured, check, .. } = &*self.signature.0;
        let call = Call::new(&CallOptions::warm(), None);
        let sound = |(findings,)| self.signature.0.checked(Check::NAME, findings);
        configured.call_warm(&mut self.live, check, (payload,), call, sound)
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
        let Inner { configured, check_columns, .. } = &*self.signature.0;
        let call = Call::new(&CallOptions::warm(), None);
        let sound = |(findings,)| self.signature.0.checked(CheckColumns::NAME, findings);
        configured.call_warm(&mut self.live, check_columns, (rows, columns), call, sound)
    }
}

impl Drop for WarmSignature {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.signature.0.configured.keep_warm(live);
        }
    }
}
