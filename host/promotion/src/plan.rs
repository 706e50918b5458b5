//! The promotion plan: which profiles a stage asks for, and which alias stands
//! for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tollgate::document::{DocumentError, shaped};
use tollgate::source::{Content, Source};
use tollgate::tree::{self, Node};
use tollgate_sources::Registered;

use crate::{PromotionError, Stage};

/// The JSON Schema of a plan.
pub const PLAN_SCHEMA: &str = include_str!("../schemas/promotion.schema.json");

/// A promotion plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file.
    pub name: String,
    /// The registry's address; none where the environment says it.
    pub registry: Option<String>,
    /// The stage that an alias stands for.
    pub aliases: BTreeMap<String, Stage>,
    /// Whether MLflow's own stages are written, too.
    pub writes_stages: bool,
    /// Of how many versions before the candidate a gate's page is to tell; none
    /// where it does not say.
    pub history: Option<u32>,
    /// The profiles that an audit judges every version by, beside those of its
    /// stage.
    pub audit: Vec<PathBuf>,
    /// The profile that judges a new name.
    pub naming: Option<PathBuf>,
    /// The profile that judges whether an old name is used no more.
    pub unused: Option<PathBuf>,
    targets: BTreeMap<Stage, Target>,
}

/// What a stage asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The gate profiles, all of which must pass.
    pub profiles: Vec<PathBuf>,
    /// The profile that judges approvals, after all others.
    pub approvals: Option<PathBuf>,
    /// The document that says where facts are which the registry does not have.
    pub sources: Option<PathBuf>,
}

impl Plan {
    /// Reads a plan. Paths in it start at its folder.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let source = Source::read(path, Content::Document)?;
        Self::parse(&source, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a plan from a text; paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: &Source, folder: &Path) -> Result<Self, DocumentError> {
        let tree = shaped(source, "promotion plan", PLAN_SCHEMA)?;
        let text = |node: &Node| node.text().map(str::to_owned);
        let path = |node: &Node| node.text().map(|path| folder.join(path));
        let whole = |node: &Node| match &node.content {
            // JSON Schema takes 10.0 for a whole number.
            tree::Content::Number(number) => number.as_f64()?.to_string().parse().ok(),
            _ => None,
        };
        let audit = tree.get("audit").and_then(Node::items).unwrap_or_default();
        // The schema names the stages that there are.
        let stage = |node: &Node| node.text().and_then(|text| text.parse::<Stage>().ok());
        let aliases = tree.get("aliases").and_then(Node::entries).unwrap_or_default();
        let targets = tree.get("targets").and_then(Node::entries).unwrap_or_default();
        Ok(Self {
            name: source.name().to_owned(),
            registry: tree.get("registry").and_then(text),
            aliases: aliases
                .iter()
                .filter_map(|entry| Some((entry.key.clone(), stage(&entry.value)?)))
                .collect(),
            writes_stages: tree.get("stages").is_some_and(Node::is_true),
            history: tree.get("history").and_then(whole),
            audit: audit.iter().filter_map(path).collect(),
            naming: tree.get("naming").and_then(path),
            unused: tree.get("unused").and_then(path),
            targets: targets
                .iter()
                .filter_map(|entry| {
                    let profiles = entry.value.get("profiles").and_then(Node::items);
                    let target = Target {
                        profiles: profiles.unwrap_or_default().iter().filter_map(path).collect(),
                        approvals: entry.value.get("approvals").and_then(path),
                        sources: entry.value.get("sources").and_then(path),
                    };
                    Some((entry.key.parse::<Stage>().ok()?, target))
                })
                .collect(),
        })
    }

    /// What a stage asks for.
    ///
    /// # Errors
    /// When the plan says nothing of it: then nothing would be judged.
    pub fn target(&self, stage: Stage) -> Result<&Target, PromotionError> {
        self.targets
            .get(&stage)
            .ok_or_else(|| PromotionError::NoTarget { plan: self.name.clone(), stage })
    }

    /// The stages that it names profiles for, in the order of a version's way.
    pub fn targets(&self) -> impl Iterator<Item = (Stage, &Target)> {
        self.targets.iter().map(|(stage, target)| (*stage, target))
    }

    /// The alias that stands for a stage; the first by name of several.
    #[must_use]
    pub fn alias_of(&self, stage: Stage) -> Option<&str> {
        let found = self.aliases.iter().find(|(_, of)| **of == stage);
        found.map(|(alias, _)| alias.as_str())
    }

    /// The version that serves: the one of the alias that stands for Production,
    /// else the newest in MLflow's stage.
    #[must_use]
    pub fn serving(&self, registered: &Registered) -> Option<u64> {
        let alias = self.champion_alias();
        let by_alias = alias.and_then(|alias| registered.aliases.get(alias)).copied();
        by_alias.or_else(|| {
            let staged = registered.latest.iter().filter(|it| it.stage == Stage::Production.name());
            staged.map(|version| version.version).max()
        })
    }

    /// The alias of the version that candidates are compared with.
    #[must_use]
    pub fn champion_alias(&self) -> Option<&str> {
        self.alias_of(Stage::Production)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<Plan, String> {
        let source = Source::new("plan.yaml", text);
        Plan::parse(&source, Path::new("policies")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_stage_that_the_plan_leaves_out_is_not_passed() {
        let plan = plan(
            "aliases: { champion: Production, challenger: Staging }\n\
             targets: { Staging: { profiles: [gates/offline.yaml] } }\n",
        )
        .unwrap();
        assert_eq!((plan.champion_alias(), plan.history), (Some("champion"), None));
        let staging = plan.target(Stage::Staging).unwrap();
        assert_eq!(staging.profiles, [Path::new("policies/gates/offline.yaml")]);
        assert!(plan.target(Stage::Production).is_err());
    }

    #[test]
    fn a_plan_of_no_profiles_is_none() {
        for wrong in [
            "",
            "targets: {}\n",
            "targets: { Staging: { profiles: [] } }\n",
            "targets: { Stagin: { profiles: [a.yaml] } }\n",
            "targets: { Staging: {} }\n",
            "aliases: { champion: Live }\ntargets: { Staging: { profiles: [a.yaml] } }\n",
            "target: { Staging: { profiles: [a.yaml] } }\n",
            "history: 0\ntargets: { Staging: { profiles: [a.yaml] } }\n",
            "history: 1001\ntargets: { Staging: { profiles: [a.yaml] } }\n",
            "history: all\ntargets: { Staging: { profiles: [a.yaml] } }\n",
        ] {
            assert!(plan(wrong).is_err(), "{wrong}");
        }
    }
}
