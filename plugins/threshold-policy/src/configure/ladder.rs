//! Thresholds.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Builder, MAX_THRESHOLDS, Rung};
use tollgate_sdk::nearest;

use crate::actions::is_name;
use crate::mistake::token;

impl Builder<'_> {
    pub(super) fn ladder(&mut self) -> Vec<Rung> {
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

    pub(super) fn check_ladder(&mut self, ladder: &[Rung]) {
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

    pub(super) fn name(&self, rung: Option<&Rung>) -> String {
        let action = rung.and_then(|(_, action, _)| self.actions.get(*action as usize));
        action.cloned().unwrap_or_default()
    }

    pub(super) fn threshold_reason(&mut self, action: &str) -> u32 {
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
}
