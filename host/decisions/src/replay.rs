//! Decisions again, from the log alone: the same plugin, settings and values
//! must give the same record, byte for byte.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::PolicyDocument;
use tollgate::judge::{Answer, Decider, JudgeError, Opened};
use tollgate::plugins::{PluginError, Plugins};
use tollgate::source::Source;
use tollgate_engine::types::Value;
use tollgate_engine::{CallOptions, Plugin};
use tollgate_records::store::{Store, StoreError};

use crate::body;
use crate::entry::{Assignment, Entry, Said as Saying};
use crate::mask::Masks;
use crate::policy::Policy;
use crate::read::{Decision, Recorded, Said, StatedPolicy};
use crate::sample::Sample;

/// What became of a decision that was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// It is the same, byte for byte.
    Same,
    /// It is another one; the body that it has now.
    Different(String),
    /// It could not be made again, and why.
    NotReplayed(String),
}

/// Why a decision cannot be made again, where that is nobody's choice.
#[derive(Debug, Error, Diagnostic)]
pub enum ReplayError {
    /// A kept plugin cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The recorded document or its plugin cannot be used.
    #[error("record {seq} describes a policy that cannot be used: {error}")]
    Judge {
        /// The record.
        seq: u64,
        /// Why not.
        error: Box<JudgeError>,
    },
    /// The recorded document is not the one that decided.
    #[error("record {0} describes a policy whose document has other settings than it says")]
    OtherSettings(u64),
}

/// Makes decisions again.
pub struct Replayer {
    plugins: Plugins,
    store: Store,
    opened: BTreeMap<u64, Result<Arc<Policy>, String>>,
}

impl Replayer {
    /// With plugins that are built in or were added, and those of a store.
    #[must_use]
    pub fn new(plugins: Plugins, store: Store) -> Self {
        Self { plugins, store, opened: BTreeMap::new() }
    }

    /// Makes a decision again.
    ///
    /// # Errors
    /// When what is kept is damaged.
    pub fn replay(&mut self, decision: &Decision<'_>) -> Result<Replayed, ReplayError> {
        let said = &decision.said;
        let Some(inputs) = &said.inputs else {
            let reason = "the request gave no values, so there is nothing to decide on";
            return Ok(Replayed::NotReplayed(reason.to_owned()));
        };
        let find = |place: usize, _: &str| inputs.get(place)?.as_ref();
        let values = match values(&said.policy, find) {
            Ok(values) => values,
            Err(reason) => return Ok(Replayed::NotReplayed(reason)),
        };
        let shadow_values = said.shadow.as_ref().map(|shadow| shadow_values(shadow, said));
        let shadow_values = match shadow_values.transpose() {
            Ok(values) => values,
            Err(reason) => return Ok(Replayed::NotReplayed(reason)),
        };
        let policy = match self.policy(&said.policy)? {
            Ok(policy) => policy,
            Err(reason) => return Ok(Replayed::NotReplayed(reason)),
        };
        let shadow = match (&said.shadow, &shadow_values) {
            (Some(shadow), Some(values)) => match self.policy(&shadow.policy)? {
                Ok(policy) => Some((policy, values)),
                Err(reason) => return Ok(Replayed::NotReplayed(reason)),
            },
            _ => None,
        };
        let options = CallOptions::warm();
        let answer = policy.decider.decide_values_with(&values, &options, None);
        let beside = shadow.as_ref().map(|(policy, values)| {
            (&**policy, policy.decider.decide_values_with(values, &options, None))
        });
        let body = encoded(said, &policy, &answer, beside);
        if body == decision.body {
            return Ok(Replayed::Same);
        }
        // A plugin that failed then, for want of time perhaps, is no proof.
        if said.fallback && said.problem.is_some() {
            let reason = "the plugin failed then, and does not fail in the same way now";
            return Ok(Replayed::NotReplayed(reason.to_owned()));
        }
        Ok(Replayed::Different(body))
    }

