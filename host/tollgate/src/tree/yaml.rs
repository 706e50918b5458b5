//! YAML to a tree with places, on the events of `saphyr-parser`.

mod scalar;

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScanError, Span as Marks, Tag};

use self::scalar::Scalar;
use super::{
    Content, DEPTH_LIMIT, Entry, Node, NonFinite, beyond_64_bits, duplicate_key, too_deep,
};
use crate::mistake::{Mistake, Span};
use crate::source::Source;

/// How much aliases may add to a document, counted in values and bytes of
/// text. Writers such as PyYAML use aliases for values that occur twice; nine
/// lines of nested aliases would otherwise grow to gigabytes.
const ALIAS_BUDGET: usize = 1 << 20;

pub(super) fn parse(source: &Source, non_finite: NonFinite) -> Result<Node, Mistake> {
    let mut builder = Builder {
        source,
        offsets: Offsets::new(source.text()),
        non_finite,
        open: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        alias_budget: ALIAS_BUDGET,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(source.text()) {
        let (event, marks) = event.map_err(|error| builder.syntax(&error))?;
        let span = builder.offsets.span(marks);
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(Mistake::new(source, span, "a second document begins here")
                        .suggest("keep one document a file"));
                }
            }
            event => builder.take(event, span)?,
        }
    }
    let root = builder.root.take();
    root.filter(|root| root.content != Content::Null).ok_or_else(|| {
        Mistake::new(source, Span::default(), format!("`{}` holds no document", source.name()))
    })
}

/// A list or map that is not closed yet.
struct Open {
    start: Span,
    anchor: usize,
    shape: Shape,
}

enum Shape {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Option<(String, Span)> },
}

struct Builder<'a> {
    source: &'a Source,
    offsets: Offsets<'a>,
    non_finite: NonFinite,
    open: Vec<Open>,
    root: Option<Node>,
    /// Closed values by the id of their anchor.
    anchors: BTreeMap<usize, Node>,
    alias_budget: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Mistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar { text: &text, style, tag: tag.as_deref() };
                let content = self.scalar(scalar, span)?;
                self.close(Node { content, span }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", span)?;
                self.start(span, anchor, Shape::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", span)?;
                let shape = Shape::Map { entries: Vec::new(), seen: BTreeMap::new(), key: None };
                self.start(span, anchor, shape)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    let content = match open.shape {
                        Shape::List(items) => Content::List(items),
                        Shape::Map { entries, .. } => Content::Map(entries),
                    };
                    let span = Span::new(open.start.start, span.end.max(open.start.end));
                    self.close(Node { content, span }, open.anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let node = self.alias(anchor, span)?;
                self.close(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, start: Span, anchor: usize, shape: Shape) -> Result<(), Mistake> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(too_deep(self.source, start));
        }
        if self.expects_key() {
            return Err(self.key_is_no_text(start));
        }
        self.open.push(Open { start, anchor, shape });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { shape: Shape::Map { key: None, .. }, .. }))
    }

    /// Puts a finished value where it belongs.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Mistake> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.shape {
            Shape::List(items) => items.push(node),
            Shape::Map { entries, seen, key } => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                None => {
                    let span = node.span;
                    let Some(text) = key_text(node) else {
                        return Err(self.key_is_no_text(span));
                    };
                    if let Some(first) = seen.insert(text.clone(), span) {
                        return Err(duplicate_key(self.source, &text, first, span));
                    }
                    *key = Some((text, span));
                }
            },
        }
        Ok(())
    }

    fn scalar(&self, scalar: Scalar<'_>, span: Span) -> Result<Content, Mistake> {
        use scalar::Refusal;
        let content = scalar.resolve().map_err(|refusal| match refusal {
            Refusal::Beyond64Bits => beyond_64_bits(self.source, span),
            Refusal::NotOfTag { tag } => {
                let message = format!("`{}` is not a value of the tag `{tag}`", scalar.text);
                Mistake::new(self.source, span, message)
            }
            Refusal::UnknownTag { tag } => self.unknown_tag(&tag, span),
        })?;
        match content {
            Content::NonFinite(_) if self.non_finite == NonFinite::Refused => {
                let message = format!("`{}` is not a finite number", scalar.text);
                Err(Mistake::new(self.source, span, message)
                    .suggest("write a number, or quote it when it is text"))
            }
            content => Ok(content),
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Node, Mistake> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Mistake::new(
                self.source,
                span,
                "an alias stands inside of the value that it repeats",
            ));
        };
        let depth = self.open.len() + depth(node);
        if depth > DEPTH_LIMIT {
            return Err(too_deep(self.source, span));
        }
        match self.alias_budget.checked_sub(weight(node)) {
            Some(rest) => self.alias_budget = rest,
            None => {
                return Err(Mistake::new(
                    self.source,
                    span,
                    "aliases make the document grow without measure",
                )
                .suggest("write the values out"));
            }
        }
        // A mistake in the repeated value is shown where it is written.
        let mut node = node.clone();
        if !matches!(node.content, Content::Map(_) | Content::List(_)) {
            node.span = span;
        }
        Ok(node)
    }

    fn collection_tag(&self, tag: Option<&Tag>, core: &str, span: Span) -> Result<(), Mistake> {
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == core) => {
                Err(self.unknown_tag(&tag.to_string(), span))
            }
            _ => Ok(()),
        }
    }

    fn unknown_tag(&self, tag: &str, span: Span) -> Mistake {
        Mistake::new(self.source, span, format!("tag `{tag}` is not known"))
            .suggest("remove it; only YAML's core tags such as `!!str` are read")
    }

    fn key_is_no_text(&self, span: Span) -> Mistake {
        Mistake::new(self.source, span, "a key must be text")
            .suggest("write keys as plain words, or quote them")
    }

    fn syntax(&self, error: &ScanError) -> Mistake {
        let start = self.offsets.byte(error.marker().index());
        let message = format!("not valid YAML: {}", error.info());
        Mistake::new(self.source, Span::new(start, start), message)
    }
}

/// The text of a key. Numbers and booleans are keys as they print, so that
/// `{ 10: a }` can be written; null and collections are none.
fn key_text(node: Node) -> Option<String> {
    match node.content {
        Content::Text(text) => Some(text),
        Content::Boolean(value) => Some(value.to_string()),
        Content::Number(number) => Some(number.to_string()),
        Content::Null | Content::NonFinite(_) | Content::List(_) | Content::Map(_) => None,
    }
}

/// How much an alias to this value adds.
fn weight(node: &Node) -> usize {
    match &node.content {
        Content::Text(text) => 1 + text.len(),
        Content::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Content::Map(entries) => {
            1 + entries.iter().map(|entry| entry.key.len() + weight(&entry.value)).sum::<usize>()
        }
        _ => 1,
    }
}

fn depth(node: &Node) -> usize {
    match &node.content {
        Content::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Content::Map(entries) => {
            1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// Turns the parser's character positions into byte offsets.
struct Offsets<'a> {
    text: &'a str,
    /// Offsets of every character; none for ASCII, where they are equal.
    characters: Option<Vec<usize>>,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        let characters =
            (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self { text, characters }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.characters {
            None => character.min(self.text.len()),
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.text.len()),
        }
    }

    fn span(&self, marks: Marks) -> Span {
        Span::new(self.byte(marks.start.index()), self.byte(marks.end.index()))
    }
}
