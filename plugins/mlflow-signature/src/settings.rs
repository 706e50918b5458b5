//! The settings that only this plugin has; `settings.schema.json` describes all.

use mlflow_plugin::Seen;
use mlflow_schema::py::{Instant, Py, instant};
use tollgate_sdk::settings::{Mistakes, Object};

/// How payloads are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judging {
    /// How strictly the signature is enforced.
    pub(crate) mode: Mode,
    /// How payloads are written.
    pub(crate) form: Form,
    /// The day (since 1970) that a time without a date is taken for.
    pub(crate) today: Option<i64>,
}

/// How strictly a signature is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Whatever MLflow would silently change is refused too.
    #[default]
    Strict,
    /// MLflow's own verdict.
    Mlflow,
}

/// How payloads are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the scoring server has them: the body of a request, or of its
    /// answer.
    #[default]
    Request,
    /// What a program hands to `predict` itself, in the typed notation.
    Data,
}

pub(crate) const KEYS: [&str; 3] = ["mode", "form", "today"];

pub(crate) fn read(map: &Object<Seen<'_>>, mistakes: &mut Mistakes) -> Judging {
    let mode = [("strict", Mode::Strict), ("mlflow", Mode::Mlflow)];
    let form = [("request", Form::Request), ("data", Form::Data)];
    Judging {
        mode: map.choice("mode", &mode, mistakes).unwrap_or_default(),
        form: map.choice("form", &form, mistakes).unwrap_or_default(),
        today: map.get("today").and_then(|Seen(given)| today(given, mistakes)),
    }
}

fn today(given: &Py<'_>, mistakes: &mut Mistakes) -> Option<i64> {
    let day = match given {
        Py::None => return None,
        Py::Str(text) => instant(text),
        _ => None,
    };
    if let Some(Instant::Day(days)) = day {
        return Some(days as i64);
    }
    mistakes.add("/today", "`today` must be a date such as `2026-01-31`");
    None
}
