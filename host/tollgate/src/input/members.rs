//! The members of a JSON request that lead to inputs.

use crate::tree::unescape;

/// What a member is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The input of this number.
    Input(usize),
    /// What counters are kept by.
    Key,
    /// Nothing; but somebody may think that it is, see
    /// [`Shadowed`](super::Shadowed).
    Shadow(u32),
}

/// A member of a JSON object or list that leads to inputs.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Box<str>,
    /// The name as an index, when it is one.
    pub(super) index: Option<usize>,
    /// A number of its own, to tell duplicates.
    pub(super) number: usize,
    /// What its value is read for.
    pub(super) ways: Vec<Way>,
    /// The members below that lead to inputs.
    pub(super) below: Members,
    pub(super) pointer: String,
}

/// Up to so many members comparing lengths, then bytes, of one after the other
/// is quicker than searching.
const FEW: usize = 16;

/// The members of one level, in the order of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Members(Vec<Member>);

impl Members {
    /// The members that the pointers lead through, and how many they are.
    pub(super) fn new(ways: &[(String, Way)]) -> (Self, usize) {
        let mut sorted: Vec<(Vec<String>, &str, Way)> = ways
            .iter()
            .map(|(pointer, way)| {
                let tokens = pointer.split('/').skip(1).map(unescape);
                (tokens.collect(), pointer.as_str(), *way)
            })
            .collect();
        sorted.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        let mut members = Self::default();
        let mut count = 0;
        for (tokens, pointer, way) in sorted {
            members.grow(&tokens, pointer, way, &mut count);
        }
        (members, count)
    }

    /// Adds one way, which is not before those that were added already.
    fn grow(&mut self, tokens: &[String], pointer: &str, way: Way, count: &mut usize) {
        let mut level = self;
        for (depth, name) in tokens.iter().enumerate() {
            if level.0.last().is_none_or(|last| *last.name != **name) {
                // RFC 6901: digits without leading zeros.
                let index = name.parse().ok().filter(|index: &usize| index.to_string() == *name);
                let end =
                    pointer.match_indices('/').nth(depth + 1).map_or(pointer.len(), |at| at.0);
                level.0.push(Member {
                    name: name.as_str().into(),
                    index,
                    number: *count,
                    ways: Vec::new(),
                    below: Self::default(),
                    pointer: pointer.get(..end).unwrap_or_default().to_owned(),
                });
                *count += 1;
            }
            let Some(member) = level.0.last_mut() else { return };
            if depth + 1 == tokens.len() {
                member.ways.push(way);
                return;
            }
            level = &mut member.below;
        }
    }

    /// The member of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Member> {
        if self.0.len() <= FEW {
            return self.0.iter().find(|member| *member.name == *name);
        }
        let place = self.0.binary_search_by(|member| (*member.name).cmp(name)).ok()?;
        self.0.get(place)
    }

    /// The members that an element of a list can be, by its index.
    pub(super) fn indexed(&self) -> Vec<(usize, &Member)> {
        let mut indexed: Vec<_> =
            self.0.iter().filter_map(|member| Some((member.index?, member))).collect();
        indexed.sort_unstable_by_key(|(index, _)| *index);
        indexed
    }

    /// The pointers that lead to a value and through it, and an input that
    /// the value is.
    pub(super) fn both_value_and_map(&self) -> Vec<(Option<usize>, &str)> {
        let mut open: Vec<_> = self.0.iter().collect();
        let mut found = Vec::new();
        while let Some(member) = open.pop() {
            if !member.ways.is_empty() && !member.below.0.is_empty() {
                let input = member.ways.iter().find_map(|way| match way {
                    Way::Input(slot) => Some(*slot),
                    Way::Key | Way::Shadow(_) => None,
                });
                found.push((input, member.pointer.as_str()));
            }
            open.extend(&member.below.0);
        }
        found
    }
}
