//! The settings that every such plugin has.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mlflow_schema::load::load;
use mlflow_schema::py::Py;
use mlflow_schema::schema::{Schema, Signature};
use tollgate_sdk::settings::{Mistakes, Object};
use tollgate_sdk::{Finding, Outcome};

use crate::given::Seen;

/// The settings that every such plugin has.
#[derive(Debug)]
pub struct Settings {
    /// The signature.
    pub signature: Signature,
    /// Which part of it is enforced.
    pub part: Part,
    /// At most so many findings for one payload.
    pub max_findings: usize,
    /// Whether a payload without rows passes.
    pub allow_empty: bool,
}

/// Which part of a signature is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// What the model takes.
    #[default]
    Inputs,
    /// What it gives.
    Outputs,
}

/// Their keys.
const KEYS: [&str; 4] = ["signature", "part", "max_findings", "allow_empty"];

const PARTS: [&str; 3] = ["inputs", "outputs", "params"];

impl Settings {
    /// The part of the signature that is enforced.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        match self.part {
            Part::Inputs => self.signature.inputs.as_ref(),
            Part::Outputs => self.signature.outputs.as_ref(),
        }
    }
}

/// Reads them, and with `own` those of `own_keys`, which only this plugin has.
///
/// # Errors
/// All mistakes, each at its place; where there are none, that MLflow refuses
/// to load the signature.
pub fn read<T>(
    given: &Py<'_>,
    own_keys: &[&str],
    own: impl FnOnce(&Object<Seen<'_>>, &mut Mistakes) -> T,
) -> Result<(Settings, T), Vec<Finding>> {
    let mut mistakes = Mistakes::default();
    let keys: Vec<&str> = KEYS.iter().chain(own_keys).copied().collect();
    let Some(map) = Object::new(Seen(given), String::new(), &keys, &mut mistakes) else {
        mistakes.into_result()?;
        return Err(Vec::new());
    };
    if map.get("signature").is_none() {
        mistakes.add("", "`signature` is missing");
    }
    let signature = map.object("signature", &PARTS, &mut mistakes);
    let part = |name: &str| {
        let part = signature.as_ref().and_then(|signature| signature.get(name));
        part.map_or(&Py::None, |Seen(part)| part)
    };
    let parts = [("inputs", Part::Inputs), ("outputs", Part::Outputs)];
    let enforced = map.choice("part", &parts, &mut mistakes).unwrap_or_default();
    let most = map.count("max_findings", 1..=10_000, &mut mistakes).unwrap_or(100);
    let allow_empty = map.boolean("allow_empty", &mut mistakes).unwrap_or(false);
    let own = own(&map, &mut mistakes);
    mistakes.into_result()?;
    let signature = load(part("inputs"), part("outputs"), part("params")).map_err(|refused| {
        let pointer = format!("/signature{}", refused.pointer);
        let finding = Finding::new("signature-invalid", Outcome::Fail, refused.message);
        alloc::vec![finding.at(pointer)]
    })?;
    let max_findings = usize::try_from(most).unwrap_or(usize::MAX);
    Ok((Settings { signature, part: enforced, max_findings, allow_empty }, own))
}
