//! A payload, taken apart without copying what it holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use tollgate_sdk::settings::{Kind, Setting};

use super::number::Number;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Tree<'p> {
    Null,
    Boolean(bool),
    Number(Number<'p>),
    Text(Cow<'p, str>),
    List(Vec<Tree<'p>>),
    Object(Members<'p>),
}

impl<'a> Setting<'a> for &'a Tree<'_> {
    fn kind(self) -> Kind {
        match self {
            Tree::Null => Kind::Null,
            Tree::Boolean(_) => Kind::Boolean,
            Tree::Number(_) => Kind::Number,
            Tree::Text(_) => Kind::Text,
            Tree::List(_) => Kind::List,
            Tree::Object(_) => Kind::Object,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self {
            Tree::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    fn whole(self) -> Option<u64> {
        match self {
            Tree::Number(number) => number.text().parse().ok(),
            _ => None,
        }
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        match self {
            Tree::List(items) => Some(items.iter()),
            _ => None,
        }
    }

    fn members(self) -> Option<impl Iterator<Item = (&'a str, Self)>> {
        match self {
            Tree::Object(members) => {
                Some(members.entries().iter().map(|(name, value)| (name.as_ref(), value)))
            }
            _ => None,
        }
    }
}

/// The members of an object, in the order of the payload; each name once.
#[derive(Debug, Default)]
pub(crate) struct Members<'p> {
    entries: Vec<(Cow<'p, str>, Tree<'p>)>,
    /// Indices by ascending name; empty for the few that a scan finds sooner.
    order: Vec<u32>,
}

/// Up to so many members are looked for one after the other.
const FEW: usize = 8;

impl<'p> Members<'p> {
    /// Takes members as they are written. Of equal names the last one counts,
    /// as it does for most parsers; their names are returned, each once.
    pub(crate) fn new(mut entries: Vec<(Cow<'p, str>, Tree<'p>)>) -> (Self, Vec<String>) {
        let mut order = Self::sorted(&entries);
        let name = |at: u32| entries.get(at as usize).map_or("", |(name, _)| name.as_ref());
        let mut repeated: Vec<String> = Vec::new();
        // Equal names stand in the order of the payload.
        let mut lost = Vec::new();
        for pair in order.windows(2) {
            if let [one, other] = *pair
                && name(one) == name(other)
            {
                lost.push(one);
                if repeated.last().is_none_or(|known| known != name(one)) {
                    repeated.push(name(one).to_owned());
                }
            }
        }
        if !lost.is_empty() {
            lost.sort_unstable();
            let mut at = 0;
            entries.retain(|_| {
                at += 1;
                lost.binary_search(&(at - 1)).is_err()
            });
            order = Self::sorted(&entries);
        }
        if entries.len() <= FEW {
            order = Vec::new();
        }
        (Self { entries, order }, repeated)
    }

    fn sorted(entries: &[(Cow<'p, str>, Tree<'p>)]) -> Vec<u32> {
        let name = |at: u32| entries.get(at as usize).map_or("", |(name, _)| name.as_ref());
        // Beginnings as numbers tell most names apart in one operation, which
        // counts where a hostile payload has hundreds of thousands of them.
        let mut order: Vec<(u64, u32)> =
            (0..entries.len() as u32).map(|at| (beginning(name(at)), at)).collect();
        order.sort_unstable_by(|(one, at), (other, next)| {
            one.cmp(other).then_with(|| name(*at).cmp(name(*next))).then_with(|| at.cmp(next))
        });
        order.into_iter().map(|(_, at)| at).collect()
    }

    pub(crate) fn entries(&self) -> &[(Cow<'p, str>, Tree<'p>)] {
        &self.entries
    }

    /// For values that change from row to row under the same names.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Tree<'p>> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tree<'p>> {
        if self.order.is_empty() {
            return self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        }
        let at = self.order.binary_search_by(|at| {
            self.entries.get(*at as usize).map_or("", |(known, _)| known.as_ref()).cmp(name)
        });
        let at = *self.order.get(at.ok()?)?;
        self.entries.get(at as usize).map(|(_, value)| value)
    }

    /// The members by ascending name.
    fn ascending(&self) -> impl Iterator<Item = &(Cow<'p, str>, Tree<'p>)> {
        let order = if self.order.is_empty() {
            Cow::Owned(Self::sorted(&self.entries))
        } else {
            Cow::Borrowed(self.order.as_slice())
        };
        (0..order.len()).filter_map(move |at| self.entries.get(*order.get(at)? as usize))
    }
}

impl<'p> Tree<'p> {
    /// A total order in which equal means equal for JSON Schema: numbers by
    /// value, objects whatever the order of their members.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.compare(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::List(ones), Self::List(others)) => {
                let mut pairs = ones.iter().zip(others).map(|(one, other)| one.compare(other));
                ones.len().cmp(&others.len()).then_with(|| first_difference(&mut pairs))
            }
            (Self::Object(ones), Self::Object(others)) => {
                let lengths = ones.entries.len().cmp(&others.entries.len());
                lengths.then_with(|| {
                    let mut pairs = ones.ascending().zip(others.ascending()).map(
                        |((one, value), (other, another))| {
                            one.cmp(other).then_with(|| value.compare(another))
                        },
                    );
                    first_difference(&mut pairs)
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::List(_) => 4,
            Self::Object(_) => 5,
        }
    }

    /// The value at a JSON Pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, |value, step| match value {
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            Self::Object(members) => members.get(&step.replace("~1", "/").replace("~0", "~")),
            _ => None,
        })
    }
}

/// The first eight bytes of a name, so that numbers stand in the names' order.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, byte) in bytes.iter_mut().zip(name.bytes()) {
        *to = byte;
    }
    u64::from_be_bytes(bytes)
}

