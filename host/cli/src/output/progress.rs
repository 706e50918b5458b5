//! How far long work is.

use indicatif::{ProgressBar, ProgressStyle};

/// How many of `unit` so far; nothing where standard error is no terminal.
pub(crate) fn progress(unit: &str) -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    let template = format!("{{spinner}} {{human_pos}} {unit}, {{per_sec}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        progress.set_style(style);
    }
    progress
}
