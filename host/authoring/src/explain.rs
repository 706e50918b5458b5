//! What a document decides, on one page.
//!
//! Nothing here reads a plugin's rules: the words are those of the document and
//! of the schema that its plugin publishes, and tables are what the plugin says
//! when it is asked ([`decisions`], [`rules`]).

mod conditions;
pub mod decisions;
mod part;
mod points;
pub mod rules;
mod settings;
mod texts;

use std::path::Path;

use serde::Serialize;
use tollgate::document::PolicyDocument;
use tollgate::judge::{Decider, JudgeError, Opened};
use tollgate::plugins::Plugins;
use tollgate::report::PluginReport;
use tollgate_engine::World;

use self::decisions::Decisions;
use self::rules::Rule;
use self::settings::Setting;

/// What a document decides.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The file.
    pub document: String,
    /// `policy`, `gate profile` or `signature`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The team that answers for it.
    pub owner: String,
    /// One sentence on what it judges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What the newest version changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Changed>,
    /// Who judges.
    pub plugin: PluginReport,
    /// What that judges, in its words.
    pub judges: String,
    /// What a policy reads, in the order in which it declares it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Read>,
    /// The actions, mildest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// The action of a case without a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// What the settings say, and what that means.
    pub settings: Vec<Setting>,
    /// What a policy decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Decisions>,
    /// What a gate asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A line of the changelog.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// The day.
    pub date: String,
    /// Who changed it.
    pub by: String,
    /// What.
    pub change: String,
}

/// An input of a policy.
#[derive(Debug, Clone, Serialize)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// What kind of value it is.
    pub kind: &'static str,
    /// Whether there is no decision without it.
    pub required: bool,
    /// Where its value comes from.
    pub from: String,
    /// What holds where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// Explains a document, or a component that `bake` made of one.
///
/// # Errors
/// When it cannot be used, or its plugin fails.
pub fn explain(plugins: &Plugins, path: &Path) -> Result<Explanation, JudgeError> {
    let opened = Opened::open(plugins, path)?;
    let document = opened.document().clone();
    let plugin = opened.plugin().clone();
    let newest = document.changelog.iter().find(|it| it.version == document.version);
    let mut explanation = Explanation {
        document: opened.file().to_owned(),
        kind: match plugin.world() {
            World::Policy => "policy",
            World::Gate => "gate profile",
            World::Signature => "signature",
        },
        name: document.name.clone(),
        version: document.version.to_string(),
        owner: document.owner.clone(),
        summary: document.summary.clone(),
        changed: newest.map(|change| Changed {
            date: change.date.clone(),
            by: change.by.clone(),
            change: change.change.clone(),
        }),
        plugin: PluginReport::from(&plugin),
        judges: plugin.info().summary.clone(),
        inputs: Vec::new(),
        actions: Vec::new(),
        fallback: document.fallback.clone(),
        settings: settings::said(&document, &plugin.info().settings_schema),
        decisions: None,
        rules: Vec::new(),
    };
    match plugin.world() {
        World::Policy => {
            let decider = Decider::new(opened)?;
            let surface = decider.policy().surface();
            explanation.actions.clone_from(&surface.actions);
            explanation.inputs = reads(&decider, &document);
            explanation.decisions = Some(Decisions::of(&decider)?);
        }
        World::Gate => explanation.rules = rules::asked(&opened)?,
        World::Signature => {}
    }
    Ok(explanation)
}

fn reads(decider: &Decider, document: &PolicyDocument) -> Vec<Read> {
    let inputs = decider.policy().surface().inputs.iter().map(|input| {
        let mapping = document.input(&input.name);
        let from =
            |place: &str, of: &Option<String>| of.as_ref().map(|name| format!("{place} `{name}`"));
        let places = mapping.map(|mapping| {
            let all = [
                from("pointer", &mapping.pointer),
                from("column", &mapping.column),
                from("header", &mapping.header),
                from("counter", &mapping.counter),
            ];
            all.into_iter().flatten().collect::<Vec<_>>().join(" or ")
        });
        Read {
            name: input.name.clone(),
            kind: input.kind.name(),
            required: input.required,
            from: places
                .filter(|places| !places.is_empty())
                .unwrap_or_else(|| format!("member or column `{}`", input.name)),
            default: mapping.and_then(|it| it.default.as_ref()).map(shown),
        }
    });
    inputs.collect()
}

/// A value as JSON has it.
fn shown(value: &tollgate_engine::types::Value) -> String {
    use tollgate_engine::types::Value;
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
    }
}
