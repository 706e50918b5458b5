//! The document of a rollout: its stages, as data.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate::document::{DocumentError, shaped};
use tollgate::mistake::{Mistake, Mistakes, Span};
use tollgate::source::{Content, Source};
use tollgate::tree::Node;
use tollgate_engine::Digest;

use crate::assign::Share;

/// The JSON Schema of a rollout.
pub const ROLLOUT_SCHEMA: &str = include_str!("../schemas/rollout.schema.json");

/// How often guardrails are judged, where the document does not say it.
const EVERY: Duration = Duration::from_secs(30);

/// A rollout: who is told apart by what, and the stages in their order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// The member of a request that is hashed.
    pub key: String,
    /// What is hashed with it.
    pub salt: String,
    /// How often the guardrails are judged.
    pub every: Duration,
    /// At least one.
    pub stages: Vec<Stage>,
    /// Of the document's text: another plan goes on from no state of this one.
    pub digest: Digest,
}

/// One stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// How many the candidate answers.
    pub share: Share,
    /// For how long the guardrails must hold.
    pub hold: Duration,
    /// How many requests of the candidate must have been seen.
    pub at_least: u64,
    /// The gate profiles that judge it: its own, or those of the stage before.
    pub guardrails: Vec<PathBuf>,
    /// What it is.
    pub kind: Kind,
}

/// What a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody is answered by the candidate.
    Shadow,
    /// A step on the way to all.
    Step,
    /// One half of a comparison, which ends without a winner of its own.
    Split,
}

impl Plan {
    /// Reads a rollout. Paths in it start at its folder.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let source = Source::read(path, Content::Document)?;
        Self::parse(&source, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a rollout from a text; paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: &Source, folder: &Path) -> Result<Self, DocumentError> {
        let tree = shaped(source, "rollout", ROLLOUT_SCHEMA)?;
        let mut reader = Reader { source, folder, mistakes: Vec::new() };
        let stages = reader.stages(&tree);
        if let Some(mistakes) = Mistakes::collect(reader.mistakes) {
            return Err(mistakes.into());
        }
        let text = |key| tree.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        Ok(Self {
            name: text("name"),
            key: text("key"),
            salt: text("salt"),
            every: tree.get("check_every").and_then(duration).unwrap_or(EVERY),
            stages,
            digest: Digest::of(source.text().as_bytes()),
        })
    }
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, span: Span, message: &str, help: &str) {
        let mistake = Mistake::new(self.source, span, message.to_owned());
        self.mistakes.push(mistake.suggest(help.to_owned()));
    }

    fn stages(&mut self, tree: &Node) -> Vec<Stage> {
        let (shadow, steps, split) = (tree.get("shadow"), tree.get("steps"), tree.get("split"));
        if let (Some(split), Some(_)) = (split, steps.or(shadow)) {
            let message = "a split stands alone: there is nothing to go on to";
            self.mistake(split.span, message, "leave out `shadow` and `steps`, or `split`");
        }
        let mut stages: Vec<Stage> = Vec::new();
        let all = shadow.map(|node| (Kind::Shadow, node)).into_iter();
        let all = all.chain(
            steps.and_then(Node::items).unwrap_or_default().iter().map(|node| (Kind::Step, node)),
        );
        for (kind, node) in all.chain(split.map(|node| (Kind::Split, node))) {
            let Some(stage) = self.stage(kind, node, stages.last()) else { continue };
            if let Some(before) = stages.last()
                && stage.share <= before.share
            {
                let message = format!(
                    "a step of {} % comes after one of {} %",
                    stage.share.percent(),
                    before.share.percent()
                );
                self.mistake(node.span, &message, "each step takes in more than the one before");
            }
            stages.push(stage);
        }
        if stages.is_empty() && self.mistakes.is_empty() {
            let help = "give `shadow`, `steps`, both, or `split`";
            self.mistake(tree.span, "the rollout has no stage", help);
        }
        stages
    }

    fn stage(&mut self, kind: Kind, node: &Node, before: Option<&Stage>) -> Option<Stage> {
        let share = match node.get("percent") {
            None => Share::NOBODY,
            Some(percent) => {
                let number = match &percent.content {
                    tollgate::tree::Content::Number(number) => number.as_f64(),
                    _ => None,
                };
                let share = number.and_then(Share::of_percent);
                if share.is_none() {
                    let help = "such as `0.5` or `12.25`";
                    self.mistake(percent.span, "a share has at most two decimals", help);
                }
                share?
            }
        };
        let named = node.get("guardrails").and_then(Node::items).map(|profiles| {
            let paths = profiles.iter().filter_map(Node::text);
            paths.map(|path| self.folder.join(path)).collect::<Vec<_>>()
        });
        let guardrails = named.or_else(|| before.map(|before| before.guardrails.clone()));
        if guardrails.is_none() {
            let message = "the first stage has no guardrails, and there is none before it";
            self.mistake(node.span, message, "name a gate profile under `guardrails`");
        }
        let at_least = match node.get("at_least").map(|node| &node.content) {
            Some(tollgate::tree::Content::Number(number)) => number.as_i64(),
            _ => None,
        };
        Some(Stage {
            share,
            // The schema asks for it.
            hold: node.get("for").and_then(duration).unwrap_or_default(),
            at_least: at_least.and_then(|count| u64::try_from(count).ok()).unwrap_or(1).max(1),
            guardrails: guardrails?,
            kind,
        })
    }
}

/// What the schema lets pass as one: `30s`, `60m`, `24h`, `7d`.
fn duration(node: &Node) -> Option<Duration> {
    let text = node.text()?;
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let count: u64 = text.get(..text.len() - 1)?.parse().ok()?;
    Some(Duration::from_secs(count.saturating_mul(unit)))
}
