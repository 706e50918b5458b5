//! What do we do with this score?

mod answer;
mod case;
mod identity;
mod rows;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tollgate_engine::types::{Decision, Value};
use tollgate_engine::{CallError, CallOptions, CallStats, EngineError, Plugin, Policy, WarmPolicy};
use tracing::Span;
use tracing::field::Empty;

use self::answer::Texts;
use self::case::Case;
use super::{JudgeError, Opened, located};
use crate::document::PolicyDocument;
use crate::input::{Extractor, InputError, Outside, Shadowed, raw_digest, without_mark};
use crate::plugins::Plugins;
use crate::source::{Content, Source};

pub use self::answer::{Answer, Place};
pub use self::identity::DecisionId;

/// Why one case has no decision. It takes the fallback action, where the
/// document has one, and is never `allow` for that.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum NoDecision {
    /// The request does not hold what the policy reads.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The policy cannot decide, or its plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A policy with its document: from requests and rows to [`Answer`]s. Owned,
/// for many threads, and cheap to clone.
///
/// ```no_run
/// # use tollgate::{judge::Decider, plugins::Plugins};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// let decider = Decider::open(&plugins, "policies/fraud.yaml".as_ref())?;
/// let answer = decider.decide(br#"{"score": 0.73, "amount": 120, "country": "US"}"#);
/// match answer.decision() {
///     Ok(_) => println!("{:?} because of {:?}", answer.action(), answer.reasons().next()),
///     Err(problem) => println!("{:?}, as {problem}", answer.action()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Decider {
    fixed: Arc<Fixed>,
    extractor: Arc<Extractor>,
}

/// What a document and its plugin say once and for all.
struct Fixed {
    document: PolicyDocument,
    plugin: Plugin,
    policy: Policy,
    text: Texts,
    /// Has taken in plugin and settings; each decision's id goes on from here.
    identity: Sha256,
}

impl Decider {
    /// Opens a policy document, or a component that [`bake`](super::bake) made.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(plugins: &Plugins, path: &Path) -> Result<Self, JudgeError> {
        Self::new(Opened::open(plugins, path)?)
    }

    /// The judge of an opened document.
    ///
    /// # Errors
    /// When its plugin is of another world, or does not take the settings.
    pub fn new(opened: Opened) -> Result<Self, JudgeError> {
        let policy = opened
            .plugin()
            .policy(opened.settings())
            .map_err(|error| located(opened.document(), error))?;
        let (document, plugin) = opened.into_parts();
        let surface = policy.surface();
        document.validate_against(surface)?;
        let extractor = Arc::new(Extractor::new(surface, Some(&document))?);
        let mut identity = Sha256::new();
        identity.update(plugin.digest().as_bytes());
        identity.update(document.settings_digest().as_bytes());
        let text = Texts::new(&document, &plugin, surface);
        Ok(Self { fixed: Arc::new(Fixed { document, plugin, policy, text, identity }), extractor })
    }

    /// The same policy with counters from a file, for the inputs that its
    /// document takes from counters; see [`Counters`](crate::input::Counters).
    ///
    /// # Errors
    /// When the file cannot be read, is wrong, or holds a counter that the
    /// policy does not read.
    pub fn with_counters(mut self, path: &Path) -> Result<Self, JudgeError> {
        let source = Source::read(path, Content::Counters)?;
        self.extractor = Arc::new(Extractor::clone(&self.extractor).with_counters(&source)?);
        Ok(self)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &PolicyDocument {
        &self.fixed.document
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.fixed.plugin
    }

    /// The configured policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.fixed.policy
    }

    /// What takes the inputs out of requests.
    #[must_use]
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// Keeps so many instances ready for fresh calls; see
    /// [`Policy::prepare`].
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        self.policy().prepare(count)
    }

    /// Decides on one JSON request in a fresh instance.
    #[must_use]
    pub fn decide(&self, request: &[u8]) -> Answer<'_> {
        self.decide_with(request, &Outside::default(), &CallOptions::fresh(), None)
    }

    /// Decides on one JSON request and what comes beside it, as the options
    /// say; what it took goes to `stats`.
    #[must_use]
    pub fn decide_with(
        &self,
        request: &[u8],
        outside: &Outside,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Answer<'_> {
        let span = self.span();
        let mut values = Vec::new();
        let policy = |values: &[Value]| self.policy().decide_with(values, options, stats);
        let (decision, shadowed) = self.ask(policy, request, outside, &mut values);
        let case = Case::of(request, &decision, Cow::Owned(values));
        traced(&span, self.answer(case, decision, shadowed))
    }

    /// Decides on the values of one case, in the order of the policy's inputs,
    /// as the options say; what it took goes to `stats`.
    #[must_use]
    pub fn decide_values_with<'a>(
        &'a self,
        values: &'a [Value],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Answer<'a> {
        let span = self.span();
        let decision = self.policy().decide_with(values, options, stats);
        let case = Case::Values(Cow::Borrowed(values));
        let answer = self.answer(case, decision.map_err(NoDecision::from), Shadowed::default());
        traced(&span, answer)
    }

    /// One instance and its buffers for many calls, for one thread.
    #[must_use]
    pub fn warm(&self) -> WarmDecider {
        WarmDecider {
            policy: self.policy().warm(),
            decider: self.clone(),
            values: Vec::new(),
            pace: rows::Pace::default(),
        }
    }

    fn span(&self) -> tracing::span::EnteredSpan {
        let document = self.document();
        tracing::debug_span!(
            "decide",
            policy = %document.name,
            version = %document.version,
            action = Empty,
            decision_id = Empty,
        )
        .entered()
    }

    fn ask(
        &self,
        policy: impl FnOnce(&[Value]) -> Result<Decision, CallError>,
        request: &[u8],
        outside: &Outside,
        values: &mut Vec<Value>,
    ) -> (Result<Decision, NoDecision>, Shadowed) {
        match self.extractor.extract_and_tell(without_mark(request), outside, values) {
            Ok(shadowed) => (policy(values).map_err(NoDecision::from), shadowed),
            Err(error) => (Err(error.into()), Shadowed::default()),
        }
    }

    fn answer<'a>(
        &'a self,
        case: Case<'a>,
        decision: Result<Decision, NoDecision>,
        shadowed: Shadowed,
    ) -> Answer<'a> {
        let decision = decision.map(Cow::Owned).map_err(Cow::Owned);
        let shadowed = Cow::Owned(shadowed);
        Answer { decider: self, case, decision, shadowed, row: None }
    }
}

