//! The mistakes of one document, gathered while it is read.

use tollgate::mistake::{Gathered, Mistake, Mistakes, Span};
use tollgate::source::Source;
use tollgate::tree::Node;

/// The mistakes of one document.
pub(crate) struct Reading<'a> {
    source: &'a Source,
    mistakes: Gathered,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source, mistakes: Gathered::default() }
    }

    pub(crate) fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span, message));
    }

    pub(crate) fn advised(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.mistakes.push(Mistake::new(self.source, span, message).suggest(help));
    }

    /// What was read of a value, or a mistake at its place.
    pub(crate) fn read<T>(&mut self, node: &Node, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.wrong(node.span, problem)).ok()
    }

    pub(crate) fn finish(self) -> Option<Mistakes> {
        self.mistakes.finish()
    }
}

/// The text under a key.
pub(crate) fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::text)
}

/// The texts of a list under a key.
pub(crate) fn texts(node: &Node, key: &str) -> Vec<String> {
    let items = node.get(key).and_then(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}
