//! From settings to a policy, with everything precomputed that a decision
//! does not need to compute.

mod ladder;
mod rules;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use tollgate_sdk::Finding;

use crate::actions;
use crate::cel;
use crate::inputs::{self, Reading, Test};
use crate::mistake::{fail, token};
use crate::policy::{Consequence, Limit, Reasons, ThresholdPolicy};
use crate::settings::{Effect, Settings};

/// The reasons that built-in rules give, in the order in which they apply.
pub const BUILT_IN_REASONS: [&str; 6] =
    [HIGH_VALUE, NEW_MERCHANT, STRICT_COUNTRY, HIGH_VELOCITY, BLOCK_IN_FORCE, DAILY_BLOCK_LIMIT];
const HIGH_VALUE: &str = "high_value_transaction";
const NEW_MERCHANT: &str = "new_merchant";
const STRICT_COUNTRY: &str = "strict_mode_country";
const HIGH_VELOCITY: &str = "high_velocity";
const BLOCK_IN_FORCE: &str = "block_in_force";
const DAILY_BLOCK_LIMIT: &str = "daily_block_limit";

/// How many transactions an hour are usual when velocity checks are on and
/// the document does not say.
pub const DEFAULT_TRANSACTIONS_PER_HOUR: f64 = 10.0;

/// Most rules with conditions, and most thresholds: with the built-in rules
/// and the daily limit their marks fit a 64-bit key.
pub const MAX_RULES: usize = 48;
/// See [`MAX_RULES`].
pub const MAX_THRESHOLDS: usize = 16;

/// Builds the policy.
///
/// # Errors
/// One finding for each thing that is wrong, in the order of the settings.
pub(crate) fn build(settings: Settings) -> Result<ThresholdPolicy, Vec<Finding>> {
    let settings = Arc::new(settings);
    let mut findings = Vec::new();
    let actions = actions::order(&settings, &mut findings);
    let mut builder = Builder {
        settings: &settings,
        actions,
        findings,
        reasons: Reasons::default(),
        readings: Reading::built_in(),
        used: Vec::new(),
        rules: Vec::new(),
        expressions: Vec::new(),
        empty_key: 0,
    };
    builder.custom_inputs();
    let ladder = builder.ladder();
    builder.built_in_rules();
    builder.strict_countries();
    builder.velocity();
    builder.conditional_rules();
    let limit = builder.guardrails();
    builder.finish(&ladder, limit, Arc::clone(&settings))
}

struct Builder<'a> {
    settings: &'a Settings,
    actions: Vec<String>,
    findings: Vec<Finding>,
    reasons: Reasons,
    /// Every input that a rule could read.
    readings: Vec<Reading>,
    /// Which of them one does read.
    used: Vec<bool>,
    rules: Vec<Consequence>,
    expressions: Vec<(u32, cel::Program)>,
    empty_key: u64,
}

/// A rung: the lowest score that reaches it, its action and its reason.
type Rung = (f64, u32, u32);

impl Builder<'_> {
    fn fail(&mut self, rule: &str, pointer: impl Into<String>, message: impl Into<String>) {
        self.findings.push(fail(rule, pointer, message));
    }

    /// The place of an action. One that is unknown has been reported already.
    fn action(&self, name: &str) -> u32 {
        let place = self.actions.iter().position(|action| action == name);
        place.unwrap_or_default() as u32
    }

    fn custom_inputs(&mut self) {
        for (name, input) in &self.settings.inputs {
            let pointer = format!("/inputs/{}", token(name));
            if inputs::BUILT_IN.iter().any(|(built_in, ..)| built_in == name) {
                let message = format!("`{name}` is built in and needs no declaration");
                self.fail("built-in-input", pointer, message);
            } else if !is_identifier(name) {
                let message =
                    format!("`{name}` cannot name an input, a rule could not refer to it");
                self.fail("invalid-name", pointer, message);
            } else {
                (self.readings).push(Reading::custom(name, input.kind, input.required));
            }
        }
    }

    fn invalid_reason(&mut self, reason: &str, pointer: String) {
        let message =
            format!("`{reason}` cannot name a reason, use lower-case letters, digits, `_` and `-`");
        self.fail("invalid-name", pointer, message);
    }

    fn uses(&mut self, index: usize) {
        if self.used.len() <= index {
            self.used.resize(index + 1, false);
        }
        self.used.iter_mut().skip(index).take(1).for_each(|used| *used = true);
    }

    fn reading(&mut self, name: &str) -> Option<&mut Reading> {
        let index = (self.readings.iter()).position(|reading| reading.name == name)?;
        self.uses(index);
        self.readings.get_mut(index)
    }

    /// The bit of a new rule.
    fn rule(&mut self, action: &str, effect: Option<Effect>, reason: &str) -> u32 {
        let consequence = Consequence {
            action: self.action(action),
            effect: effect.unwrap_or_default(),
            reason: self.reasons.index(reason),
        };
        self.rules.push(consequence);
        self.rules.len() as u32 - 1
    }

    fn holds_above(&mut self, input: &str, bound: f64, bit: u32) {
        let weight = 1 << bit;
        let bound = bound.next_up();
        if let Some(reading) = self.reading(input) {
            reading.tests.push(Test { bound, weight });
        }
    }

    fn holds_below(&mut self, input: &str, bound: f64, bit: u32) {
        self.empty_key |= 1 << bit;
        let weight = (1_u64 << bit).wrapping_neg();
        if let Some(reading) = self.reading(input) {
            reading.tests.push(Test { bound, weight });
        }
    }

    fn finish(
        mut self,
        ladder: &[Rung],
        limit: Option<Limit>,
        settings: Arc<Settings>,
    ) -> Result<ThresholdPolicy, Vec<Finding>> {
        let rung_bit = self.rules.len() as u32 + u32::from(limit.is_some());
        if let Some(score) = self.reading(inputs::SCORE) {
            // Each rung above the lowest adds one to the number of the rung.
            score.tests.extend(ladder.iter().skip(1).map(|(bound, ..)| Test {
                bound: *bound,
                weight: 1_u64.checked_shl(rung_bit).unwrap_or_default(),
            }));
        }
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let used = self.used;
        for (_, program) in &mut self.expressions {
            // Unused inputs are left out, so those after them move up.
            program.renumber(|index| used.iter().take(index).filter(|used| **used).count());
        }
        let readings = self.readings.into_iter().zip(used).filter(|(_, used)| *used);
        Ok(ThresholdPolicy {
            settings,
            readings: readings.map(|(reading, _)| reading).collect(),
            actions: self.actions,
            reasons: self.reasons.0,
            rungs: ladder.iter().map(|(_, action, reason)| (*action, *reason)).collect(),
            rules: self.rules,
            expressions: self.expressions,
            limit,
            empty_key: self.empty_key,
        })
    }
}

/// Whether `name` can stand in an expression: CEL's identifiers, without its
/// literals and reserved words.
fn is_identifier(name: &str) -> bool {
    const RESERVED: &str = " true false null in as break const continue else for function if \
        import let loop package namespace return var void while ";
    let mut bytes = name.bytes();
    (bytes.next()).is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !RESERVED.contains(&format!(" {name} "))
}
