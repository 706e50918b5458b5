//! Judges the name.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use gate_evidence::given::{Reading, Sought};
use gate_evidence::missing::OnMissing;
use tollgate_sdk::gate::{Fact, FactValue};
use tollgate_sdk::{Finding, Outcome};

use crate::listed::is_generic;
use crate::parts::{Parts, Says};
use crate::piece::is_separator;
use crate::settings::Settings;
use crate::style::Style;

const GIVEN: &str = "name-given";

/// How much of a name a message shows.
const SHOWN: usize = 100;

/// How often a suggestion is looked through again: what is left may come to say
/// something when what stood between is gone.
const ROUNDS: usize = 8;

/// Judges the name.
pub(crate) fn judge(facts: &[Fact], settings: &Settings) -> Vec<Finding> {
    let given = Sought::new(&settings.subject, "name").text(facts);
    let (outcome, reason) = match given.reading {
        Reading::Missing(reason) if settings.on_missing == OnMissing::Skip => {
            (Outcome::Warn, format!("skipped: {reason}"))
        }
        Reading::Missing(reason) => (settings.on_missing.outcome(), reason),
        Reading::Doubtful(reason) => (Outcome::Inconclusive, reason),
        Reading::Sound(name) => {
            // Blanks around a name are of the name.
            let first = given.facts.first().and_then(|index| facts.get(*index as usize));
            let name = match first.map(|fact| &fact.value) {
                Some(FactValue::Text(text)) => text,
                _ => name,
            };
            let mut findings = Named { name, settings }.judge();
            for finding in &mut findings {
                finding.facts.clone_from(&given.facts);
            }
            return findings;
        }
    };
    let mut finding = Finding::new(GIVEN, outcome, reason);
    finding.facts = given.facts;
    let mut findings = Vec::from([finding]);
    if outcome == Outcome::Warn {
        let message = "the name was skipped, so nothing was judged";
        findings.push(Finding::new("nothing-judged", Outcome::Inconclusive, message));
    }
    findings
}

/// A name, and what it must be like.
struct Named<'a> {
    name: &'a str,
    settings: &'a Settings,
}