fn first_difference(pairs: &mut impl Iterator<Item = Ordering>) -> Ordering {
    pairs.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// The first two items of a list that are equal, by their places.
pub(crate) fn equal_items(items: &[Tree<'_>]) -> Option<(usize, usize)> {
    let mut order: Vec<(usize, &Tree<'_>)> = items.iter().enumerate().collect();
    order.sort_by(|(_, one), (_, other)| one.compare(other));
    order
        .windows(2)
        .filter_map(|pair| match pair {
            [(at, one), (next, other)] if one.compare(other).is_eq() => Some((*at, *next)),
            _ => None,
        })
        .min_by_key(|(_, next)| *next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::read;

    fn tree(text: &str) -> Tree<'_> {
        read(text.as_bytes()).unwrap().tree
    }

    #[test]
    fn equality_is_that_of_json_schema() {
        for (one, other) in [
            ("1", "1.0"),
            ("[1e2, null]", "[100, null]"),
            (r#"{"a": 1, "b": [true]}"#, r#"{"b": [true], "a": 1.00}"#),
        ] {
            assert!(tree(one).compare(&tree(other)).is_eq(), "{one} and {other}");
        }
        for (one, other) in
            [("1", "true"), ("0", "false"), ("\"1\"", "1"), ("[]", "{}"), ("[1]", "[1, 1]")]
        {
            assert!(tree(one).compare(&tree(other)).is_ne(), "{one} and {other}");
        }
    }

    #[test]
    fn equal_items_are_found_in_any_order() {
        let found = |text: &str| match &tree(text) {
            Tree::List(items) => equal_items(items),
            _ => None,
        };
        assert_eq!(found("[3, 1, 2, 1.0, 3]"), Some((1, 3)));
        assert_eq!(found("[1, true, \"1\", null, [1], {}]"), None);
    }

    #[test]
    fn members_are_found_among_few_and_many() {
        for count in [1, FEW, FEW + 1, 1000] {
            let text: Vec<String> = (0..count).map(|at| format!("\"k{at}\": {at}")).collect();
            let text = format!("{{{}}}", text.join(","));
            let Tree::Object(members) = tree(&text) else { panic!("{text}") };
            for at in 0..count {
                let Some(Tree::Number(number)) = members.get(&format!("k{at}")) else {
                    panic!("k{at} of {count}")
                };
                assert_eq!(number.text(), at.to_string());
            }
            assert!(members.get("k").is_none());
        }
    }
}
