//! Columns that are gone, one of which may have another name now.

use std::collections::HashMap;

use tollgate::document::suggestion::{closest, plain};

use crate::schema::Column;

/// So many pairs of names are compared letter by letter. Where there are more,
/// as many columns went as came, and only case and punctuation tell.
const PAIRS: usize = 250_000;

/// Columns of the old signature that the new one lacks.
pub(super) struct Gone<'c> {
    /// In the order of the old signature; none where one was found again.
    columns: Vec<Option<(usize, &'c Column)>>,
    left: usize,
    /// How many columns are new.
    added: usize,
    /// Where the columns of a plain name stand, where there are too many to be
    /// compared.
    plain: Option<HashMap<String, Vec<usize>>>,
}

impl<'c> Gone<'c> {
    pub(super) fn new(columns: impl Iterator<Item = (usize, &'c Column)>, added: usize) -> Self {
        let columns: Vec<_> = columns.map(Some).collect();
        let many = columns.len().saturating_mul(added) > PAIRS;
        let plain = many.then(|| {
            let mut known: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, (_, column)) in columns.iter().flatten().enumerate() {
                known.entry(plain(&column.name)).or_default().push(place);
            }
            known
        });
        Self { left: columns.len(), columns, added, plain }
    }

    /// Takes the column that has become this new one: one of the same type
    /// whose name is near, or that stood here and is the only one.
    pub(super) fn take(&mut self, column: &Column, at: usize) -> Option<&'c Column> {
        let place = match &mut self.plain {
            Some(known) => {
                let places = known.get_mut(&plain(&column.name))?;
                let alike = |place: &usize| {
                    let before = self.columns.get(*place).copied().flatten();
                    before.is_some_and(|(_, before)| before.kind == column.kind)
                };
                // Each column is looked at by its namesakes only, and by few.
                const NAMESAKES: usize = 8;
                let place = places.iter().take(NAMESAKES).position(alike)?;
                places.remove(place)
            }
            None => self.near(column, at)?,
        };
        let (_, before) = self.columns.get_mut(place)?.take()?;
        self.left -= 1;
        Some(before)
    }

    fn near(&self, column: &Column, at: usize) -> Option<usize> {
        let alike = |before: &Column| before.kind == column.kind;
        let left = || self.columns.iter().flatten().map(|(_, before)| *before);
        let names = left().filter(|before| alike(before)).map(|before| before.name.as_str());
        if let Some(name) = closest(&column.name, names) {
            let is = |gone: &Option<(usize, &Column)>| {
                gone.is_some_and(|(_, before)| before.name == name)
            };
            return self.columns.iter().position(is);
        }
        let stood_here = |gone: &Option<(usize, &Column)>| {
            gone.is_some_and(|(place, before)| place == at && alike(before))
        };
        if self.left == 1 && self.added == 1 {
            return self.columns.iter().position(stood_here);
        }
        None
    }

    /// Those that were not found again.
    pub(super) fn rest(self) -> impl Iterator<Item = (usize, &'c Column)> {
        self.columns.into_iter().flatten()
    }
}
