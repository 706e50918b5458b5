//! Many pointers into one tree.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Entry, Found, Node};

/// Up to so many entries are looked through one by one.
const FEW: usize = 32;

/// Finds what pointers lead to, in a time that does not grow with the maps on
/// their ways.
#[derive(Debug)]
pub struct Index<'t> {
    root: &'t Node,
    maps: RefCell<HashMap<*const Entry, HashMap<&'t str, usize>>>,
}

impl<'t> Index<'t> {
    /// An index that is built as pointers are followed.
    #[must_use]
    pub fn new(root: &'t Node) -> Self {
        Self { root, maps: RefCell::default() }
    }

    /// As [`Node::nearest`].
    pub fn nearest(&self, pointer: &str) -> Found<'t> {
        self.root.walk(pointer, |entries, key| {
            if entries.len() <= FEW {
                return entries.iter().find(|entry| entry.key == key);
            }
            let mut maps = self.maps.borrow_mut();
            let map = maps.entry(entries.as_ptr()).or_insert_with(|| {
                entries.iter().enumerate().map(|(at, entry)| (entry.key.as_str(), at)).collect()
            });
            map.get(key).and_then(|at| entries.get(*at))
        })
    }
}
