//! Policy documents and gate profiles.

use tollgate::document::{DocumentError, PolicyDocument};
use tollgate::judge::{Decider, JudgeError, Opened, RulePlaces};
use tollgate::mistake::Span;
use tollgate::report::{FindingReport, PluginReport};
use tollgate_engine::types::{Finding, Outcome};
use tollgate_engine::{ConfigureError, World};
use tollgate_sources::Sources;

use super::evidence::unsupplied;
use super::told::Linted;
use super::{LintError, Linter, foresee};

impl Linter<'_> {
    /// The document around the settings, and its settings as the plugin sees
    /// them.
    pub(super) fn document(
        &self,
        linted: &mut Linted<'_>,
        document: PolicyDocument,
    ) -> Result<(), LintError> {
        linted.name = Some(document.name.clone());
        linted.version = Some(document.version.to_string());
        changelog(linted, &document);
        let opened = match Opened::of_document(self.plugins, document.clone()) {
            Ok(opened) => opened,
            Err(JudgeError::Document(DocumentError::Mistakes(mistakes))) => {
                linted.mistakes("settings", &mistakes);
                return Ok(());
            }
            Err(JudgeError::Plugin(error)) => {
                let span = at(&document, "/plugin");
                linted.find("plugin", Outcome::Fail, span, error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        linted.plugin = Some(PluginReport::from(opened.plugin()));
        let world = opened.plugin().world();
        linted.kind = match world {
            World::Policy => "policy",
            World::Gate => "gate profile",
            World::Signature => "signature",
        };
        if world != World::Policy {
            unread(linted, &document);
        }
        let places = RulePlaces::new(&document);
        let remarks = match asked(&opened) {
            Ok(remarks) => remarks?,
            Err(ConfigureError::Refused { findings, .. }) => {
                said(linted, &places, findings, Some(Outcome::Fail));
                return Ok(());
            }
            Err(error) => return Err(JudgeError::from(error).into()),
        };
        said(linted, &places, remarks, None);
        let sources = sources(linted, &document, world);
        match (world, &self.evidence) {
            (World::Policy, _) => policy(linted, &document, opened)?,
            (World::Gate, Some((evidence, unknown))) => {
                let (mut evidence, mut unknown) = (evidence.clone(), unknown.clone());
                if let Some(sources) = &sources {
                    foresee(sources, &mut evidence, &mut unknown);
                }
                for finding in unsupplied(&opened, &evidence, &unknown)? {
                    let line = places.line(&finding);
                    linted.add(FindingReport { line, ..finding });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The sources that the document names, where they can be used.
fn sources(linted: &mut Linted<'_>, document: &PolicyDocument, world: World) -> Option<Sources> {
    let entry = document.tree().entry("sources")?;
    if world != World::Gate {
        let message = "nothing reads `sources` here: only gates judge by evidence from elsewhere";
        linted.find("unread-member", Outcome::Warn, entry.key_span, message.to_owned());
        return None;
    }
    match Sources::of_profile(document) {
        Ok(sources) => return sources,
        // Of a list the mistakes are this document's own.
        Err(DocumentError::Mistakes(mistakes)) if entry.value.text().is_none() => {
            linted.mistakes("document", &mistakes);
        }
        Err(error) => linted.find("sources", Outcome::Fail, entry.value.span, error.to_string()),
    }
    None
}

/// What the plugin has to say of the settings, or that it does not take them.
fn asked(opened: &Opened) -> Result<Result<Vec<Finding>, JudgeError>, ConfigureError> {
    let (plugin, settings) = (opened.plugin(), opened.settings());
    let remarks = match plugin.world() {
        World::Signature => plugin.signature(settings)?.remarks(),
        World::Gate => plugin.gate(settings)?.remarks(),
        World::Policy => plugin.policy(settings)?.remarks(),
    };
    Ok(remarks.map_err(JudgeError::from))
}

/// Findings of a plugin about settings, in its words.
fn said(
    linted: &mut Linted<'_>,
    places: &RulePlaces<'_>,
    findings: Vec<Finding>,
    outcome: Option<Outcome>,
) {
    for finding in findings {
        let finding = FindingReport::from(finding);
        let line = places.line(&finding);
        let outcome = outcome.unwrap_or(finding.outcome);
        linted.add(FindingReport { line, outcome, ..finding });
    }
}

fn at(document: &PolicyDocument, pointer: &str) -> Span {
    document.tree().nearest(pointer).span()
}

/// The changelog tells the way to the present version.
fn changelog(linted: &mut Linted<'_>, document: &PolicyDocument) {
    for (index, change) in document.changelog.iter().enumerate() {
        let span = at(document, &format!("/changelog/{index}/version"));
        if change.version > document.version {
            let message = format!(
                "the changelog tells of version `{}`, and the document is still `{}`",
                change.version, document.version
            );
            linted.find("changelog-ahead", Outcome::Warn, span, message);
        }
        let earlier = document
            .changelog
            .iter()
            .find(|other| other.version < change.version && other.date > change.date);
        if let Some(other) = earlier {
            let message = format!(
                "version `{}` is of {}, and the older `{}` of {}",
                change.version, change.date, other.version, other.date
            );
            linted.find("changelog-order", Outcome::Warn, span, message);
        }
    }
}

/// Only a policy has inputs and a fallback.
fn unread(linted: &mut Linted<'_>, document: &PolicyDocument) {
    for member in ["inputs", "fallback"] {
        let Some(entry) = document.tree().entry(member) else { continue };
        let message = format!("nothing reads `{member}` here: only policies decide on cases");
        linted.find("unread-member", Outcome::Warn, entry.key_span, message);
    }
}

/// What a document says of a policy's inputs.
fn policy(
    linted: &mut Linted<'_>,
    document: &PolicyDocument,
    opened: Opened,
) -> Result<(), LintError> {
    let decider = match Decider::new(opened) {
        Ok(decider) => decider,
        Err(JudgeError::Mistakes(mistakes)) => {
            linted.mistakes("inputs", &mistakes);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let surface = decider.policy().surface();
    let score = surface.score.and_then(|score| surface.inputs.get(score as usize));
    if let Some(score) = score
        && document.input(&score.name).is_some_and(|mapping| mapping.default.is_some())
    {
        let span = at(document, &format!("/inputs/{}/default", score.name));
        let message = format!(
            "a request without `{}` is decided as if the model had said this, and not an error",
            score.name
        );
        linted.find("default-score", Outcome::Warn, span, message);
    }
    Ok(())
}
