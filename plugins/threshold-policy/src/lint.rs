//! What is allowed in the settings but deserves a look.

mod paths;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::{Finding, Outcome};

use crate::actions::{self, rule_pointer};
use crate::inputs::folded;
use crate::mistake::token;
use crate::policy::ThresholdPolicy;
use crate::settings::{Effect, Settings};

/// Warnings about settings that `configure` accepts: rules that can make an
/// action milder, that can never change one, whose condition always or never
/// holds or is another's; entries that are given twice; inputs that nothing
/// reads, and actions that nothing takes or no case comes to.
pub(crate) fn lint(policy: &ThresholdPolicy) -> Vec<Finding> {
    let (settings, order) = (&*policy.settings, &policy.actions);
    let mut warnings = Vec::new();
    softening(settings, order, &mut warnings);
    twice(settings, &mut warnings);
    paths::check(policy, &mut warnings);
    unused(settings, order, &mut warnings);
    warnings
}

fn warn(rule: &str, pointer: String, message: String) -> Finding {
    Finding::new(rule, Outcome::Warn, message).at(pointer)
}

/// Rules by what they may do to the action.
fn softening(settings: &Settings, order: &[String], warnings: &mut Vec<Finding>) {
    let mut check = |action: Option<&str>, effect: Option<Effect>, place: String, key: &str| {
        let Some(action) = action else { return };
        let mildest = order.first().is_some_and(|first| first == action);
        let strictest = order.last().is_some_and(|last| last == action);
        if effect == Some(Effect::Set) && !strictest {
            let message =
                format!("with `effect: set` this rule turns a stricter action into `{action}`");
            warnings.push(warn("rule-softens", format!("{place}/{key}"), message));
        } else if effect != Some(Effect::Set) && mildest {
            let message = format!("`{action}` is the mildest action, so this rule changes none");
            warnings.push(warn("rule-without-effect", format!("{place}/{key}"), message));
        }
    };
    for (index, rule) in settings.rules.entries.iter().enumerate() {
        let place = || rule_pointer(settings, index);
        let velocity = rule.high_velocity_action.as_deref();
        let velocity = velocity.or(rule.high_velocity_effect.map(|_| actions::REVIEW));
        let [high, new] = [&rule.high_value_action, &rule.new_merchant_action];
        check(rule.action.as_deref(), rule.effect, place(), "effect");
        check(high.as_deref(), rule.high_value_effect, place(), "high_value_effect");
        check(new.as_deref(), rule.new_merchant_effect, place(), "new_merchant_effect");
        check(velocity, rule.high_velocity_effect, place(), "high_velocity_effect");
    }
    let flags = &settings.flags;
    if flags.enable_geo_blocking {
        let action = flags.strict_mode_action.as_deref().unwrap_or(actions::REVIEW);
        let place = String::from("/flags");
        check(Some(action), flags.strict_mode_effect, place, "strict_mode_effect");
    }
}

/// What is given twice.
fn twice(settings: &Settings, warnings: &mut Vec<Finding>) {
    let mut countries: BTreeMap<String, &str> = BTreeMap::new();
    for (index, country) in settings.flags.strict_mode_countries.iter().enumerate() {
        let key: String = folded(country).collect();
        if let Some(first) = countries.get(&key) {
            let message = match *first == country {
                true => format!("`{country}` is listed twice"),
                false => format!("`{country}` is listed already, as `{first}`"),
            };
            let pointer = format!("/flags/strict_mode_countries/{index}");
            warnings.push(warn("duplicate-country", pointer, message));
        } else {
            countries.insert(key, country);
        }
    }
    let mut reasons: BTreeMap<&str, &str> = BTreeMap::new();
    for (action, reason) in &settings.reasons {
        if let Some(first) = reasons.insert(reason, action) {
            let message = format!("`{reason}` is the reason of `{first}` already");
            warnings.push(warn("same-reason", format!("/reasons/{}", token(action)), message));
        }
    }
}

fn unused(settings: &Settings, order: &[String], warnings: &mut Vec<Finding>) {
    let named = actions::named(settings);
    let strictest = order.len().saturating_sub(1);
    for (index, action) in order.iter().enumerate() {
        // Guardrails take the two strictest.
        let guarded = settings.guardrails.auto_unblock_after_hours.is_some() && index == strictest
            || settings.guardrails.max_daily_blocks_per_customer.is_some()
                && index + 1 == strictest;
        if !guarded && named.iter().all(|named| named.action != action) {
            let message = format!("nothing takes the action `{action}`");
            warnings.push(warn("unused-action", format!("/actions/{index}"), message));
        }
    }
    for (name, _) in &settings.inputs {
        let read = (settings.rules.entries.iter())
            .filter_map(|rule| rule.when.as_deref())
            .any(|when| mentions(when, name));
        if !read {
            let message = format!("no rule reads the input `{name}`");
            warnings.push(warn("unused-input", format!("/inputs/{}", token(name)), message));
        }
    }
}

/// Whether `name` stands in `text` as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|part: char| !part.is_ascii_alphanumeric() && part != '_').any(|word| word == name)
}
