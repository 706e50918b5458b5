//! What is wrong in documents, or worth a look.
//!
//! A document's plugin speaks of its settings ([`remarks`]); what is said here
//! is what only the host knows: the document around them, the plan that names
//! it, and the evidence that there is.
//!
//! | outcome | meaning |
//! | --- | --- |
//! | `fail` | it cannot be used |
//! | `inconclusive` | nothing can be judged by it |
//! | `warn` | it can be used, and does not do what it looks like |
//!
//! [`remarks`]: tollgate::judge::Opened::remarks

mod document;
mod evidence;
mod plan;
mod told;

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::{DocumentError, PolicyDocument};
use tollgate::facts::{CANDIDATE, Evidence, FactsError};
use tollgate::judge::JudgeError;
use tollgate::mistake::Span;
use tollgate::plugins::Plugins;
use tollgate::report::{LintReport, LintedReport};
use tollgate::source::{Content, Source, SourceError};
use tollgate::tree::{Node, NonFinite};
use tollgate_engine::types::Outcome;
use tollgate_sources::Sources;

use self::told::Linted;
use crate::files::{All, Meant};

/// The endings of files that may hold documents.
pub const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Why nothing could be said.
#[derive(Debug, Error, Diagnostic)]
pub enum LintError {
    /// A file or a folder could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Evidence cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// A document or its plugin cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Judge(#[from] JudgeError),
}

impl From<DocumentError> for LintError {
    fn from(error: DocumentError) -> Self {
        Self::Judge(error.into())
    }
}

/// What a text is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Document,
    Plan,
    Sources,
}

impl Kind {
    /// By what stands in it; none for what is neither. A document whose
    /// `plugin` is misspelled is one by the rest of it.
    fn of(tree: &Node) -> Option<Self> {
        const MEMBERS: [&str; 5] = ["name", "version", "owner", "changelog", "settings"];
        let known = MEMBERS.iter().filter(|member| tree.get(member).is_some()).count();
        if tree.get("plugin").is_some() && known > 0 || known >= 3 {
            return Some(Self::Document);
        }
        let is = |member: &str, kind| tree.get(member).map(|_| kind);
        const OF_PLAN: [&str; 5] = ["aliases", "audit", "naming", "registry", "stages"];
        let of_plan = OF_PLAN.iter().filter(|member| tree.get(member).is_some()).count();
        is("targets", Self::Plan)
            .or_else(|| is("sources", Self::Sources))
            .or_else(|| (of_plan >= 2).then_some(Self::Plan))
    }
}

/// Lints files that were named, and of those in folders the policy documents,
/// gate profiles, promotion plans and lists of sources. A folder that holds none
/// is inconclusive.
///
/// With files of `facts`, or documents that say which `sources` there are, gate
/// profiles are held against them: a rule for which they have nothing that its
/// plugin could judge is told.
///
/// # Errors
/// When a file, a folder or a plugin cannot be read. What is wrong in a text is
/// a finding.
pub fn lint(
    plugins: &Plugins,
    all: &All,
    facts: &[PathBuf],
    sources: &[PathBuf],
) -> Result<LintReport, LintError> {
    let mut evidence = Evidence::new();
    for path in facts {
        evidence.read(path, CANDIDATE)?;
    }
    let mut unknown = Vec::new();
    for path in sources {
        foresee(&Sources::read(path)?, &mut evidence, &mut unknown);
    }
    let is_given = !facts.is_empty() || !sources.is_empty();
    let evidence = is_given.then_some((evidence, unknown));
    let linter = Linter { plugins, evidence };
    let mut documents = Vec::new();
    let mut skipped = Vec::new();
    for file in &all.files {
        match linter.file(file)? {
            Some(linted) => documents.push(linted),
            None => skipped.push(file.path.display().to_string()),
        }
    }
    let worst = documents.iter().map(|linted| linted.verdict).max();
    let holds_none = |folder: &&PathBuf| {
        !documents.iter().any(|linted| Path::new(&linted.document).starts_with(folder))
    };
    let empty: Vec<String> =
        all.folders.iter().filter(holds_none).map(|folder| folder.display().to_string()).collect();
    // What looked at nothing has found nothing.
    let nothing = if empty.is_empty() { Outcome::Pass } else { Outcome::Inconclusive };
    let verdict = worst.unwrap_or(Outcome::Inconclusive).max(nothing);
    Ok(LintReport { verdict, documents, skipped, empty })
}

/// Adds what sources will say; those of which that cannot be told are unknown.
fn foresee(sources: &Sources, evidence: &mut Evidence, unknown: &mut Vec<String>) {
    let (facts, names) = sources.foreseen();
    for fact in facts {
        // What is not a source's to say is told when it is read.
        let _ = evidence.say(fact);
    }
    unknown.extend(names.into_iter().map(str::to_owned));
}

struct Linter<'a> {
    plugins: &'a Plugins,
    /// The evidence as there will be, and the sources of which nothing is known
    /// beforehand; none where no evidence was given.
    evidence: Option<(Evidence, Vec<String>)>,
}

impl Linter<'_> {
    /// None for a file of a folder that is nothing that is linted.
    fn file(&self, file: &Meant) -> Result<Option<LintedReport>, LintError> {
        let source = match Source::read(&file.path, Content::Document) {
            // A document that was half written; of JSON it may be data beside the
            // documents.
            Err(
                error @ (SourceError::TooLarge { .. }
                | SourceError::NotUtf8 { .. }
                | SourceError::Empty(_)),
            ) if !file.is_named => {
                if file.path.extension().is_some_and(|ending| ending == "json") {
                    return Ok(None);
                }
                let source = Source::new(&file.path.display().to_string(), "");
                let mut linted = Linted::new(&source);
                let span = Span::default();
                linted.find("unreadable", Outcome::Fail, span, error.to_string());
                return Ok(Some(linted.finish()));
            }
            source => source?,
        };
        let folder = file.path.parent().unwrap_or(Path::new(""));
        let mut linted = Linted::new(&source);
        let tree = match Node::parse(&source, NonFinite::Refused) {
            Ok(tree) => tree,
            Err(mistake) => {
                linted.mistakes("syntax", &mistake.into());
                return Ok(Some(linted.finish()));
            }
        };
        match Kind::of(&tree) {
            Some(Kind::Plan) => {
                linted.kind = "promotion plan";
                self.plan(&mut linted, &tree, folder)?;
            }
            Some(Kind::Sources) => {
                linted.kind = "list of sources";
                match Sources::parse(&source, folder) {
                    Ok(_) => {}
                    Err(DocumentError::Mistakes(mistakes)) => {
                        linted.mistakes("document", &mistakes);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            None if !file.is_named => return Ok(None),
            _ => match PolicyDocument::parse(source.clone(), folder.to_owned()) {
                Ok(document) => self.document(&mut linted, document)?,
                Err(DocumentError::Mistakes(mistakes)) => linted.mistakes("document", &mistakes),
                Err(error) => return Err(error.into()),
            },
        }
        Ok(Some(linted.finish()))
    }
}