impl<'a> Case<'a> {
    /// What was decided on: the values, or the request that gives none.
    fn of(
        request: &[u8],
        decision: &Result<Decision, NoDecision>,
        values: Cow<'a, [Value]>,
    ) -> Self {
        match decision {
            Err(NoDecision::Input(_)) => Self::Unreadable(raw_digest([without_mark(request)])),
            _ => Self::Values(values),
        }
    }
}

/// Says in a span, where somebody reads it, what was decided.
fn traced<'a>(span: &Span, answer: Answer<'a>) -> Answer<'a> {
    if !span.is_disabled() {
        span.record("action", answer.action());
        span.record("decision_id", tracing::field::display(answer.id()));
    }
    answer
}

/// A [`Decider`] that reuses one instance and its buffers.
pub struct WarmDecider {
    decider: Decider,
    policy: WarmPolicy,
    values: Vec<Value>,
    pace: rows::Pace,
}

impl WarmDecider {
    /// The judge whose instance this is.
    #[must_use]
    pub fn decider(&self) -> &Decider {
        &self.decider
    }

    /// Decides on one JSON request and what comes beside it.
    #[must_use]
    pub fn decide(&mut self, request: &[u8], outside: &Outside) -> Answer<'_> {
        self.decide_with(request, outside, &CallOptions::warm(), None)
    }

    /// See [`Decider::decide_with`]; the instance is this one's, whatever the
    /// options say.
    #[must_use]
    pub fn decide_with(
        &mut self,
        request: &[u8],
        outside: &Outside,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Answer<'_> {
        let _span = self.decider.span();
        let Self { decider, policy, values, .. } = self;
        let policy = |values: &[Value]| policy.decide_with(values, options, stats);
        let (decision, shadowed) = decider.ask(policy, request, outside, values);
        let case = Case::of(request, &decision, Cow::Borrowed(values.as_slice()));
        decider.answer(case, decision, shadowed)
    }
}
