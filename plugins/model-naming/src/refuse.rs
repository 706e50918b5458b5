//! What names must not say.

use alloc::string::String;
use alloc::vec::Vec;

use crate::parts::{Parts, Says};
use crate::{date, listed, version};

/// What is looked for.
#[derive(Debug, Default)]
pub(crate) struct Refuse {
    /// Versions, and the words that are one at the end.
    pub versions: Option<Vec<String>>,
    /// Dates.
    pub dates: bool,
    /// Algorithms.
    pub algorithms: Option<Vec<String>>,
    /// Words that say nothing by themselves.
    pub generic: Option<Vec<String>>,
    /// People.
    pub people: Option<Vec<String>>,
}

impl Refuse {
    /// The name, taken apart.
    pub(crate) fn parts<'a>(&self, name: &'a str) -> Parts<'a> {
        let mut parts = Parts::new(name);
        // `v2024` is a version before it is a date.
        if self.versions.is_some() {
            version::mark(&mut parts);
        }
        if self.dates {
            date::mark(&mut parts);
        }
        if let Some(algorithms) = &self.algorithms {
            listed::mark(&mut parts, algorithms, Says::Algorithm);
        }
        if let Some(people) = &self.people {
            listed::mark(&mut parts, people, Says::Person);
        }
        if let Some(marks) = &self.versions {
            listed::mark_last(&mut parts, marks, self.generic.as_deref().unwrap_or_default());
        }
        parts
    }
}
