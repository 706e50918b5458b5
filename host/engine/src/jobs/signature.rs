//! Judging payloads.

use super::CHECKER;
use super::configured::Configured;
use crate::error::{ConfigureError, Fault};
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

/// A signature plugin with its settings.
pub struct Signature {
    configured: Configured,
    check: Export<Check>,
    normalize: Export<Normalize>,
    check_columns: Export<CheckColumns>,
}

impl Signature {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Signature, settings)?;
        Ok(Self {
            check: configured.export()?,
            normalize: configured.export()?,
            check_columns: configured.export()?,
            configured,
        })
    }

    /// Judges one raw request body, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails. A bad payload is findings, not an error.
    pub fn check(&self, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        let (findings,) = self.configured.call(&self.check, (payload,))?;
        self.configured.check_findings(Check::NAME, 0, &findings)?;
        Ok(findings)
    }

    /// Gives what the model would receive, as JSON text, in a fresh instance;
    /// the inner error is the findings that block.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn normalize(&self, payload: &[u8]) -> Result<Result<Vec<u8>, Vec<Finding>>, Fault> {
        let (normalized,) = self.configured.call(&self.normalize, (payload,))?;
        if let Err(findings) = &normalized {
            self.configured.check_findings(Normalize::NAME, 0, findings)?;
        }
        Ok(normalized)
    }

    /// Judges columns of a file or a data frame, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn check_columns(&self, rows: u32, columns: &[TypedColumn]) -> Result<Vec<Finding>, Fault> {
        let (findings,) = self.configured.call(&self.check_columns, (rows, columns))?;
        self.configured.check_findings(CheckColumns::NAME, 0, &findings)?;
        Ok(findings)
    }

    /// One instance for many calls, for one thread. Faster, and nothing but
    /// the plugin's own good conduct keeps one call from seeing another's data.
    #[must_use]
    pub fn warm(&self) -> WarmSignature<'_> {
        WarmSignature { signature: self, live: None }
    }
}

/// A [`Signature`] that reuses one instance.
pub struct WarmSignature<'a> {
    signature: &'a Signature,
    live: Option<Live>,
}

impl WarmSignature<'_> {
    /// See [`Signature::check`].
    ///
    /// # Errors
    /// When the plugin fails; the next call has a new instance.
    pub fn check(&mut self, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        let Signature { configured, check, .. } = self.signature;
        let (findings,) = configured.call_warm(&mut self.live, check, (payload,))?;
        configured.check_findings(Check::NAME, 0, &findings)?;
        Ok(findings)
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
        let Signature { configured, check_columns, .. } = self.signature;
        let (findings,) = configured.call_warm(&mut self.live, check_columns, (rows, columns))?;
        configured.check_findings(CheckColumns::NAME, 0, &findings)?;
        Ok(findings)
    }
}
