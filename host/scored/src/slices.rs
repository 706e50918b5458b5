//! Which slice a row is of: whose it is, and its groups.

use crate::codes::NONE;

/// The most slices of one group of columns: as many as a gate judges.
pub(crate) const MOST_SLICES: usize = 5_000;

/// Columns make more slices than a gate judges.
#[derive(Debug)]
pub(crate) struct TooMany;

/// The slices that some columns make, in the order in which they were seen: a
/// tree with a level for the subject and one for each column.
#[derive(Debug)]
pub(crate) struct Slices {
    levels: Vec<Vec<Vec<u32>>>,
    paths: Vec<Path>,
}

/// What a slice is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// The subject's place.
    pub(crate) subject: usize,
    /// The code of each column; none where one has no value.
    pub(crate) codes: Option<Vec<u32>>,
}

impl Slices {
    /// Of so many columns.
    pub(crate) fn new(columns: usize) -> Self {
        let mut levels = vec![Vec::new(); columns + 1];
        if let Some(root) = levels.first_mut() {
            root.push(Vec::new());
        }
        Self { levels, paths: Vec::new() }
    }

    /// What each slice is of.
    pub(crate) fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The slice of each row, by its subject and the codes of its columns; none
    /// for rows of no subject.
    pub(crate) fn of(
        &mut self,
        subjects: &[u32],
        columns: &[&[u32]],
        slots: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        slots.clear();
        for (row, subject) in subjects.iter().enumerate() {
            if *subject == NONE {
                slots.push(NONE);
                continue;
            }
            // The first child of a level is that of rows without a value.
            let code = |column: &&[u32]| column.get(row).copied().unwrap_or(NONE).wrapping_add(1);
            let mut node = 0;
            for level in 0..self.levels.len() {
                let value = match level.checked_sub(1) {
                    None => *subject,
                    Some(column) => columns.get(column).map_or(0, code),
                };
                let known = self.child(level, node, value);
                node = match known {
                    Some(child) => child,
                    None => self.grow(level, node, value, row, subjects, columns)?,
                };
            }
            slots.push(node);
        }
        Ok(())
    }

    fn child(&self, level: usize, node: u32, value: u32) -> Option<u32> {
        let child = self.levels.get(level)?.get(node as usize)?.get(value as usize)?;
        (*child != NONE).then_some(*child)
    }

    fn grow(
        &mut self,
        level: usize,
        node: u32,
        value: u32,
        row: usize,
        subjects: &[u32],
        columns: &[&[u32]],
    ) -> Result<u32, TooMany> {
        let next = match self.levels.get_mut(level + 1) {
            Some(below) => {
                below.push(Vec::new());
                below.len() - 1
            }
            None => {
                let code = |column: &&[u32]| column.get(row).copied().filter(|code| *code != NONE);
                let subject = subjects.get(row).map_or(0, |subject| *subject as usize);
                let codes = columns.iter().map(code).collect();
                self.paths.push(Path { subject, codes });
                self.paths.len() - 1
            }
        };
        if next >= MOST_SLICES {
            return Err(TooMany);
        }
        let next = u32::try_from(next).map_err(|_| TooMany)?;
        let children = self.levels.get_mut(level).and_then(|nodes| nodes.get_mut(node as usize));
        let Some(children) = children else { return Err(TooMany) };
        let place = value as usize;
        if children.len() <= place {
            children.resize(place + 1, NONE);
        }
        if let Some(child) = children.get_mut(place) {
            *child = next;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_same_values_are_of_the_same_slice() {
        let mut slices = Slices::new(2);
        let mut slots = Vec::new();
        let (one, two) = ([3, 0, 3, NONE, 3], [1, 1, 1, 1, 2]);
        slices.of(&[0, 0, 0, 0, NONE], &[&one, &two], &mut slots).unwrap();
        assert_eq!(slots, [0, 1, 0, 2, NONE]);
        slices.of(&[1, 0], &[&[3, 0], &[1, 1]], &mut slots).unwrap();
        assert_eq!(slots, [3, 1]);
        let path = |subject, codes| Path { subject, codes };
        let expected = [
            path(0, Some(vec![3, 1])),
            path(0, Some(vec![0, 1])),
            path(0, None),
            path(1, Some(vec![3, 1])),
        ];
        assert_eq!(slices.paths(), expected);
    }

    #[test]
    fn more_slices_than_a_gate_judges_are_too_many() {
        let codes: Vec<u32> = (0..5_001).collect();
        let subjects = vec![0; codes.len()];
        let mut slots = Vec::new();
        let of = |count: usize, slots: &mut Vec<u32>| {
            Slices::new(1).of(&subjects[..count], &[&codes[..count]], slots).is_ok()
        };
        assert!(of(5_000, &mut slots));
        assert!(!of(5_001, &mut slots));
    }
}
