//! Rules, flags and guardrails, in the order in which they apply.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::{
    BLOCK_IN_FORCE, BUILT_IN_REASONS, Builder, DAILY_BLOCK_LIMIT, DEFAULT_TRANSACTIONS_PER_HOUR,
    HIGH_VALUE, HIGH_VELOCITY, MAX_RULES, NEW_MERCHANT, STRICT_COUNTRY,
};
use crate::actions::{REVIEW, is_name, rule_pointer};
use crate::cel::{self, Variable};
use crate::inputs::{self, Test, folded, is_code};
use crate::mistake::fail;
use crate::policy::Limit;
use crate::settings::Rule;

impl Builder<'_> {
    /// The rule with the built-in keys, and its pointer.
    pub(super) fn built_in(&self) -> Option<(usize, &Rule)> {
        let mut rules = self.settings.rules.entries.iter().enumerate();
        rules.find(|(_, rule)| rule.is_built_in())
    }

    pub(super) fn built_in_rules(&mut self) {
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

    pub(super) fn strict_countries(&mut self) {
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
            if country.trim().is_empty() {
                let message = "a country must not be blank, give its two-letter code";
                self.fail("invalid-country", format!("{pointer}/{index}"), message);
            }
        }
        let action = flags.strict_mode_action.as_deref().unwrap_or(REVIEW);
        let bit = self.rule(action, flags.strict_mode_effect, STRICT_COUNTRY);
        let countries: Vec<_> =
            flags.strict_mode_countries.iter().map(|country| folded(country).collect()).collect();
        if let Some(reading) = self.reading(inputs::COUNTRY) {
            reading.codes = flags.strict_mode_countries.iter().all(|country| is_code(country));
            reading.listed = countries.into();
            reading.listed_weight = 1 << bit;
        }
    }

    pub(super) fn velocity(&mut self) {
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

    pub(super) fn conditional_rules(&mut self) {
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

    pub(super) fn expression(&mut self, when: &str, bit: u32, pointer: &str) {
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

    pub(super) fn guardrails(&mut self) -> Option<Limit> {
        let guardrails = self.settings.guardrails.clone();
        let strictest = self.actions.last().cloned().unwrap_or_default();
        let mut in_force = 0;
        if let Some(hours) = guardrails.auto_unblock_after_hours {
            if hours <= 0.0 {
                let pointer = "/guardrails/auto_unblock_after_hours";
                self.fail("out-of-range", pointer, "this number must be positive");
            }
            let bit = self.rule(&strictest, None, BLOCK_IN_FORCE);
            self.holds_below(inputs::HOURS_SINCE_BLOCK, hours, bit);
            in_force = 1 << bit;
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
        let reason = self.reasons.index(DAILY_BLOCK_LIMIT);
        Some(Limit { from, to: from - 1, reason, in_force })
    }
}
