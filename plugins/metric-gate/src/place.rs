//! Where a rule looks for evidence, and what that is called.

use alloc::format;
use alloc::string::{String, ToString as _};

use crate::rule::{Check, MetricName};
use crate::settings::CANDIDATE;
use crate::slice::{self, Braces, Labels, Slice};
use crate::split;
use crate::window::{self, Window};

/// A place where evidence is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What looks.
    pub check: &'a Check,
    /// The metric that is looked for: the check's own, or the one that it is
    /// compared with.
    pub metric: &'a MetricName,
    /// Whose.
    pub subject: &'a str,
    /// The slice.
    pub slice: &'a Slice<'a>,
    /// Whether sentences are wanted. Of 100,000 slices most are only counted,
    /// and memory that a plugin has used up in a call is gone until its end.
    pub says: bool,
}

impl Place<'_> {
    /// A sentence, where one is wanted.
    pub(crate) fn say(&self, sentence: impl FnOnce() -> String) -> String {
        if self.says { sentence() } else { String::new() }
    }

    /// The metric and slice as the rule asks for them: `auc{group=female}`.
    #[must_use]
    pub(crate) fn sought(&self) -> String {
        let window = self.check.window.map(|window| window.length);
        name(&self.metric.name, &self.slice.labels, self.metric.split.as_deref(), window)
    }

    /// The metric and slice as they were found, and whose they are unless the
    /// candidate's.
    #[must_use]
    pub(crate) fn found(&self, split: Option<&str>, window: Option<Window>) -> String {
        let name = name(&self.metric.name, &self.slice.labels, split, window);
        if self.subject == CANDIDATE { name } else { format!("{name} of {}", self.subject) }
    }
}

fn name(
    metric: &str,
    labels: &[(&str, &str)],
    split: Option<&str>,
    window: Option<Window>,
) -> String {
    let window = window.map(|window| window.to_string());
    let mut labels: Labels<'_> = labels.to_vec();
    if let Some(window) = &window {
        slice::insert(&mut labels, (window::LABEL, window));
    }
    if let Some(split) = split {
        slice::insert(&mut labels, (split::LABEL, split));
    }
    format!("{metric}{}", Braces(&labels))
}
