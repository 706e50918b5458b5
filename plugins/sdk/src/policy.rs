//! Policies: what to do with a score.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Finding;
pub use crate::bindings::exports::tollgate::plugin::decider::{
    Batch, Column, Decision, Declaration, Input, Kind, Value,
};
pub use crate::bindings::exports::tollgate::plugin::types::{Cells, Dictionary, Texts};

/// A policy plugin.
pub trait Policy: Sized + 'static {
    /// What a policy document's `settings` hold.
    type Settings: serde::de::DeserializeOwned;

    /// A JSON Schema (draft 2020-12) of the settings. Hosts validate
    /// documents with it and show its descriptions to authors.
    const SETTINGS_SCHEMA: &'static str;

    /// Builds the policy.
    ///
    /// # Errors
    /// Findings that point into the settings, for what a schema cannot say.
    fn configure(settings: Self::Settings) -> Result<Self, Vec<Finding>>;

    /// What is worth saying of settings that can be used: findings of outcome
    /// `pass` or `warn` that point into them, or `inconclusive` where nothing
    /// can be judged by them. A host asks once.
    fn remarks(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// What the policy reads and says.
    fn surface(&self) -> Declaration;

    /// Decides on one case, `values` in the order of the declared inputs.
    ///
    /// # Errors
    /// One sentence when no decision can be made.
    fn decide(&self, values: &[Value]) -> Result<Decision, String>;

    /// Decides on `rows` cases at once. The default calls [`Policy::decide`]
    /// for each row.
    ///
    /// # Errors
    /// One sentence when the columns do not fit the declared inputs.
    fn decide_batch(&self, rows: usize, columns: &[Column]) -> Result<Batch, String> {
        row_by_row(rows, columns, |values| self.decide(values))
    }
}

/// Decides on each row of `columns` with `decide`, and collects the distinct
/// decisions.
///
/// # Errors
/// One sentence when a column is shorter than `rows`.
pub fn row_by_row(
    rows: usize,
    columns: &[Column],
    mut decide: impl FnMut(&[Value]) -> Result<Decision, String>,
) -> Result<Batch, String> {
    let mut batch = Batch { decisions: Vec::new(), rows: Vec::with_capacity(rows) };
    let mut values = Vec::with_capacity(columns.len());
    for row in 0..rows {
        values.clear();
        for (index, column) in columns.iter().enumerate() {
            values.push(
                cell(column, row)
                    .ok_or_else(|| alloc::format!("column {index} has no row {row} of {rows}"))?,
            );
        }
        let decision = decide(&values);
        let known = batch.decisions.iter().position(|other| same(other, &decision));
        let known = known.unwrap_or_else(|| {
            batch.decisions.push(decision);
            batch.decisions.len() - 1
        });
        batch.rows.push(known as u32);
    }
    Ok(batch)
}

fn same(a: &Result<Decision, String>, b: &Result<Decision, String>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a.action == b.action && a.reasons == b.reasons,
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

/// The value of one cell; none when the column is too short.
#[must_use]
pub fn cell(column: &Column, row: usize) -> Option<Value> {
    if let Some(validity) = &column.validity
        && validity.get(row / 8)? >> (row % 8) & 1 == 0
    {
        return Some(Value::Null);
    }
    Some(match &column.cells {
        Cells::Booleans(cells) => Value::Boolean(*cells.get(row)? != 0),
        Cells::Integers(cells) => Value::Integer(*cells.get(row)?),
        // No policy is given any.
        Cells::Unsigned(cells) => Value::Integer(i64::try_from(*cells.get(row)?).ok()?),
        Cells::Numbers(cells) => Value::Number(*cells.get(row)?),
        Cells::Texts(texts) => Value::Text(texts.get(row)?.into()),
    })
}

/// Exports a [`Policy`] as a plugin of the world `policy`.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::tollgate::plugin as interfaces;
            use $crate::policy::Policy;
            $crate::__export_lifecycle!(POLICY, Policy, $policy);

            impl interfaces::decider::Guest for __Plugin {
                fn surface() -> $crate::policy::Declaration {
                    CONFIGURED.get().surface()
                }
                fn decide(
                    values: $crate::__Vec<$crate::policy::Value>,
                ) -> Result<$crate::policy::Decision, $crate::__String> {
                    CONFIGURED.get().decide(&values)
                }
                fn decide_batch(
                    rows: u32,
                    columns: $crate::__Vec<$crate::policy::Column>,
                ) -> Result<$crate::policy::Batch, $crate::__String> {
                    CONFIGURED.get().decide_batch(rows as usize, &columns)
                }
            }

            interfaces::decider::__export_tollgate_plugin_decider_1_2_0_cabi!(
                __Plugin with_types_in interfaces::decider
            );
        };
    };
}