    /// Who decided, or why that cannot be had.
    fn policy(
        &mut self,
        policy: &StatedPolicy,
    ) -> Result<Result<Arc<Policy>, String>, ReplayError> {
        if let Some(opened) = self.opened.get(&policy.seq) {
            return Ok(opened.clone());
        }
        let opened = match self.plugin(policy)? {
            Some(plugin) => {
                let decider = self.open(policy, plugin)?;
                let sample = Sample::of(policy.rate).unwrap_or(Sample::ALL);
                let written = Policy::new(&decider, &Masks::default(), sample);
                Ok(Arc::new(Policy { seq: policy.seq, ..written }))
            }
            None => Err(format!(
                "it was decided by plugin `{}@{}`, {}, which is not at hand",
                policy.plugin.name, policy.plugin.version, policy.plugin.digest
            )),
        };
        self.opened.insert(policy.seq, opened.clone());
        Ok(opened)
    }

    fn plugin(&self, policy: &StatedPolicy) -> Result<Option<Plugin>, ReplayError> {
        let unusable = |error: PluginError| ReplayError::Judge {
            seq: policy.seq,
            error: Box::new(error.into()),
        };
        let digest = policy.plugin.digest;
        if let Some(plugin) = self.plugins.with_digest(digest).map_err(unusable)? {
            return Ok(Some(plugin));
        }
        let Some(component) = self.store.load(digest)? else { return Ok(None) };
        let from = self.store.path(digest).display().to_string();
        let plugin = self.plugins.engine().load(&component);
        plugin.map(Some).map_err(|error| unusable(PluginError::Load { from, error }))
    }

    fn open(&self, policy: &StatedPolicy, plugin: Plugin) -> Result<Decider, ReplayError> {
        let seq = policy.seq;
        let unusable = |error: JudgeError| ReplayError::Judge { seq, error: Box::new(error) };
        let opened = match policy.plugin.baked {
            true => {
                let name = format!("{}.wasm", policy.name);
                Opened::of_component(&self.plugins, &name, plugin.bytes()).map_err(unusable)?
            }
            false => {
                let source = Source::new(&format!("record {seq}: document"), &policy.document);
                let document = PolicyDocument::parse(source, PathBuf::new());
                let document = document.map_err(|error| unusable(error.into()))?;
                Opened::of_parts(document, plugin).map_err(unusable)?
            }
        };
        if opened.document().settings_digest() != policy.settings {
            return Err(ReplayError::OtherSettings(seq));
        }
        Decider::new(opened).map_err(unusable)
    }
}

/// The values of all inputs, or why not all are known.
fn values<'a>(
    policy: &StatedPolicy,
    find: impl Fn(usize, &str) -> Option<&'a Recorded>,
) -> Result<Vec<Value>, String> {
    let value = |(place, name): (usize, &str)| match find(place, name) {
        Some(Recorded::Value(value)) => Ok(value.clone()),
        Some(Recorded::Masked(_)) => Err(format!("input `{name}` is masked")),
        None => Err(format!("input `{name}` is not in the log")),
    };
    let names = policy.inputs.iter().map(|input| input.name.as_str());
    names.enumerate().map(value).collect()
}

/// Those of a shadow, which reads most of what the other policy reads.
fn shadow_values(shadow: &Said<'_>, beside: &Said<'_>) -> Result<Vec<Value>, String> {
    values(&shadow.policy, |place, name| {
        let own = shadow.inputs.as_ref().and_then(|inputs| inputs.get(place)?.as_ref());
        own.or_else(|| {
            let there = beside.policy.inputs.iter().position(|input| input.name == name)?;
            beside.inputs.as_ref()?.get(there)?.as_ref()
        })
    })
}

/// The body that the decision has now.
fn encoded(
    said: &Said<'_>,
    policy: &Policy,
    answer: &Answer<'_>,
    shadow: Option<(&Policy, Answer<'_>)>,
) -> String {
    let saying = |answer: &Answer<'_>| Saying::of(answer, answer.id().as_u64());
    let entry = Entry {
        time: 0,
        said: saying(answer),
        model: said.model.as_deref().map(Arc::from),
        trace: said.trace.as_deref().map(Box::from),
        shadow: shadow.as_ref().map(|(_, answer)| Box::new(saying(answer))),
        assignment: said.assignment.as_ref().map(|assigned| Assignment {
            name: Arc::from(&*assigned.name),
            arm: Arc::from(&*assigned.arm),
            shadow: assigned.shadow,
        }),
    };
    let sample = said.rate.and_then(|rate| Sample::of(rate).ok()).unwrap_or(Sample::ALL);
    let mut out = String::new();
    body::push(&entry, policy, shadow.map(|(policy, _)| policy), sample, &mut out);
    out
}
