//! From settings to a policy, with everything precomputed that a decision
//! does not need to compute.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::Finding;

use crate::actions::{self, REVIEW, fail, is_name, rule_pointer, token};
use crate::cel::{self, Variable};
use crate::inputs::{self, Reading, Test};
use crate::policy::{Consequence, Limit, Reasons, ThresholdPolicy};
use crate::settings::{Effect, Rule, Settings};
use crate::spelling::nearest;

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
pub(crate) fn build(settings: &Settings) -> Result<ThresholdPolicy, Vec<Finding>> {
    let mut findings = Vec::new();
    let actions = actions::order(settings, &mut findings);
    let mut builder = Builder {
        settings,
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
    builder.finish(&ladder, limit)
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

    fn ladder(&mut self) -> Vec<Rung> {
        let settings = self.settings;
        if settings.thresholds.is_empty() {
            self.fail("no-threshold", "/thresholds", "there is no threshold");
        }
        if settings.thresholds.len() > MAX_THRESHOLDS {
            let message = format!("there are more than {MAX_THRESHOLDS} thresholds");
            self.fail("too-many-thresholds", "/thresholds", message);
        }
        let mut ladder = Vec::new();
        for index in 0..self.actions.len() {
            let action = self.actions.get(index).cloned().unwrap_or_default();
            let threshold = settings.thresholds.iter().find(|(name, _)| *name == action);
            if let Some((_, bound)) = threshold {
                let reason = self.threshold_reason(&action);
                ladder.push((*bound, index as u32, reason));
            }
        }
        for (action, bound) in &settings.thresholds {
            if !(0.0..=1.0).contains(bound) {
                let pointer = format!("/thresholds/{}", token(action));
                let message = format!("the threshold of `{action}` must be from 0 to 1");
                self.fail("threshold-out-of-range", pointer, message);
            }
        }
        for (action, _) in &settings.reasons {
            if settings.thresholds.iter().all(|(name, _)| name != action) {
                let names = settings.thresholds.iter().map(|(name, _)| name.as_str());
                let hint = match nearest(action, names) {
                    Some(other) => format!(", did you mean `{other}`?"),
                    None => String::new(),
                };
                let pointer = format!("/reasons/{}", token(action));
                let message = format!("`{action}` has a reason but no threshold{hint}");
                self.fail("unknown-action", pointer, message);
            }
        }
        if ladder.len() == settings.thresholds.len() {
            self.check_ladder(&ladder);
        }
        ladder
    }

    fn check_ladder(&mut self, ladder: &[Rung]) {
        if let Some((lowest, ..)) = ladder.first()
            && *lowest != 0.0
        {
            let action = self.name(ladder.first());
            let pointer = format!("/thresholds/{}", token(&action));
            let message =
                format!("low scores have no action: the lowest threshold, `{action}`, must be 0");
            self.fail("uncovered-scores", pointer, message);
        }
        for (milder, stricter) in ladder.iter().zip(ladder.iter().skip(1)) {
            if milder.0 >= stricter.0 {
                let (milder, stricter) = (self.name(Some(milder)), self.name(Some(stricter)));
                let pointer = format!("/thresholds/{}", token(&milder));
                let message = format!(
                    "`{milder}` is milder than `{stricter}`, so its threshold must be lower"
                );
                self.fail("threshold-order", pointer, message);
            }
        }
    }

    fn name(&self, rung: Option<&Rung>) -> String {
        let action = rung.and_then(|(_, action, _)| self.actions.get(*action as usize));
        action.cloned().unwrap_or_default()
    }

    fn threshold_reason(&mut self, action: &str) -> u32 {
        let reasons = &self.settings.reasons;
        let declared = reasons.iter().find(|(name, _)| name == action);
        let reason = match (declared, action) {
            (Some((_, reason)), _) => {
                if !is_name(reason) {
                    let pointer = format!("/reasons/{}", token(action));
                    self.invalid_reason(reason, pointer);
                }
                Cow::Borrowed(reason.as_str())
            }
            (None, "block") => Cow::Borrowed("high_fraud_probability"),
            (None, "manual_review") => Cow::Borrowed("moderate_fraud_probability"),
            (None, "allow") => Cow::Borrowed("low_fraud_probability"),
            (None, action) => Cow::Owned(format!("score_reaches_{action}")),
        };
        self.reasons.index(&reason)
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

    /// The rule with the built-in keys, and its pointer.
    fn built_in(&self) -> Option<(usize, &Rule)> {
        let mut rules = self.settings.rules.entries.iter().enumerate();
        rules.find(|(_, rule)| rule.is_built_in())
    }

    fn built_in_rules(&mut self) {
        let settings = self.settings;
        let mut built_in = settings.rules.entries.iter().enumerate();
        let mut built_in = built_in.by_ref().filter(|(_, rule)| rule.is_built_in());
        let Some((index, rule)) = built_in.next() else {
            return;
        };
        for (index, _) in built_in {
            let message = "only one entry may hold the built-in keys".to_string();
            self.fail("duplicate-rule", rule_pointer(settings, index), message);
        }
        if rule.is_conditional() {
            let message = "a rule has either the built-in keys or `id`, `when` and `action`";
            self.fail("mixed-rule", rule_pointer(settings, index), message);
        }
        let pointer = rule_pointer(settings, index);
        let pairs = [
            (
                "high_value_threshold",
                rule.high_value_threshold,
                "high_value_action",
                &rule.high_value_action,
                rule.high_value_effect,
            ),
            (
                "new_merchant_lookback_days",
                rule.new_merchant_lookback_days,
                "new_merchant_action",
                &rule.new_merchant_action,
                rule.new_merchant_effect,
            ),
        ];
        for (number, bound, key, action, effect) in pairs {
            let is_high_value = number == "high_value_threshold";
            match (bound, action) {
                (Some(bound), Some(action)) => {
                    if bound < 0.0 || !is_high_value && bound == 0.0 {
                        let pointer = format!("{pointer}/{number}");
                        self.fail("out-of-range", pointer, "this number must be positive");
                    }
                    if is_high_value {
                        let bit = self.rule(action, effect, HIGH_VALUE);
                        self.holds_above(inputs::AMOUNT, bound, bit);
                    } else {
                        let bit = self.rule(action, effect, NEW_MERCHANT);
                        self.holds_below(inputs::MERCHANT_AGE_DAYS, bound, bit);
                    }
                }
                (None, None) if effect.is_none() => {}
                (bound, _) => {
                    let missing = if bound.is_none() { number } else { key };
                    let message = format!("`{number}` and `{key}` only work together");
                    self.fail("incomplete-rule", format!("{pointer}/{missing}"), message);
                }
            }
        }
    }

    fn strict_countries(&mut self) {
        let flags = &self.settings.flags;
        if !flags.enable_geo_blocking {
            return;
        }
        let pointer = "/flags/strict_mode_countries";
        if flags.strict_mode_countries.is_empty() {
            let message = "`enable_geo_blocking` is on, but no country is listed".to_string();
            self.fail("no-country", pointer, message);
        }
        for (index, country) in flags.strict_mode_countries.iter().enumerate() {
            if country.trim() != country || country.is_empty() {
                let message = "a country must be a text without blanks around it";
                self.fail("invalid-country", format!("{pointer}/{index}"), message);
            }
        }
        let action = flags.strict_mode_action.as_deref().unwrap_or(REVIEW);
        let bit = self.rule(action, flags.strict_mode_effect, STRICT_COUNTRY);
        let countries = flags.strict_mode_countries.clone();
        if let Some(reading) = self.reading(inputs::COUNTRY) {
            reading.listed = countries.into();
            reading.listed_weight = 1 << bit;
        }
    }

    fn velocity(&mut self) {
        let rule = self.built_in();
        let pointer = rule
            .map_or_else(|| "/rules".to_string(), |(index, _)| rule_pointer(self.settings, index));
        let rule = rule.map(|(_, rule)| rule.clone()).unwrap_or_default();
        if !self.settings.flags.enable_velocity_checks {
            return;
        }
        let most = rule.max_transactions_per_hour;
        let most = most.unwrap_or(DEFAULT_TRANSACTIONS_PER_HOUR);
        if most < 0.0 {
            let pointer = format!("{pointer}/max_transactions_per_hour");
            self.fail("out-of-range", pointer, "this number must not be negative");
        }
        let action = rule.high_velocity_action.as_deref().unwrap_or(REVIEW);
        let bit = self.rule(action, rule.high_velocity_effect, HIGH_VELOCITY);
        self.holds_above(inputs::TRANSACTIONS_LAST_HOUR, most, bit);
    }

    fn conditional_rules(&mut self) {
        let settings = self.settings;
        let entries = settings.rules.entries.iter().enumerate();
        let entries: Vec<_> = entries.filter(|(_, rule)| !rule.is_built_in()).collect();
        if entries.len() > MAX_RULES {
            let message = format!("there are more than {MAX_RULES} rules");
            self.fail("too-many-rules", "/rules", message);
            return;
        }
        for (index, rule) in entries {
            let pointer = rule_pointer(settings, index);
            if !settings.rules.listed && !rule.is_conditional() {
                // An empty map: no rules.
                continue;
            }
            let (Some(id), Some(when), Some(action)) = (&rule.id, &rule.when, &rule.action) else {
                let message = "a rule needs an `id`, a condition `when` and an `action`";
                self.fail("incomplete-rule", pointer, message);
                continue;
            };
            if !is_name(id) {
                self.invalid_reason(id, format!("{pointer}/id"));
            }
            let taken = BUILT_IN_REASONS.contains(&id.as_str())
                || self.reasons.0.iter().any(|reason| reason == id);
            if taken {
                let message = format!("the id `{id}` is already the reason of something else");
                self.fail("duplicate-rule", format!("{pointer}/id"), message);
            }
            let bit = self.rule(action, rule.effect, id);
            self.expression(when, bit, &pointer);
        }
    }

    fn expression(&mut self, when: &str, bit: u32, pointer: &str) {
        let variables: Vec<_> = (self.readings.iter())
            .map(|reading| Variable { name: &reading.name, kind: reading.expression_type() })
            .collect();
        match cel::compile(when, &variables) {
            Ok(program) => {
                program.variables().for_each(|index| self.uses(index));
                self.expressions.push((bit, program));
            }
            Err(refusal) => {
                let cel::Refusal { column, message } = refusal;
                let finding = fail(
                    "invalid-expression",
                    format!("{pointer}/when"),
                    format!("{message} (column {column})"),
                );
                self.findings.push(finding.expected(cel::SUPPORTED));
            }
        }
    }

    fn guardrails(&mut self) -> Option<Limit> {
        let guardrails = self.settings.guardrails.clone();
        let strictest = self.actions.last().cloned().unwrap_or_default();
        if let Some(hours) = guardrails.auto_unblock_after_hours {
            if hours <= 0.0 {
                let pointer = "/guardrails/auto_unblock_after_hours";
                self.fail("out-of-range", pointer, "this number must be positive");
            }
            let bit = self.rule(&strictest, None, BLOCK_IN_FORCE);
            self.holds_below(inputs::HOURS_SINCE_BLOCK, hours, bit);
        }
        let most = guardrails.max_daily_blocks_per_customer?;
        let pointer = "/guardrails/max_daily_blocks_per_customer";
        if most == 0 {
            self.fail("out-of-range", pointer, "this number must be at least 1");
        }
        let from = (self.actions.len() as u32).checked_sub(1)?;
        if from < 2 {
            let message = format!(
                "there is no action between the mildest and `{strictest}` that could replace it"
            );
            self.fail("no-milder-action", pointer, message);
            return None;
        }
        let weight = 1 << self.rules.len();
        let bound = f64::from(most);
        if let Some(reading) = self.reading(inputs::CUSTOMER_BLOCKS_TODAY) {
            reading.tests.push(Test { bound, weight });
        }
        Some(Limit { from, to: from - 1, reason: self.reasons.index(DAILY_BLOCK_LIMIT) })
    }

    fn finish(
        mut self,
        ladder: &[Rung],
        limit: Option<Limit>,
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
