//! The actions and their order, mildest first.
//!
//! A document declares it under `actions`. Where it does not, the order is the
//! usual one ([`USUAL`]) when it knows every action that the document names,
//! and otherwise that of the thresholds, when they name every action.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::{Finding, nearest};

use crate::mistake::{fail, token};
use crate::settings::{Rule, Settings};

/// The actions whose order needs no declaration, mildest first.
pub const USUAL: [&str; 4] = ["allow", "extra_verification", "manual_review", "block"];

/// The action of velocity checks and strict countries when none is given.
pub const REVIEW: &str = "manual_review";

/// An action that the settings name, and where.
pub(crate) struct Named<'a> {
    pub(crate) action: &'a str,
    pub(crate) pointer: String,
}

/// Whether `name` can name an action or a reason: reasons are joined by `+`.
pub(crate) fn is_name(name: &str) -> bool {
    let rest = name.bytes();
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && rest.len() <= 64
        && (name.bytes())
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

/// The pointer of the rule at `index`.
pub(crate) fn rule_pointer(settings: &Settings, index: usize) -> String {
    if settings.rules.listed { format!("/rules/{index}") } else { "/rules".to_string() }
}

/// Every action that takes part in a decision.
pub(crate) fn named(settings: &Settings) -> Vec<Named<'_>> {
    let mut named: Vec<Named<'_>> = (settings.thresholds.iter())
        .map(|(action, _)| Named { action, pointer: format!("/thresholds/{}", token(action)) })
        .collect();
    for (index, rule) in settings.rules.entries.iter().enumerate() {
        let Rule { action, high_value_action, new_merchant_action, high_velocity_action, .. } =
            rule;
        let keys = [
            ("action", action),
            ("high_value_action", high_value_action),
            ("new_merchant_action", new_merchant_action),
            ("high_velocity_action", high_velocity_action),
        ];
        for (key, action) in keys {
            named.extend(action.iter().map(|action| Named {
                action,
                pointer: format!("{}/{key}", rule_pointer(settings, index)),
            }));
        }
    }
    let flags = &settings.flags;
    if flags.enable_velocity_checks
        && (settings.rules.entries.iter()).all(|rule| rule.high_velocity_action.is_none())
    {
        named.push(Named { action: REVIEW, pointer: "/flags/enable_velocity_checks".to_string() });
    }
    if flags.enable_geo_blocking {
        named.push(match &flags.strict_mode_action {
            Some(action) => Named { action, pointer: "/flags/strict_mode_action".to_string() },
            None => Named { action: REVIEW, pointer: "/flags/enable_geo_blocking".to_string() },
        });
    }
    named
}

/// The actions, mildest first, and what is wrong with them.
pub(crate) fn order(settings: &Settings, findings: &mut Vec<Finding>) -> Vec<String> {
    let named = named(settings);
    let actions = if settings.actions.is_empty() {
        derive(settings, &named, findings)
    } else {
        declared(settings, &named, findings)
    };
    for (index, action) in actions.iter().enumerate() {
        if !is_name(action) {
            let message = format!(
                "`{action}` cannot name an action, use lower-case letters, digits, `_` and `-`"
            );
            let place = (named.iter()).find(|named| named.action == action);
            let pointer = place.map_or(format!("/actions/{index}"), |named| named.pointer.clone());
            findings.push(fail("invalid-name", pointer, message).actual(action.clone()));
        }
    }
    actions
}

fn declared(settings: &Settings, named: &[Named<'_>], findings: &mut Vec<Finding>) -> Vec<String> {
    let actions = &settings.actions;
    for (index, action) in actions.iter().enumerate() {
        if actions.iter().take(index).any(|other| other == action) {
            let message = format!("the action `{action}` is declared twice");
            findings.push(fail("duplicate-action", format!("/actions/{index}"), message));
        }
    }
    for Named { action, pointer } in named {
        if !actions.iter().any(|other| other == action) {
            findings.push(unknown(action, pointer, actions));
        }
    }
    actions.clone()
}

fn unknown(action: &str, pointer: &str, actions: &[String]) -> Finding {
    let hint = match nearest(action, actions.iter().map(String::as_str)) {
        Some(other) => format!(", did you mean `{other}`?"),
        None => String::new(),
    };
    let message = format!("`{action}` is not one of the declared `actions`{hint}");
    fail("unknown-action", pointer, message).expected(actions.join(", ")).actual(action)
}

fn derive(settings: &Settings, named: &[Named<'_>], findings: &mut Vec<Finding>) -> Vec<String> {
    let is_usual = |action: &str| USUAL.contains(&action);
    if named.iter().all(|named| is_usual(named.action)) {
        let is_used = |usual: &str| named.iter().any(|named| named.action == usual);
        let used = USUAL.into_iter().filter(|usual| is_used(usual));
        return used.map(String::from).collect();
    }
    // The mildest has the lowest bound.
    let mut ladder: Vec<&(String, f64)> = Vec::new();
    for threshold in &settings.thresholds {
        let lower = ladder.iter().take_while(|(_, bound)| *bound <= threshold.1);
        ladder.insert(lower.count(), threshold);
    }
    let actions: Vec<String> = (ladder.into_iter()).map(|(action, _)| action.clone()).collect();
    for Named { action, pointer } in named {
        if actions.iter().any(|other| other == action) {
            continue;
        }
        let names = actions.iter().map(String::as_str).chain(USUAL);
        let hint = match nearest(action, names) {
            Some(other) => format!(", did you mean `{other}`?"),
            None => String::new(),
        };
        let message = format!(
            "how strict `{action}` is cannot be told, declare `actions`, mildest first{hint}"
        );
        findings.push(fail("unknown-action", pointer.as_str(), message).actual(*action));
    }
    actions
}
