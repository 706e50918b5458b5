//! Promotion plans.

use std::collections::BTreeMap;
use std::path::Path;

use tollgate::document::{DocumentError, shaped};
use tollgate::judge::{Gate, JudgeError};
use tollgate::source::SourceError;
use tollgate::tree::Node;
use tollgate_engine::ConfigureError;
use tollgate_engine::types::Outcome;
use tollgate_promotion::plan::PLAN_SCHEMA;

use super::told::Linted;
use super::{LintError, Linter};

impl Linter<'_> {
    /// A plan, and whether what it names can be used.
    pub(super) fn plan(
        &self,
        linted: &mut Linted<'_>,
        tree: &Node,
        folder: &Path,
    ) -> Result<(), LintError> {
        match shaped(linted.source(), "promotion plan", PLAN_SCHEMA) {
            Ok(_) => {}
            Err(DocumentError::Mistakes(mistakes)) => {
                linted.mistakes("document", &mistakes);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let targets = tree.get("targets").and_then(Node::entries).unwrap_or_default();
        aliases(linted, tree);
        for target in targets {
            let listed = target.value.get("profiles").and_then(Node::items).unwrap_or_default();
            let mut seen: Vec<&str> = Vec::new();
            for profile in listed.iter().chain(target.value.get("approvals")) {
                let Some(path) = profile.text() else { continue };
                if seen.contains(&path) {
                    let message = format!("`{path}` is given twice for {}", target.key);
                    linted.find("profile-twice", Outcome::Warn, profile.span, message);
                    continue;
                }
                seen.push(path);
                self.profile(linted, profile, &folder.join(path))?;
            }
        }
        Ok(())
    }

    /// A profile that a plan names is one.
    fn profile(&self, linted: &mut Linted<'_>, node: &Node, path: &Path) -> Result<(), LintError> {
        let name = path.display();
        let (rule, message) = match Gate::open(self.plugins, path) {
            Ok(_) => return Ok(()),
            Err(
                JudgeError::Source(error @ SourceError::Missing(_))
                | JudgeError::Document(DocumentError::Source(error @ SourceError::Missing(_))),
            ) => ("missing-profile", error.to_string()),
            Err(JudgeError::Configure(ConfigureError::WrongWorld { found, .. })) => {
                ("no-gate", format!("`{name}` is no gate profile: its plugin is a {found} plugin"))
            }
            Err(error) => ("profile", format!("`{name}` cannot be used: {error}")),
        };
        linted.find(rule, Outcome::Fail, node.span, message);
        Ok(())
    }
}

/// Each alias stands for a stage that can be reached, and alone.
fn aliases(linted: &mut Linted<'_>, tree: &Node) {
    let mut by_stage: BTreeMap<&str, &str> = BTreeMap::new();
    let mut entries: Vec<_> =
        tree.get("aliases").and_then(Node::entries).unwrap_or_default().iter().collect();
    // Of several the first by name counts.
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    for entry in entries {
        let Some(stage) = entry.value.text() else { continue };
        if let Some(first) = by_stage.get(stage) {
            let message = format!(
                "`{first}` stands for {stage} already, so that nothing is written to `{}`",
                entry.key
            );
            linted.find("alias-shadowed", Outcome::Warn, entry.key_span, message);
            continue;
        }
        by_stage.insert(stage, &entry.key);
        if tree.get("targets").and_then(|targets| targets.get(stage)).is_none() {
            let message = format!(
                "`{}` stands for {stage}, of which `targets` says nothing, so that no version \
                 gets there",
                entry.key
            );
            linted.find("alias-without-target", Outcome::Warn, entry.key_span, message);
        }
    }
}