impl Named<'_> {
    fn judge(&self) -> Vec<Finding> {
        let mut findings = Vec::from([self.letters()]);
        if self.strange().is_some() {
            // Words that cannot be told apart are not judged.
            return findings;
        }
        let refuse = &self.settings.refuse;
        let parts = refuse.parts(self.name);
        findings.extend(self.settings.style.map(|style| self.style(style)));
        for (is_asked, rule, says, what) in [
            (refuse.versions.is_some(), "name-version", Says::Version, "a version"),
            (refuse.dates, "name-date", Says::Date, "a date"),
            (refuse.algorithms.is_some(), "name-algorithm", Says::Algorithm, "an algorithm"),
            (refuse.people.is_some(), "name-person", Says::Person, "a person"),
        ] {
            if is_asked {
                findings.push(self.refused(rule, &parts.saying(says), what));
            }
        }
        if let Some(generic) = &refuse.generic {
            findings.push(self.generic(&parts, generic));
        }
        if !self.settings.patterns.is_empty() {
            findings.push(self.pattern());
        }
        findings.extend(self.settings.max_length.map(|most| self.length(most)));
        findings
    }

    /// The first letter that is in no name.
    fn strange(&self) -> Option<char> {
        self.name.chars().find(|letter| !letter.is_ascii_alphanumeric() && !is_separator(*letter))
    }

    fn letters(&self) -> Finding {
        let is_lettered = self.name.contains(|letter: char| letter.is_ascii_alphabetic());
        let (holds, message) = match self.strange() {
            Some(letter) => {
                (false, format!("`{}` has `{}` in it", self.shown(), letter.escape_debug()))
            }
            None if is_lettered => (true, format!("`{}` is made of ASCII letters", self.shown())),
            None => (false, format!("`{}` has no letter in it", self.shown())),
        };
        // Of letters that only look like ASCII nobody knows which was meant.
        let suggestion = if self.name.is_ascii() { self.suggestion() } else { None };
        let expected = suggestion.map_or_else(
            || "ASCII letters, digits, `_`, `-` and `.` only".to_string(),
            |name| format!("`{}`", cut(&name)),
        );
        self.told("name-letters", holds, message, expected)
    }

    fn style(&self, style: Style) -> Finding {
        let holds = style.is_kept(self.name);
        let is = if holds { "is" } else { "is not" };
        let message = format!("`{}` {is} in {}", self.shown(), style.name());
        self.told("name-style", holds, message, self.advice())
    }

    fn refused(&self, rule: &str, parts: &[&str], what: &str) -> Finding {
        let message = if parts.is_empty() {
            format!("`{}` does not say {what}", self.shown())
        } else {
            let parts: Vec<String> = parts.iter().map(|part| format!("`{}`", cut(part))).collect();
            let named = parts.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            format!("`{}` says {what}: {named}", self.shown())
        };
        self.told(rule, parts.is_empty(), message, self.advice())
    }

    fn generic(&self, parts: &Parts<'_>, generic: &[String]) -> Finding {
        let holds = !is_generic(&parts.left(), generic);
        let message = if holds {
            format!("`{}` says what the model is for", self.shown())
        } else {
            format!("`{}` does not say what the model is for: its words fit any", self.shown())
        };
        self.told("name-generic", holds, message, self.advice())
    }

    fn pattern(&self) -> Finding {
        let patterns = &self.settings.patterns;
        let list = |texts: Vec<String>| texts.join(" or ");
        let names = list(patterns.iter().map(|it| format!("`{}`", it.text)).collect());
        let (holds, message) = match patterns.iter().find(|it| it.fits(self.name)) {
            Some(fitting) => (true, format!("`{}` fits `{}`", self.shown(), fitting.text)),
            None => (false, format!("`{}` does not fit {names}", self.shown())),
        };
        let legends = patterns.iter().map(|it| format!("`{}`{}", it.text, it.legend()));
        self.told("name-pattern", holds, message, list(legends.collect()))
    }

    fn length(&self, most: usize) -> Finding {
        let length = self.name.chars().count();
        let message =
            format!("`{}` has {length} characters, and {most} are the most", self.shown());
        self.told("name-length", length <= most, message, format!("{most} characters at most"))
    }

    fn told(&self, rule: &str, holds: bool, message: String, expected: String) -> Finding {
        if holds {
            return Finding::new(rule, Outcome::Pass, message);
        }
        Finding::new(rule, self.settings.severity, message)
            .expected(expected)
            .actual(cut(self.name))
    }

    /// The name that this one could be, or what a name should say.
    fn advice(&self) -> String {
        self.suggestion().map_or_else(
            || {
                let style = self.settings.style.unwrap_or(Style::Snake);
                format!("a name that says what the model is for, as `{}` does", style.example())
            },
            |name| format!("`{}`", cut(&name)),
        )
    }

    /// The name without what it must not say, in the style that it must have.
    /// `None` where nothing is left that says what the model is for.
    fn suggestion(&self) -> Option<String> {
        let mut name: String = self.name.replace('\'', "");
        name = name.replace(|it: char| !it.is_ascii_alphanumeric() && !is_separator(it), "_");
        let style = self.settings.style.unwrap_or_else(|| Style::of(&name));
        let shouts = !name.contains(|letter: char| letter.is_ascii_lowercase());
        for _ in 0..ROUNDS {
            let words = self.settings.refuse.parts(&name).left();
            let generic = self.settings.refuse.generic.as_deref().unwrap_or_default();
            if is_generic(&words, generic) {
                return None;
            }
            let next = style.join(&words, shouts);
            if next == name {
                return Some(name);
            }
            name = next;
        }
        None
    }

    fn shown(&self) -> String {
        cut(self.name)
    }
}

/// A text that a message has room for.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}
