//! Values that aliases repeat.

use std::collections::BTreeMap;

use super::{Node, Open};

/// Where the values with an anchor stand. They are not copied: anchors one in
/// another, with all of a document in the innermost, would be as many copies.
#[derive(Default)]
pub(super) struct Anchors(BTreeMap<usize, Anchored>);

enum Anchored {
    /// A key, which is no value of the tree.
    Key(Node),
    /// The way to a value, from the root.
    Value(Box<[u32]>),
}

impl Anchors {
    /// Remembers a value that is about to be put into the innermost of the
    /// lists and maps that are `open`.
    pub(super) fn add(&mut self, anchor: usize, node: &Node, open: &[Open], is_key: bool) {
        let anchored = if is_key {
            Anchored::Key(node.clone())
        } else {
            let way = open.iter().map(|open| u32::try_from(open.next()).unwrap_or(u32::MAX));
            Anchored::Value(way.collect())
        };
        self.0.insert(anchor, anchored);
    }

    /// The value of an anchor; none while it is not closed.
    pub(super) fn get<'n>(&'n self, anchor: usize, open: &'n [Open]) -> Option<&'n Node> {
        let way = match self.0.get(&anchor)? {
            Anchored::Key(node) => return Some(node),
            Anchored::Value(way) => way,
        };
        // What is open on the way has the next step in its place; the first
        // that is closed holds the rest.
        let mut node: Option<&Node> = None;
        for (depth, step) in way.iter().enumerate() {
            let step = usize::try_from(*step).ok()?;
            node = match node {
                Some(node) => Some(node.child(step)?),
                None => {
                    let open = open.get(depth)?;
                    if open.next() == step { None } else { Some(open.child(step)?) }
                }
            };
        }
        node
    }
}
