//! The fraud policy that everyone decides by, and the requests.
//!
//! `fraud/` has it in each engine's language; here it is in Rust.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The settings of `threshold-policy`, canonical JSON.
pub(crate) fn settings() -> Result<String> {
    // The file's keys are sorted; what is left is to take out the spaces.
    Ok(serde_json::from_str::<Value>(include_str!("../fraud/settings.json"))?.to_string())
}

/// A policy document with those settings; JSON is YAML.
pub(crate) fn document() -> Result<String> {
    let settings = settings()?;
    Ok(format!(
        "name: fraud_detector\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: risk-platform\n\
         settings: {settings}\n"
    ))
}

/// The request bodies, as they come over the wire.
pub(crate) fn bodies() -> Vec<&'static str> {
    include_str!("../fraud/requests.jsonl").lines().collect()
}

/// The right answer to each request: an action and its reasons.
pub(crate) fn answers() -> Result<Vec<[String; 2]>> {
    Ok(serde_json::from_str(include_str!("../fraud/answers.json"))?)
}

/// What the policy reads of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inputs {
    pub(crate) score: f64,
    pub(crate) amount: f64,
    pub(crate) country: String,
}

impl Inputs {
    pub(crate) fn all() -> Result<Vec<Self>> {
        bodies()
            .into_iter()
            .map(|body| Self::read(&serde_json::from_str(body)?).context("a request lacks inputs"))
            .collect()
    }

    pub(crate) fn read(body: &Value) -> Option<Self> {
        Some(Self {
            score: body.get("score")?.as_f64()?,
            amount: body.get("amount")?.as_f64()?,
            country: body.get("country")?.as_str()?.to_owned(),
        })
    }
}

/// The actions, mildest first.
pub(crate) const ACTIONS: [&str; 3] = ["allow", "manual_review", "block"];

/// The policy, written by hand: an index into [`ACTIONS`], and which of the
/// three kinds of reason apply, one after the other: by score (0 low, 1
/// moderate, 2 high), high value, strict country.
#[inline]
pub(crate) fn by_hand(score: f64, amount: f64, country: &str) -> (usize, Reasons) {
    let by_score = usize::from(score >= 0.4) + usize::from(score >= 0.7);
    let reasons =
        Reasons { by_score, high_value: amount > 10_000.0, strict: matches!(country, "NG" | "PK") };
    let mut action = by_score;
    if reasons.high_value {
        action = 1;
    }
    if reasons.strict && action == 0 {
        action = 1;
    }
    (action, reasons)
}

/// Why the policy took its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reasons {
    pub(crate) by_score: usize,
    pub(crate) high_value: bool,
    pub(crate) strict: bool,
}

impl Reasons {
    /// As the seed of the policy spells them.
    pub(crate) fn text(self) -> String {
        let mut text = match self.by_score {
            0 => "low_fraud_probability",
            1 => "moderate_fraud_probability",
            _ => "high_fraud_probability",
        }
        .to_owned();
        if self.high_value {
            text.push_str("+high_value_transaction");
        }
        if self.strict {
            text.push_str("+strict_mode_country");
        }
        text
    }
}

/// Checks that an engine answers as it should: with the action, or the action
/// and its reasons.
pub(crate) fn check_answers(who: &str, given: &[Value]) -> Result<()> {
    let right = answers()?;
    ensure!(given.len() == right.len(), "{who} answered {} requests", given.len());
    for (number, (given, [action, reason])) in given.iter().zip(&right).enumerate() {
        let same = match given {
            Value::String(given) => given == action,
            Value::Array(given) => {
                matches!(given.as_slice(), [a, r] if a == action.as_str() && r == reason.as_str())
            }
            _ => false,
        };
        ensure!(
            same,
            "{who} answers {given} to request {}, and `{action}`, `{reason}` is right",
            number + 1
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ACTIONS, Inputs, answers, by_hand, check_answers};

    #[test]
    fn the_policy_by_hand_is_right() {
        let given: Vec<_> = Inputs::all()
            .unwrap()
            .iter()
            .map(|inputs| {
                let (action, reasons) = by_hand(inputs.score, inputs.amount, &inputs.country);
                json!([ACTIONS[action], reasons.text()])
            })
            .collect();
        check_answers("the policy by hand", &given).unwrap();
    }

    #[test]
    fn a_wrong_answer_is_not_timed() {
        let mut given: Vec<_> =
            answers().unwrap().iter().map(|[action, _]| json!(action)).collect();
        check_answers("it", &given).unwrap();
        given[2] = json!("allow");
        let error = check_answers("it", &given).unwrap_err().to_string();
        assert!(error.starts_with("it answers \"allow\" to request 3"), "{error}");
    }
}
