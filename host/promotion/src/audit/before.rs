//! A version as it was before it came to its stage.

use serde_json::Value;
use tollgate::model::Description;
use tollgate::source::Source;
use tollgate_sources::MlflowError;

use crate::plan::Plan;

/// Takes away the aliases that stand for a stage: a version that has them is
/// there already, and there would be no move to judge.
pub(super) fn without_stage(description: &mut Description, plan: &Plan) -> Result<(), MlflowError> {
    for text in [&mut description.version, &mut description.registered].into_iter().flatten() {
        *text = without_aliases(text, plan)?;
    }
    Ok(())
}

fn without_aliases(source: &Source, plan: &Plan) -> Result<Source, MlflowError> {
    let mut answer: Value = serde_json::from_str(source.text())
        .map_err(|error| MlflowError::Text(format!("`{}` is no JSON: {error}", source.name())))?;
    for key in ["model_version", "registered_model"] {
        let aliases = answer.get_mut(key).and_then(|it| it.get_mut("aliases"));
        if let Some(aliases) = aliases.and_then(Value::as_array_mut) {
            aliases.retain(|alias| {
                let name = alias.get("alias").unwrap_or(alias).as_str();
                name.is_none_or(|name| !plan.aliases.contains_key(name))
            });
        }
    }
    Ok(Source::new(source.name(), &answer.to_string()))
}
