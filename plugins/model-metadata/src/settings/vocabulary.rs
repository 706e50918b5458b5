//! The settings `aliases` and `says_nothing`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

use tollgate_sdk::settings::{self, Mistakes};

use super::Object;
use super::field::read_name;
use crate::name::Name;
use crate::vocabulary::Vocabulary;

/// Reads what names and texts mean.
pub(super) fn read(object: &Object<'_>, mistakes: &mut Mistakes) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    let Some(aliases) = object.map("aliases", mistakes) else {
        return with_silent(vocabulary, object, mistakes);
    };
    let fields: Vec<&str> = aliases.entries().map(|(field, _)| field).collect();
    for field in &fields {
        let Some(name) = read_name(field, &aliases.at(field), mistakes) else { continue };
        let mut others: Vec<Name> = Vec::new();
        for (pointer, item) in aliases.items(field, mistakes) {
            let Some(text) = settings::text(item, &pointer, mistakes) else { continue };
            let Some(alias) = read_name(text, &pointer, mistakes) else { continue };
            let of_other = vocabulary.aliases.iter().find(|(_, names)| names.contains(&alias));
            let taken = if fields.contains(&text) {
                Some(text.to_owned())
            } else {
                of_other.map(|(field, _)| format!("{field}"))
            };
            if let Some(taken) =
                taken.or_else(|| others.contains(&alias).then(|| format!("{name}")))
            {
                mistakes.add(&pointer, format!("`{text}` means `{taken}` already"));
            }
            others.push(alias);
        }
        vocabulary.aliases.push((name, others));
    }
    with_silent(vocabulary, object, mistakes)
}

fn with_silent(
    mut vocabulary: Vocabulary,
    object: &Object<'_>,
    mistakes: &mut Mistakes,
) -> Vocabulary {
    for (pointer, item) in object.items("says_nothing", mistakes) {
        vocabulary.silent.extend(settings::text(item, &pointer, mistakes).map(ToOwned::to_owned));
    }
    vocabulary
}
