//! The decisions that somebody asks for.

use std::cmp::Ordering;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::facts::Instant;
use tollgate::input::from_text;
use tollgate_engine::types::Value;

use crate::mask::Key;
use crate::read::{Decision, Recorded, StatedPolicy};

/// Why nobody can say whether a decision is one that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum QueryError {
    /// No condition on an input.
    #[error("`{0}` is no condition such as `country=NG` or `amount>=1000`")]
    Condition(String),
    /// The value that is asked for is none of the input's kind.
    #[error("`{value}` is no value of input `{input}`, which is {kind}")]
    Kind {
        /// The input.
        input: String,
        /// What is asked for.
        value: String,
        /// What it is.
        kind: &'static str,
    },
    /// The input is not in the log.
    #[error("input `{0}` was removed before it was logged, so nothing can be found by it")]
    Removed(String),
    /// A record says no time.
    #[error("{0}")]
    Time(String),
    /// The input is masked.
    #[error("input `{0}` is masked, and only equal values can be found, with the key of the log")]
    #[diagnostic(help("set the key that it was logged with: `TOLLGATE_LOG_KEY`"))]
    Masked(String),
    /// The key is another one.
    #[error("input `{0}` is masked with another key than the one that is given")]
    OtherKey(String),
}

/// What is asked for; all of it must hold.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The name of the policy.
    pub policy: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// One of the reasons.
    pub reason: Option<String>,
    /// The decision's id, as it was answered.
    pub id: Option<u64>,
    /// What tells the request from others: the id that a server gave it.
    pub trace: Option<String>,
    /// Not before.
    pub since: Option<Instant>,
    /// Before.
    pub until: Option<Instant>,
    /// What inputs were.
    pub conditions: Vec<Condition>,
    /// The key of what is masked.
    pub key: Option<Key>,
}

/// What an input was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub input: String,
    /// How it stands to the value.
    pub is: Comparison,
    /// The value.
    pub value: String,
}

/// How an input stands to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// Longer signs before those that they begin with.
const SIGNS: [(&str, Comparison); 6] = [
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("=", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

impl std::str::FromStr for Condition {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let at = text.find(['!', '<', '>', '=']);
        let read = at.and_then(|at| {
            let (input, rest) = text.split_at_checked(at)?;
            let (sign, is) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))?;
            let value = rest.strip_prefix(sign)?;
            let input = input.trim();
            (!input.is_empty()).then(|| Self {
                input: input.to_owned(),
                is: *is,
                value: value.to_owned(),
            })
        });
        read.ok_or_else(|| QueryError::Condition(text.to_owned()))
    }
}

impl Query {
    /// Whether a decision is one that is asked for.
    ///
    /// # Errors
    /// When nobody can say.
    pub fn takes(&self, decision: &Decision<'_>) -> Result<bool, QueryError> {
        let said = &decision.said;
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let in_time = decision.is_within(self.since, self.until);
        if !in_time.map_err(|error| QueryError::Time(error.to_string()))?
            || !is(&self.policy, &said.policy.name)
            || !is(&self.action, said.action.as_deref().unwrap_or_default())
            || !self.has_reason(decision)
            || !self.has_id(decision)
            || !is(&self.trace, said.trace.as_deref().unwrap_or_default())
        {
            return Ok(false);
        }
        for condition in &self.conditions {
            if !condition.holds(decision, self.key.as_ref())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_reason(&self, decision: &Decision<'_>) -> bool {
        let reasons = &decision.said.reasons;
        self.reason.as_ref().is_none_or(|wanted| reasons.iter().any(|reason| reason == wanted))
    }

    fn has_id(&self, decision: &Decision<'_>) -> bool {
        self.id.is_none_or(|id| match (decision.said.id.strip_prefix("hmac:"), &self.key) {
            (Some(masked), Some(key)) => key.of_id(id) == masked,
            (Some(_), None) => false,
            (None, _) => decision.said.id == format!("{id:016x}"),
        })
    }
}

impl Condition {
    fn holds(&self, decision: &Decision<'_>, key: Option<&Key>) -> Result<bool, QueryError> {
        let policy = &decision.said.policy;
        let found = policy.inputs.iter().enumerate().find(|(_, input)| input.name == self.input);
        // What a policy does not read is nothing, and equal to nothing.
        let Some((place, input)) = found else { return Ok(false) };
        let wrong = || QueryError::Kind {
            input: self.input.clone(),
            value: self.value.clone(),
            kind: tollgate::input::kind_phrase(input.kind),
        };
        let wanted = from_text(&self.value, input.kind).ok_or_else(wrong)?;
        let recorded = decision.said.inputs.as_ref().and_then(|inputs| inputs.get(place));
        match recorded.and_then(Option::as_ref) {
            None => Ok(false),
            Some(Recorded::Masked(masked)) => self.of_masked(policy, masked, &wanted, key),
            Some(Recorded::Value(value)) => Ok(self.is.holds(compared(value, &wanted))),
        }
    }

    fn of_masked(
        &self,
        policy: &StatedPolicy,
        masked: &str,
        wanted: &Value,
        key: Option<&Key>,
    ) -> Result<bool, QueryError> {
        if masked == "removed" {
            return Err(QueryError::Removed(self.input.clone()));
        }
        let masked_by = || QueryError::Masked(self.input.clone());
        let key = key.ok_or_else(masked_by)?;
        if policy.key.as_deref() != Some(&key.fingerprint()) {
            return Err(QueryError::OtherKey(self.input.clone()));
        }
        let is_equal = key.of_value(&self.input, wanted) == masked;
        match self.is {
            Comparison::Equal => Ok(is_equal),
            Comparison::Unequal => Ok(!is_equal),
            _ => Err(masked_by()),
        }
    }
}

/// How two values of one kind stand; none where they do not.
fn compared(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Boolean(one), Value::Boolean(other)) => Some(one.cmp(other)),
        (Value::Integer(one), Value::Integer(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) if one.is_nan() && other.is_nan() => {
            Some(Ordering::Equal)
        }
        (Value::Number(one), Value::Number(other)) => one.partial_cmp(other),
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

impl Comparison {
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::Unequal => order != Some(Ordering::Equal),
            Self::Below => order == Some(Ordering::Less),
            Self::Above => order == Some(Ordering::Greater),
            Self::AtMost => order.is_some_and(Ordering::is_le),
            Self::AtLeast => order.is_some_and(Ordering::is_ge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        let read = |text: &str| text.parse::<Condition>().map(|it| (it.input, it.is, it.value));
        let of = |input: &str, is, value: &str| Ok((input.to_owned(), is, value.to_owned()));
        assert_eq!(read("country=NG"), of("country", Comparison::Equal, "NG"));
        assert_eq!(read("amount>=1e3"), of("amount", Comparison::AtLeast, "1e3"));
        assert_eq!(read("a!=b=c"), of("a", Comparison::Unequal, "b=c"));
        assert_eq!(read("a<-1"), of("a", Comparison::Below, "-1"));
        assert_eq!(read("a="), of("a", Comparison::Equal, ""));
        for wrong in ["", "a", "=a", " =a", "!a", "a!b"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
