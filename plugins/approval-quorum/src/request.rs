//! The request that people vote on.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Reading, Sought, show, unreadable};
use gate_evidence::instant::{Instant, RUN};
use gate_evidence::missing::says_nothing;
use gate_evidence::newest::keep_newest;
use gate_evidence::same::{key, same};
use tollgate_sdk::gate::{Fact, FactValue};

use crate::run::{Run, Stop};
use crate::settings::Settings;

/// The rule that there is one.
pub(crate) const REQUEST: &str = "approval-request";

/// The label that says which request a fact is about.
pub(crate) const LABEL: &str = "request";

const CANDIDATE: &str = "candidate";

/// A request for this version and stage.
pub(crate) struct Request<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who asked last.
    pub by: &'a str,
    /// All who ever asked: who has somebody else ask again has still asked.
    pub requesters: Vec<String>,
    /// The facts that say so.
    pub facts: Vec<u32>,
}

/// The one value of a label; none where it is given twice.
pub(crate) fn label<'a>(fact: &'a Fact, key: &str) -> Option<&'a str> {
    let mut values = fact.labels.iter().filter(|label| label.key == key);
    let value = values.next()?.value.trim();
    (values.next().is_none() && !says_nothing(value)).then_some(value)
}

impl<'a> Request<'a> {
    /// Finds it.
    pub(crate) fn find(
        facts: &'a [Fact],
        run: &Run<'_>,
        as_of: Instant,
        settings: &Settings,
    ) -> Result<Self, Stop> {
        let version = Version::read(facts)?;
        let all = (0u32..)
            .zip(facts)
            .filter(|(_, fact)| fact.subject == RUN && fact.name == "approval_request");
        let (mut id, mut other) = (None, None);
        let mut copies = Vec::new();
        for (index, fact) in all {
            let Some(of) = label(fact, LABEL).filter(|of| version.is_asked(of, run.target)) else {
                other = label(fact, LABEL).or(other);
                continue;
            };
            if id.is_some_and(|id| !same(id, of)) {
                let reason = format!(
                    "`{}` and `{of}` are both requested, and nobody says with `name` and \
                     `version` of `candidate` which it is",
                    id.unwrap_or_default()
                );
                return Err(Stop::doubtful(REQUEST, reason, [index].into()));
            }
            id = Some(of);
            copies.push((index, fact));
        }
        let Some(id) = id else {
            let mut reason = match version.id(run.target) {
                Some(id) => format!("nobody requested an approval: `{id}` is missing"),
                None => format!("nobody requested an approval for {}", run.target),
            };
            if let Some(other) = other {
                reason = format!("{reason}; there is `{other}`");
            }
            return Err(Stop::missing(REQUEST, reason, settings));
        };
        Self::of_copies(id, copies, as_of, settings)
    }

    fn of_copies(
        id: &'a str,
        mut copies: Vec<(u32, &'a Fact)>,
        as_of: Instant,
        settings: &Settings,
    ) -> Result<Self, Stop> {
        let used: Vec<u32> = copies.iter().map(|(index, _)| *index).collect();
        let requesters = copies
            .iter()
            .filter_map(|(_, fact)| match &fact.value {
                FactValue::Text(text) => Some(key(text)),
                _ => None,
            })
            .collect();
        let newest = keep_newest(&mut copies)
            .map_err(|fact| Stop::doubtful(REQUEST, unreadable(fact), used.clone()))?;
        if let Some(newest) = newest
            && newest.at > as_of
        {
            let reason = format!(
                "`{id}` was requested at {}, which is after the time that this run judges as of",
                newest.text
            );
            return Err(Stop::doubtful(REQUEST, reason, used));
        }
        let mut by: Option<&str> = None;
        for (_, fact) in &copies {
            let FactValue::Text(text) = &fact.value else {
                let reason =
                    format!("who requested `{id}` is said by {}, not by text", show(&fact.value));
                return Err(Stop::doubtful(REQUEST, reason, used));
            };
            match by {
                Some(before) if !same(before, text) => {
                    let reason = format!(
                        "`{id}` was requested by `{before}` and by `{}` at once",
                        text.trim()
                    );
                    return Err(Stop::doubtful(REQUEST, reason, used));
                }
                _ => by = Some(text.trim()),
            }
        }
        match by.filter(|by| !says_nothing(by)) {
            Some(by) => Ok(Self { id, by, requesters, facts: used }),
            None => {
                // Anybody may be the requester, whose approval does not count.
                let reason = format!("nobody says who requested `{id}`");
                Err(Stop::missing(REQUEST, reason, settings))
            }
        }
    }
}

/// The candidate, as far as it is known.
struct Version<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn read(facts: &'a [Fact]) -> Result<Self, Stop> {
        let of = |name| {
            let given = Sought::new(CANDIDATE, name).text(facts);
            match given.reading {
                Reading::Sound(text) => Ok(Some(text)),
                Reading::Missing(_) => Ok(None),
                Reading::Doubtful(reason) => Err(Stop::doubtful(REQUEST, reason, given.facts)),
            }
        };
        Ok(Self { name: of("name")?, version: of("version")? })
    }

    /// The id of the request for a stage, where it is known.
    fn id(&self, target: &str) -> Option<String> {
        Some(format!("{}-v{}-{target}", self.name?, self.version?))
    }

    /// Whether a request is for this version and the stage. Of a version that
    /// is not known only the stage is compared: what a vote is worth for it
    /// the digests say.
    fn is_asked(&self, request: &str, target: &str) -> bool {
        match self.id(target) {
            Some(id) => same(&id, request),
            None => is_for(&key(request), &key(target)),
        }
    }
}

/// Whether the id of a request names the stage behind a version: `churn-v8-pre-prod`
/// is not for `prod`.
fn is_for(request: &str, target: &str) -> bool {
    let version = request.strip_suffix(target).and_then(|rest| rest.strip_suffix('-'));
    let version = version.and_then(|rest| rest.rsplit('-').next());
    version.and_then(|version| version.strip_prefix('v')).is_some_and(|number| !number.is_empty())
}
