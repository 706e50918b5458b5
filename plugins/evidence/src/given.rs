//! The one value that a fact has, of all the facts that say it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use tollgate_sdk::gate::{Fact, FactValue};

use crate::instant::{AS_OF, Instant, RUN};
use crate::missing::says_nothing;
use crate::newest::keep_newest;

/// What facts come to, and which they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    /// The facts that it rests on, by their index.
    pub facts: Vec<u32>,
    /// What they come to.
    pub reading: Reading<T>,
}

/// What facts come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// There are none, or they say nothing; which.
    Missing(String),
    /// They cannot be judged; why.
    Doubtful(String),
    /// They say one thing.
    Sound(T),
}

impl<T> Given<T> {
    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match &self.reading {
            Reading::Sound(value) => Some(value),
            _ => None,
        }
    }
}

/// The facts that are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'s> {
    /// Whose.
    pub subject: &'s str,
    /// The name.
    pub name: &'s str,
    /// The labels that the facts have, all of them, whatever their order.
    pub labels: &'s [(&'s str, &'s str)],
}

impl<'s> Sought<'s> {
    /// A fact without labels.
    #[must_use]
    pub fn new(subject: &'s str, name: &'s str) -> Self {
        Self { subject, name, labels: &[] }
    }

    /// One with these labels.
    #[must_use]
    pub fn labelled(self, labels: &'s [(&'s str, &'s str)]) -> Self {
        Self { labels, ..self }
    }

    /// Whether this is one.
    #[must_use]
    pub fn is(&self, fact: &Fact) -> bool {
        let has = |(key, value): &(&str, &str)| {
            fact.labels.iter().any(|label| label.key == *key && label.value == *value)
        };
        fact.name == self.name
            && fact.subject == self.subject
            && fact.labels.len() == self.labels.len()
            && self.labels.iter().all(has)
    }

    /// The text of the facts, without blanks around it. One that says nothing
    /// (`unknown`) is missing.
    #[must_use]
    pub fn text<'a>(&self, facts: &'a [Fact]) -> Given<&'a str> {
        let mut given = self.any_text(facts);
        if let Some(text) = given.value().filter(|text| says_nothing(text)) {
            let said = if text.is_empty() { "blank".to_string() } else { format!("`{text}`") };
            given.reading = Reading::Missing(format!("{self} is missing: it is {said}"));
        }
        given
    }

    /// The text of the facts, without blanks around it, whatever it says: a stage
    /// may be `None`.
    #[must_use]
    pub fn any_text<'a>(&self, facts: &'a [Fact]) -> Given<&'a str> {
        self.read(facts, "text", |value| match value {
            FactValue::Text(text) => Some(text.trim()),
            _ => None,
        })
    }

    /// Whether the facts say true.
    #[must_use]
    pub fn boolean(&self, facts: &[Fact]) -> Given<bool> {
        self.read(facts, "true or false", |value| match value {
            FactValue::Boolean(value) => Some(*value),
            _ => None,
        })
    }

    /// The time that the facts say.
    #[must_use]
    pub fn instant(&self, facts: &[Fact]) -> Given<Instant> {
        let Given { facts, reading } = self.text(facts);
        let reading = match reading {
            Reading::Missing(reason) => Reading::Missing(reason),
            Reading::Doubtful(reason) => Reading::Doubtful(reason),
            Reading::Sound(text) => match Instant::parse(text) {
                Some(instant) => Reading::Sound(instant),
                None => Reading::Doubtful(format!(
                    "{self} is `{text}`, which is no time such as `2026-11-21T15:54:00Z`"
                )),
            },
        };
        Given { facts, reading }
    }

    /// The newest of the facts, whose copies must agree.
    fn read<'a, T: PartialEq>(
        &self,
        facts: &'a [Fact],
        wanted: &str,
        value: impl Fn(&'a FactValue) -> Option<T>,
    ) -> Given<T> {
        let mut copies: Vec<(u32, &Fact)> =
            (0u32..).zip(facts).filter(|(_, fact)| self.is(fact)).collect();
        let newest = match keep_newest(&mut copies) {
            Ok(newest) => newest.filter(|newest| newest.older > 0),
            Err(fact) => return self.doubtful(&copies, unreadable(fact)),
        };
        // The run's own time is nothing that is observed.
        let is_as_of = self.name == AS_OF && self.subject == RUN;
        if let (Some(newest), false) = (newest, is_as_of)
            && let Some(as_of) = as_of(facts).value()
            && newest.at > *as_of
        {
            let reason = format!(
                "the newest observation of {self} is of {}, which is after the time that this run \
                 judges as of",
                newest.text
            );
            return self.doubtful(&copies, reason);
        }
        let mut one: Option<(T, &Fact)> = None;
        for (_, fact) in &copies {
            let Some(value) = value(&fact.value) else {
                let reason = format!("{self} is {}, not {wanted}", kind(&fact.value));
                return self.doubtful(&copies, reason);
            };
            match &one {
                None => one = Some((value, fact)),
                Some((first, _)) if *first == value => {}
                Some((_, first)) => {
                    let reason = format!(
                        "{self} is given twice, as {} and as {}",
                        show(&first.value),
                        show(&fact.value)
                    );
                    return self.doubtful(&copies, reason);
                }
            }
        }
        let reading = match one {
            Some((value, _)) => Reading::Sound(value),
            None => Reading::Missing(format!("{self} is missing")),
        };
        Given { facts: indices(&copies), reading }
    }

    fn doubtful<T>(&self, copies: &[(u32, &Fact)], reason: String) -> Given<T> {
        Given { facts: indices(copies), reading: Reading::Doubtful(reason) }
    }
}

/// As of when the run judges.
#[must_use]
pub fn as_of(facts: &[Fact]) -> Given<Instant> {
    Sought::new(RUN, AS_OF).instant(facts)
}

/// That the time of a fact cannot be read.
#[must_use]
pub fn unreadable(fact: &Fact) -> String {
    format!(
        "`{}` of `{}` was observed at `{}`, which is no time such as `2026-11-21T15:54:00Z`",
        fact.name,
        fact.subject,
        fact.observed_at.as_deref().unwrap_or_default()
    )
}

/// What a value is.
#[must_use]
pub fn kind(value: &FactValue) -> &'static str {
    match value {
        FactValue::Boolean(_) => "true or false",
        FactValue::Integer(_) | FactValue::Number(_) => "a number",
        FactValue::Text(_) => "text",
        FactValue::Numbers(_) => "a list of numbers",
    }
}

/// A value as a report shows it.
#[must_use]
pub fn show(value: &FactValue) -> String {
    match value {
        FactValue::Boolean(value) => value.to_string(),
        FactValue::Integer(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(text) => format!("`{text}`"),
        FactValue::Numbers(_) => kind(value).to_string(),
    }
}

fn indices(copies: &[(u32, &Fact)]) -> Vec<u32> {
    copies.iter().map(|(index, _)| *index).collect()
}

/// `` `alias{alias=champion}` of `candidate` ``.
impl fmt::Display for Sought<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}", self.name)?;
        let mut before = "{";
        for (key, value) in self.labels {
            write!(out, "{before}{key}={value}")?;
            before = ",";
        }
        let after = if self.labels.is_empty() { "" } else { "}" };
        write!(out, "{after}` of `{}`", self.subject)
    }
}
