//! The built plugin in the host's engine, asked about cases.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tollgate_engine::types::{self, Dictionary, Finding, Outcome, TypedColumn};
use tollgate_engine::{ConfigureError, Engine, Fault, Plugin, Signature};

use crate::cases::{Answer, Case, CaseMode, Cells, Column, Refusal};

/// The plugin `mlflow-signature`, compiled.
#[derive(Debug)]
pub struct Component {
    plugin: Plugin,
}

/// Where `cargo xtask plugins` leaves the component: `plugins/` beside the
/// folder that this program runs from.
///
/// # Errors
/// When the program does not know where it is.
pub fn beside_this_program() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let found = program
        .ancestors()
        .skip(2)
        .take(2)
        .map(|target| target.join("plugins").join("mlflow-signature.wasm"))
        .find(|component| component.is_file());
    found.context("`mlflow-signature.wasm` is not built: `cargo xtask plugins` builds it")
}

impl Component {
    /// Loads a component file.
    ///
    /// # Errors
    /// When it cannot be read or is no plugin.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read the component `{}`", path.display()))?;
        Ok(Self { plugin: Engine::builder().build()?.load(&bytes)? })
    }

    /// One that is loaded already.
    #[must_use]
    pub fn of(plugin: Plugin) -> Self {
        Self { plugin }
    }

    /// Its name, version and size in bytes.
    #[must_use]
    pub fn described(&self) -> String {
        let info = self.plugin.info();
        format!("{} {}, {} bytes", info.name, info.version, self.plugin.size())
    }

    /// The answer to a case in a mode, by every function of the contract that
    /// can give it; they must agree.
    #[must_use]
    pub fn answer(&self, case: &Case, mode: &str) -> Answer {
        let checker = match self.plugin.signature(Some(&case.settings(mode))) {
            Ok(checker) => checker,
            Err(ConfigureError::Refused { findings, .. }) => return refused(&findings),
            Err(error) => return Answer::Failed(error.to_string()),
        };
        if case.mode == CaseMode::Signature {
            return Answer::Accepted(None);
        }
        asked(&checker, case, mode).unwrap_or_else(|fault| Answer::Failed(fault.to_string()))
    }

    /// Whether the plugin answers at all: a payload that is no case's.
    ///
    /// # Errors
    /// When it fails.
    pub fn survives(&self, settings: &str, payload: &[u8]) -> Result<(), ConfigureError> {
        let checker = match self.plugin.signature(Some(settings)) {
            Err(ConfigureError::Refused { .. }) => return Ok(()),
            other => other?,
        };
        checker.check(payload)?;
        checker.normalize(payload)?.map_or_else(|_| Ok(()), |_| Ok(()))
    }
}

fn asked(checker: &Signature, case: &Case, mode: &str) -> Result<Answer, Fault> {
    let payload = case.handed();
    let checked = refused(&checker.check(&payload)?);
    let answer = match checker.normalize(&payload)? {
        Ok(coerced) => Answer::Accepted(Some(String::from_utf8_lossy(&coerced).into_owned())),
        Err(findings) => refused(&findings),
    };
    let agree = match &answer {
        Answer::Accepted(_) => checked == Answer::Refused(Vec::new()),
        answer => checked == *answer,
    };
    if !agree {
        return Ok(Answer::Failed(format!(
            "`check` and `normalize` disagree: {} and {}",
            shown_rules(&checked),
            shown_rules(&answer)
        )));
    }
    if case.mode == CaseMode::Frame
        && let Some((rows, columns)) = case.columns()
    {
        let columns: Vec<_> = columns.into_iter().map(carried).collect();
        let judged = refused(&checker.check_columns(u32::try_from(rows).unwrap_or(0), &columns)?);
        // Of a batch each column is judged, whatever is wrong with another.
        if !same_of_a_batch(&judged, &answer, mode) {
            return Ok(Answer::Failed(format!(
                "`check-columns` and `normalize` disagree: {} and {}",
                shown_rules(&judged),
                shown_rules(&answer)
            )));
        }
    }
    Ok(answer)
}

/// Whether a batch's answer has the verdict, every rule and, where the order
/// is MLflow's, the first rule of the answer to the whole.
fn same_of_a_batch(batch: &Answer, whole: &Answer, mode: &str) -> bool {
    let (batch, whole) = (rules(batch), rules(whole));
    batch.is_empty() == whole.is_empty()
        && whole.iter().all(|rule| batch.contains(rule))
        && (mode != "mlflow" || batch.first() == whole.first())
}

fn rules(answer: &Answer) -> Vec<&str> {
    match answer {
        Answer::Refused(refusals) => refusals.iter().map(|one| one.rule.as_str()).collect(),
        Answer::Accepted(_) | Answer::Failed(_) => Vec::new(),
    }
}

fn refused(findings: &[Finding]) -> Answer {
    let blocking = findings.iter().filter(|finding| finding.outcome > Outcome::Warn);
    let refusal = |finding: &Finding| Refusal {
        rule: finding.rule.clone(),
        pointer: finding.pointer.clone().unwrap_or_default(),
    };
    Answer::Refused(blocking.map(refusal).collect())
}

/// The rules of an answer; pointers differ by the function.
fn shown_rules(answer: &Answer) -> String {
    match answer {
        Answer::Refused(refusals) if !refusals.is_empty() => rules(answer).join(", "),
        Answer::Refused(_) | Answer::Accepted(_) => "accepted".to_owned(),
        Answer::Failed(why) => why.clone(),
    }
}

fn carried(column: Column) -> TypedColumn {
    let cells = match column.cells {
        Cells::Booleans(cells) => types::Cells::Booleans(cells),
        Cells::Integers(cells) if column.dtype == "uint64" => {
            types::Cells::Unsigned(cells.into_iter().map(i64::cast_unsigned).collect())
        }
        Cells::Integers(cells) => types::Cells::Integers(cells),
        Cells::Numbers(cells) => types::Cells::Numbers(cells),
        Cells::Texts(entries) => types::Cells::Texts(Dictionary {
            indices: (0..).take(entries.len()).collect(),
            entries: entries.iter().collect(),
        }),
    };
    TypedColumn {
        name: column.name,
        dtype: column.dtype,
        column: types::Column { cells, validity: column.validity },
    }
}
