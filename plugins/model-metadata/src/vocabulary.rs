//! What names and texts mean, as the settings say.

use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::missing::says_nothing;

use crate::name::Name;

/// What names and texts mean.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Fields, each with the other names that it may have.
    pub aliases: Vec<(Name, Vec<Name>)>,
    /// Texts that say nothing either: what tools of the house write by default.
    pub silent: Vec<String>,
}

impl Vocabulary {
    /// The names of the field that has this one, this one first.
    pub(crate) fn names<'a>(&'a self, name: &'a Name) -> Vec<&'a Name> {
        let mut names = alloc::vec![name];
        let field =
            self.aliases.iter().find(|(field, aliases)| field == name || aliases.contains(name));
        if let Some((field, aliases)) = field {
            let others = core::iter::once(field).chain(aliases).filter(|other| *other != name);
            names.extend(others);
        }
        names
    }

    /// Whether a text says nothing.
    pub(crate) fn is_silent(&self, text: &str) -> bool {
        says_nothing(text)
            || self.silent.iter().any(|silent| silent.trim().eq_ignore_ascii_case(text.trim()))
    }
}
