//! YAML to a tree with places, on the events of `saphyr-parser`.

mod anchors;
mod flow;
mod offsets;
mod scalar;
mod syntax;

use saphyr_parser::{Event, Parser, ScanError, Span as Marks, Tag};

use self::anchors::Anchors;
use self::flow::{Bounded, Progress};
use self::offsets::Offsets;
use self::scalar::Scalar;
use super::keys::Keys;
use super::{
    Content, DEPTH_LIMIT, Entry, Node, NonFinite, VALUES_LIMIT, beyond_64_bits, duplicate_key,
    too_deep, too_many,
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
        anchors: Anchors::default(),
        alias_budget: ALIAS_BUDGET,
        values: 0,
    };
    let progress = Progress::default();
    let text = source.text();
    if flow::may_be_large(text) {
        let parser = Parser::new_from_iter(Bounded::new(text, &progress));
        builder.read(parser, &progress)?;
    } else {
        builder.read(Parser::new_from_str(text), &progress)?;
    }
    let nothing = Node { content: Content::Null, span: Span::default() };
    Ok(builder.root.take().unwrap_or(nothing))
}

/// A list or map that is not closed yet.
struct Open {
    start: Span,
    anchor: usize,
    shape: Shape,
}

enum Shape {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: Keys, key: Option<(String, Span)> },
}

impl Open {
    /// Where the value that is read now will stand.
    fn next(&self) -> usize {
        match &self.shape {
            Shape::List(items) => items.len(),
            Shape::Map { entries, .. } => entries.len(),
        }
    }

    fn child(&self, at: usize) -> Option<&Node> {
        match &self.shape {
            Shape::List(items) => items.get(at),
            Shape::Map { entries, .. } => entries.get(at).map(|entry| &entry.value),
        }
    }
}

struct Builder<'a> {
    source: &'a Source,
    offsets: Offsets<'a>,
    non_finite: NonFinite,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: Anchors,
    alias_budget: usize,
    /// How many values were read, those of aliases included.
    values: usize,
}

impl Builder<'_> {
    fn read<'e>(
        &mut self,
        parser: impl Iterator<Item = Result<(Event<'e>, Marks), ScanError>>,
        progress: &Progress,
    ) -> Result<(), Mistake> {
        let mut documents = 0;
        for event in parser {
            if let Some(start) = progress.too_large() {
                return Err(too_large(self.source, Span::new(start, start + 1)));
            }
            let (event, marks) =
                event.map_err(|error| syntax::mistake(self.source, &self.offsets, &error))?;
            let span = self.offsets.span(marks);
            progress.event(span.end);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let message = "a second document begins here";
                        return Err(Mistake::new(self.source, span, message)
                            .suggest("keep one document a file"));
                    }
                }
                event => self.take(event, span)?,
            }
        }
        Ok(())
    }

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
                let shape = Shape::Map { entries: Vec::new(), seen: Keys::default(), key: None };
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
        self.count(1, node.span)?;
        if anchor > 0 {
            self.anchors.add(anchor, &node, &self.open, self.expects_key());
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
                    if let Some(first) = seen.add(entries, &text) {
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
        let Some(node) = self.anchors.get(anchor, &self.open) else {
            return Err(Mistake::new(
                self.source,
                span,
                "an alias stands inside of the value that it repeats",
            ));
        };
        let size = Size::of(node);
        if self.open.len() + size.depth > DEPTH_LIMIT {
            return Err(too_deep(self.source, span));
        }
        let Some(rest) = self.alias_budget.checked_sub(size.weight) else {
            let message = "aliases make the document grow without measure";
            return Err(Mistake::new(self.source, span, message).suggest("write the values out"));
        };
        self.alias_budget = rest;
        // A mistake in the repeated value is shown where it is written.
        let mut node = node.clone();
        if !matches!(node.content, Content::Map(_) | Content::List(_)) {
            node.span = span;
        }
        self.count(size.values, span)?;
        Ok(node)
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), Mistake> {
        self.values += values;
        if self.values > VALUES_LIMIT { Err(too_many(self.source, span)) } else { Ok(()) }
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
}

/// A list or map in brackets that the parser would fill the memory with.
fn too_large(source: &Source, span: Span) -> Mistake {
    let message = "a list or map in brackets holds more than YAML is read with";
    Mistake::new(source, span, message)
        .suggest("begin each item or key on a line of its own, or write the file as JSON")
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

/// How much an alias to a value adds.
#[derive(Default)]
struct Size {
    /// Values and bytes of text.
    weight: usize,
    values: usize,
    depth: usize,
}

impl Size {
    fn of(node: &Node) -> Self {
        let mut size = Self { weight: 1, values: 1, depth: 0 };
        match &node.content {
            Content::Text(text) => size.weight += text.len(),
            Content::List(items) => items.iter().for_each(|item| size.take(item)),
            Content::Map(entries) => {
                for entry in entries {
                    size.weight += entry.key.len();
                    size.take(&entry.value);
                }
            }
            _ => {}
        }
        size.depth += usize::from(matches!(node.content, Content::List(_) | Content::Map(_)));
        size
    }

    fn take(&mut self, node: &Node) {
        let inner = Self::of(node);
        self.weight += inner.weight;
        self.values += inner.values;
        self.depth = self.depth.max(inner.depth);
    }
}
