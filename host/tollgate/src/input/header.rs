//! Where the columns of a file are that a policy reads.

use std::collections::HashMap;

use super::RowsError;
use super::plan::{Place, Plan};
use crate::document::suggestion::closest;

/// Where in a row everything is.
#[derive(Debug)]
pub(super) struct Header {
    /// For each input the index of its column.
    pub(super) wanted: Vec<Option<usize>>,
    /// What counters are kept by.
    pub(super) key: Option<usize>,
    /// Columns that are not read although they have an input's name.
    pub(super) shadows: Vec<(usize, u32)>,
    /// How many columns there are.
    pub(super) count: usize,
}

/// So many columns are looked at for one that was probably meant.
const NEAR: usize = 1000;

impl Header {
    /// Finds the columns that the plan wants among `names`.
    pub(super) fn new<'h>(
        names: impl Iterator<Item = &'h str> + Clone,
        plan: &Plan,
    ) -> Result<Self, RowsError> {
        // Where each name is that anybody asks for, and whether it is there
        // again.
        let mut places: HashMap<&str, (Option<usize>, bool)> = HashMap::new();
        for wanted in &plan.wanted {
            if let Place::Body { column, .. } = &wanted.place {
                places.insert(column, (None, false));
            }
        }
        places.extend(plan.key.iter().map(|key| (key.as_str(), (None, false))));
        places.extend(plan.shadows.iter().map(|shadow| (shadow.name.as_str(), (None, false))));
        let mut is_blank = true;
        let mut count = 0;
        for (index, name) in names.clone().enumerate() {
            count = index + 1;
            is_blank &= name.is_empty();
            match places.get_mut(name) {
                Some((place @ None, _)) => *place = Some(index),
                Some((Some(_), again)) => *again = true,
                None => {}
            }
        }
        if is_blank {
            return Err(RowsError::NoHeader);
        }
        let place = |name: &str| match places.get(name) {
            Some((_, true)) => Err(RowsError::DuplicateColumn(name.to_owned())),
            Some((place, false)) => Ok(*place),
            None => Ok(None),
        };
        let meant = |name: &str| closest(name, names.clone().take(NEAR)).map(str::to_owned);
        let mut wanted = Vec::with_capacity(plan.wanted.len());
        for input in &plan.wanted {
            let Place::Body { column, .. } = &input.place else {
                wanted.push(None);
                continue;
            };
            let index = place(column)?;
            if index.is_none() && input.required && input.default.is_none() {
                let (column, input) = (column.clone(), input.name.clone());
                return Err(RowsError::NoColumn { meant: meant(&column), column, input });
            }
            wanted.push(index);
        }
        let key = match &plan.key {
            None => None,
            Some(column) => Some(place(column)?.ok_or_else(|| RowsError::NoKeyColumn {
                column: column.clone(),
                meant: meant(column),
            })?),
        };
        let mut shadows = Vec::new();
        for (number, shadow) in (0_u32..).zip(&plan.shadows) {
            let found = places.get(shadow.name.as_str()).and_then(|(place, _)| *place);
            shadows.extend(found.map(|place| (place, number)));
        }
        Ok(Self { wanted, key, shadows, count })
    }
}
