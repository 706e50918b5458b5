//! Forms that a field's text may have to have.

use gate_evidence::decimal::Decimal;
use gate_evidence::window::Window;

use crate::moment;
use crate::semantic;
use crate::sla::Sla;
use crate::value::Value;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Form {
    Boolean,
    Commit,
    Date,
    Duration,
    Email,
    Number,
    Semver,
    Sla,
    Text,
    Url,
}

/// Whether a value has a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It has.
    Fits,
    /// It has not.
    Misfit,
    /// It is no value of a kind that could.
    OtherKind,
}

impl Fit {
    fn of(fits: bool) -> Self {
        if fits { Self::Fits } else { Self::Misfit }
    }
}

/// The digits of a commit's shortest abbreviation, and of its SHA-256.
const COMMIT: core::ops::RangeInclusive<usize> = 7..=64;

impl Form {
    /// All, by their names in the settings.
    pub(crate) const CHOICES: [(&str, Self); 10] = [
        ("boolean", Self::Boolean),
        ("commit", Self::Commit),
        ("date", Self::Date),
        ("duration", Self::Duration),
        ("email", Self::Email),
        ("number", Self::Number),
        ("semver", Self::Semver),
        ("sla", Self::Sla),
        ("text", Self::Text),
        ("url", Self::Url),
    ];

    /// What has this form.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Commit => "a commit, 7 to 64 hexadecimal digits that are not all 0",
            Self::Date => "a date such as `2026-11-21` or `2026-11-21T15:54:00Z`",
            Self::Duration => "a length of time such as `45m` or `1h30m`",
            Self::Email => "an address such as `team@example.com`",
            Self::Number => "a number",
            Self::Semver => "a semantic version such as `2.1.0`",
            Self::Sla => "a latency that is promised, such as `p99_50ms`",
            Self::Text => "text",
            Self::Url => "a URL such as `https://example.com/churn`",
        }
    }

    /// Whether a value has it.
    pub(crate) fn fits(self, value: &Value<'_>) -> Fit {
        let text = match (self, value) {
            (Self::Boolean, Value::Boolean(_)) | (Self::Number, Value::Number(..)) => {
                return Fit::Fits;
            }
            (_, Value::Text(text)) => *text,
            _ => return Fit::OtherKind,
        };
        Fit::of(match self {
            Self::Boolean => truth(text).is_some(),
            Self::Commit => is_commit(text),
            Self::Date => moment::parse(text).is_some(),
            Self::Duration => Window::parse(text).is_some(),
            Self::Email => is_email(text),
            Self::Number => Decimal::parse(text).is_some(),
            Self::Semver => semantic::parse(text).is_some(),
            Self::Sla => Sla::parse(text).is_some(),
            Self::Text => true,
            Self::Url => is_url(text),
        })
    }
}

/// True or false, as a text says it: Python writes `True`.
pub(crate) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Git's null commit, all 0, says that there is none.
fn is_commit(text: &str) -> bool {
    COMMIT.contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_hexdigit())
        && text.bytes().any(|letter| letter != b'0')
}

/// One `@` between a name and a domain of two parts or more. Whether mail
/// arrives nobody can read off an address.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    !name.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|part| !part.is_empty())
        && !domain.contains('@')
        && !text.contains(char::is_whitespace)
}

/// A scheme of RFC 3986, `://`, and something that is no white space.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
        && !rest.starts_with('/')
        && !rest.is_empty()
        && !rest.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_forms_that_they_claim() {
        for (form, yes, no) in [
            (Form::Boolean, &["true", "False", "TRUE"][..], &["yes", "1", "t", ""][..]),
            (
                Form::Commit,
                &["ab12cd3", "AB12CD3EF45", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
                &["ab12cd", "main", "0000000", "ab12cd3-dirty", "g123456", ""],
            ),
            (Form::Date, &["2026-11-21", "2026-11-21T15:54:00Z"], &["2026-02-30", "today"]),
            (Form::Duration, &["45m", "1h30m", "14d"], &["45", "45 min", "0s", ""]),
            (
                Form::Email,
                &["ml-lead@company.com", "a+b@c.d.e"],
                &["@meera", "meera@", "meera", "a@b", "a@b@c.d", "a b@c.d", "a@.d", "a@c."],
            ),
            (Form::Number, &["45.3", "-1", "1e6"], &["1_000_000", "1,5", "many", "NaN", "inf", ""]),
            (
                Form::Semver,
                &["2.1.0", "v2.1.0", "1.0.0-rc.1+7"],
                &["2.1", "2", "vv1.0.0", "latest"],
            ),
            (Form::Sla, &["p99_50ms"], &["50ms"]),
            (Form::Text, &["x", "5"], &[]),
            (
                Form::Url,
                &["https://example.com", "s3://data/training/2024-10-01", "models://x"],
                &["example.com", "https://", "https:///x", "https://a b", "://x", "3s://x", "/srv"],
            ),
        ] {
            for text in yes {
                assert_eq!(form.fits(&Value::Text(text)), Fit::Fits, "{form:?} {text}");
            }
            for text in no {
                assert_eq!(form.fits(&Value::Text(text)), Fit::Misfit, "{form:?} {text}");
            }
        }
    }

    #[test]
    fn other_kinds_have_no_form_of_text() {
        for (_, form) in Form::CHOICES {
            let boolean = if form == Form::Boolean { Fit::Fits } else { Fit::OtherKind };
            assert_eq!(form.fits(&Value::Boolean(true)), boolean, "{form:?}");
            let number = if form == Form::Number { Fit::Fits } else { Fit::OtherKind };
            assert_eq!(form.fits(&Value::Number(Decimal::ZERO, None)), number, "{form:?}");
        }
    }
}
