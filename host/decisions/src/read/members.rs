//! What the body of a decision says, member by member, in the order of
//! canonical JSON: whose decision it is comes before what it was made on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use tollgate_engine::types::Kind;

use super::Policies;
use crate::stated::StatedPolicy;
use crate::value::{Reading, Recorded};

/// What was said of a case, by whom, and on what.
#[derive(Debug)]
pub struct Said<'a> {
    /// Whose decision it is.
    pub policy: Arc<StatedPolicy>,
    /// The id; `hmac:…` where inputs are masked.
    pub id: Cow<'a, str>,
    /// What was done; none where there was no decision and no fallback.
    pub action: Option<Cow<'a, str>>,
    /// Whether that was the fallback's.
    pub fallback: bool,
    /// Why, in the order the reasons applied.
    pub reasons: Vec<Cow<'a, str>>,
    /// Why there was no decision.
    pub problem: Option<Cow<'a, str>>,
    /// The model's score.
    pub score: Option<f64>,
    /// What it was made on, in the order that the policy declares; none where
    /// the request gave nothing. Of a shadow, what is not recorded of the
    /// decision beside it.
    pub inputs: Option<Vec<Option<Recorded>>>,
    /// The model whose score it is.
    pub model: Option<Cow<'a, str>>,
    /// What tells the request from others in traces.
    pub trace: Option<Cow<'a, str>>,
    /// The share of decisions that was logged.
    pub rate: Option<f64>,
    /// Which of several policies the case was given to.
    pub assignment: Option<Assigned<'a>>,
    /// What another policy would have decided.
    pub shadow: Option<Box<Said<'a>>>,
}

/// Which of several policies a case was given to.
#[derive(Debug, Deserialize)]
pub struct Assigned<'a> {
    /// The arm.
    #[serde(borrow)]
    pub arm: Cow<'a, str>,
    /// The ramp or the test.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Whether nobody was assigned yet, and the other one saw it in the shadow.
    #[serde(default)]
    pub shadow: bool,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a body by the policies that are described.
#[derive(Clone, Copy)]
pub(super) struct Members<'p>(pub(super) &'p Policies);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Said<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Said<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Said<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decision")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said<'de>, A::Error> {
        let missing = |what: &str| A::Error::custom(format!("`{what}` is missing"));
        let (mut policy, mut id, mut action) = (None, None, None);
        let (mut fallback, mut reasons, mut problem) = (false, None, None);
        let (mut score, mut inputs, mut model, mut trace) = (None, None, None, None);
        let (mut rate, mut assignment, mut shadow) = (None, None, None);
        while let Some(Text(member)) = map.next_key()? {
            match &*member {
                "action" => action = Some(map.next_value::<Option<Text<'de>>>()?),
                "assignment" => assignment = Some(map.next_value()?),
                "by" => policy = Some(self.policy(map.next_value()?)?),
                "fallback" => fallback = map.next_value()?,
                "id" => id = Some(map.next_value::<Text<'de>>()?.0),
                "inputs" => {
                    let policy = policy.as_deref().ok_or_else(|| missing("by"))?;
                    inputs = Some(map.next_value_seed(Inputs(policy))?);
                }
                "model" => model = Some(map.next_value::<Text<'de>>()?.0),
                "problem" => problem = Some(map.next_value::<Text<'de>>()?.0),
                "rate" => rate = Some(map.next_value()?),
                "reasons" => reasons = Some(map.next_value::<Vec<Text<'de>>>()?),
                "score" => score = Some(map.next_value()?),
                "shadow" => shadow = Some(Box::new(map.next_value_seed(self)?)),
                "trace" => trace = Some(map.next_value::<Text<'de>>()?.0),
                // Of those that are not known yet, and of the name and version of
                // the policy, which its record says.
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Said {
            policy: policy.ok_or_else(|| missing("by"))?,
            id: id.ok_or_else(|| missing("id"))?,
            action: action.ok_or_else(|| missing("action"))?.map(|Text(action)| action),
            fallback,
            reasons: reasons
                .ok_or_else(|| missing("reasons"))?
                .into_iter()
                .map(|it| it.0)
                .collect(),
            problem,
            score,
            inputs,
            model,
            trace,
            rate,
            assignment,
            shadow,
        })
    }
}

impl Members<'_> {
    fn policy<E: Error>(self, seq: u64) -> Result<Arc<StatedPolicy>, E> {
        let policy = self.0.get(seq).cloned();
        policy.ok_or_else(|| E::custom(format!("record {seq} before it describes no policy")))
    }
}

/// The inputs, by their names.
struct Inputs<'p>(&'p StatedPolicy);

impl<'de> DeserializeSeed<'de> for Inputs<'_> {
    type Value = Vec<Option<Recorded>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Inputs<'_> {
    type Value = Vec<Option<Recorded>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inputs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut inputs: Vec<Option<Recorded>> = self.0.inputs.iter().map(|_| None).collect();
        while let Some((place, kind)) = map.next_key_seed(Name(self.0))? {
            let value = map.next_value_seed(Reading(kind))?;
            if let Some(input) = inputs.get_mut(place) {
                *input = Some(value);
            }
        }
        Ok(inputs)
    }
}

/// The name of an input: its place, and its kind.
struct Name<'p>(&'p StatedPolicy);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = (usize, Kind);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = (usize, Kind);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an input")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let found = self.0.inputs.iter().enumerate().find(|(_, input)| input.name == name);
        found
            .map(|(place, input)| (place, input.kind))
            .ok_or_else(|| E::custom(format!("the policy reads no input `{name}`")))
    }
}
