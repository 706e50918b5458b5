//! A JSON Schema as a signature.

use std::collections::HashSet;

use tollgate::mistake::{Mistake, Span};
use tollgate::source::Source;
use tollgate::tree::{Content, Index, Node, escape};

use super::SIGNATURE;
use crate::loss::{Loss, loadable};
use crate::mlflow;
use crate::schema::{
    Column, Columns, DataType, Kind, Param, ParamKind, Property, Schema, Signature,
};

/// Reads the schema of a request body with `dataframe_records`, of one record,
/// or of a list of records. Keywords that a signature cannot say are losses.
///
/// # Errors
/// When there is no record with properties, or MLflow would not load what was
/// read.
pub(crate) fn read(source: &Source, tree: &Node) -> Result<(Signature, Vec<Loss>), Mistake> {
    let mut reader = Reader { index: Index::new(tree), tree, losses: Vec::new(), types: 0 };
    if let Some(kept) = tree.get(SIGNATURE) {
        match mlflow::from_value(&kept.to_json()) {
            Ok(signature) if unchanged(&signature, tree) => return Ok((signature, Vec::new())),
            _ => reader.lose(
                &format!("/{SIGNATURE}"),
                "the schema was changed since it was written, so that the signature kept in it no longer \
                 counts",
            ),
        }
    }
    let signature = reader.signature(source)?;
    if reader.types > TYPES {
        let problem = format!("references of the schema unfold to more than {TYPES} types");
        return Err(Mistake::new(source, Span::default(), problem)
            .suggest("write out what one row holds, with fewer references"));
    }
    loadable(source, tree, &signature)?;
    Ok((signature, reader.losses))
}

/// Whether a schema is still what would be written for its signature.
fn unchanged(signature: &Signature, tree: &Node) -> bool {
    super::write(signature).0.to_value().is_some_and(|written| written == tree.to_json())
}

struct Reader<'t> {
    tree: &'t Node,
    index: Index<'t>,
    losses: Vec<Loss>,
    /// How many types were read, those that references repeat included.
    types: usize,
}

/// More types than a file of the largest size has. References to references
/// can be many more.
const TYPES: usize = 500_000;

/// How often a `$ref` may lead to another.
const REFERENCES: usize = 8;

/// Keywords that say nothing about values.
const SILENT: [&str; 11] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "definitions",
    "$anchor",
];

impl<'t> Reader<'t> {
    fn lose(&mut self, pointer: &str, message: impl Into<String>) {
        self.losses.push(Loss::new(pointer, message));
    }

    /// The schema that a `$ref` into the same document means.
    fn resolved(&self, node: &'t Node) -> &'t Node {
        let mut node = node;
        for _ in 0..REFERENCES {
            let Some(target) = node.get("$ref").and_then(Node::text) else { break };
            let Some(pointer) = target.strip_prefix('#') else { break };
            let found = self.index.nearest(pointer);
            if !found.exact {
                break;
            }
            node = found.node;
        }
        node
    }

    /// Says which keywords are not kept.
    fn unkept(&mut self, node: &Node, at: &str, kept: &[&str]) {
        for entry in node.entries().unwrap_or_default() {
            let key = entry.key.as_str();
            if !kept.contains(&key) && !SILENT.contains(&key) && key != SIGNATURE {
                self.lose(
                    &format!("{at}/{}", escape(key)),
                    format!("a signature cannot say `{key}`"),
                );
            }
        }
    }

    fn signature(&mut self, source: &Source) -> Result<Signature, Mistake> {
        let root = self.resolved(self.tree);
        let body = root.get("properties");
        let records = body.and_then(|body| body.get("dataframe_records"));
        let (record, at) = match (records, root.get("items")) {
            (Some(records), _) => {
                self.unkept(root, "", &["type", "required", "properties", "additionalProperties"]);
                let at = "/properties/dataframe_records";
                self.unkept(records, at, &["type", "items", "minItems"]);
                (records.get("items"), format!("{at}/items"))
            }
            (None, Some(items)) => {
                self.unkept(root, "", &["type", "items", "minItems"]);
                (Some(items), "/items".to_owned())
            }
            (None, None) => (Some(root), String::new()),
        };
        let record = record.map(|record| self.resolved(record));
        let described = record.and_then(|record| record.get("properties"));
        let (Some(record), Some(entries)) = (record, described.and_then(Node::entries)) else {
            let problem = "the schema describes no record: an object with `properties`";
            return Err(Mistake::new(source, root.span, problem).suggest(
                "give the schema of one row, of a list of rows, or of a request body with \
                 `dataframe_records`",
            ));
        };
        if entries.is_empty() {
            let problem = "a record needs at least one property, which becomes a column";
            return Err(Mistake::new(source, record.span, problem));
        }
        self.unkept(record, &at, &["type", "required", "properties", "additionalProperties"]);
        let required = required(record);
        let columns = entries
            .iter()
            .map(|entry| {
                let at = format!("{at}/properties/{}", escape(&entry.key));
                let (kind, null) = self.kind(&entry.value, &at);
                if null && !super::kinds::takes_null(&kind) && matches!(kind, Kind::Data(_)) {
                    self.lose(
                        &at,
                        format!("MLflow takes no null in a column of `{}`", kind.title()),
                    );
                }
                Column { name: entry.key.clone(), kind, required: required.contains(&*entry.key) }
            })
            .collect();
        let inputs = Some(Schema::Columns(Columns { named: true, columns }));
        let params =
            records.and(body).and_then(|body| body.get("params")).map(|params| self.params(params));
        Ok(Signature { inputs, outputs: None, params })
    }

    /// The type that a schema describes, and whether null is of it.
    /// Recursion is bounded by the depth of trees, and by [`REFERENCES`].
    fn kind(&mut self, node: &'t Node, at: &str) -> (Kind, bool) {
        self.kind_at(node, at, 0)
    }

    fn kind_at(&mut self, node: &'t Node, at: &str, depth: usize) -> (Kind, bool) {
        /// As deep as the plugin loads types.
        const DEPTH: usize = 15;
        let node = self.resolved(node);
        self.types += 1;
        if self.types > TYPES {
            return (Kind::Any, true);
        }
        if depth > DEPTH {
            self.lose(at, format!("types nest deeper than {DEPTH} levels"));
            return (Kind::Any, true);
        }
        let (names, null) = types(node);
        let kind = match names.as_slice() {
            ["boolean"] => {
                self.unkept(node, at, &["type"]);
                Kind::Data(DataType::Boolean)
            }
            ["integer"] => Kind::Data(self.whole(node, at)),
            ["number"] | ["integer", "number"] | ["number", "integer"] => {
                Kind::Data(self.number(node, at))
            }
            ["string"] => Kind::Data(self.string(node, at)),
            ["array"] => {
                self.unkept(node, at, &["type", "items"]);
                let items = match node.get("items") {
                    Some(items) => self.inner(items, &format!("{at}/items"), depth),
                    None => Kind::Any,
                };
                Kind::Array(Box::new(items))
            }
            ["object"] => self.object(node, at, depth),
            [] => {
                // Nothing but keywords without a type: anything.
                self.unkept(node, at, &["type"]);
                Kind::Any
            }
            _ => {
                self.lose(&format!("{at}/type"), "a column has one type");
                Kind::Any
            }
        };
        (kind, null)
    }

    fn inner(&mut self, node: &'t Node, at: &str, depth: usize) -> Kind {
        let (kind, null) = self.kind_at(node, at, depth + 1);
        if null && kind != Kind::Any {
            self.lose(at, "whether null may stand here follows from `required` alone");
        }
        kind
    }

    fn object(&mut self, node: &'t Node, at: &str, depth: usize) -> Kind {
        let kept = ["type", "properties", "required", "additionalProperties"];
        self.unkept(node, at, &kept);
        let further = node.get("additionalProperties");
        let entries = node.get("properties").and_then(Node::entries).unwrap_or_default();
        if entries.is_empty() {
            let values = match further {
                Some(further) if matches!(further.content, Content::Map(_)) => {
                    self.inner(further, &format!("{at}/additionalProperties"), depth)
                }
                _ => Kind::Any,
            };
            return Kind::Map(Box::new(values));
        }
        if further.is_none_or(|further| further.content != Content::Boolean(false)) {
            self.lose(
                &format!("{at}/additionalProperties"),
                "MLflow refuses properties that are not declared",
            );
        }
        let names = required(node);
        let mut properties: Vec<Property> = entries
            .iter()
            .map(|entry| {
                let at = format!("{at}/properties/{}", escape(&entry.key));
                let (kind, null) = self.kind_at(&entry.value, &at, depth + 1);
                let required = names.contains(&*entry.key);
                if null && required && kind != Kind::Any {
                    self.lose(&at, "MLflow takes no null for a required property");
                }
                Property { name: entry.key.clone(), kind, required }
            })
            .collect();
        properties.sort_by(|a, b| a.name.cmp(&b.name));
        Kind::Object(properties)
    }

    fn whole(&mut self, node: &Node, at: &str) -> DataType {
        let bound = |key: &str| match node.get(key).map(|node| &node.content) {
            Some(Content::Number(number)) => number.as_i64(),
            _ => None,
        };
        let bounds = (bound("minimum"), bound("maximum"));
        let integer = (Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX)));
        let long = (Some(i64::MIN), Some(i64::MAX));
        let format = node.get("format").and_then(Node::text);
        let mut kept = vec!["type"];
        if matches!(format, Some("int32" | "int64")) {
            kept.push("format");
        }
        if bounds == integer || bounds == long {
            kept.extend(["minimum", "maximum"]);
        }
        self.unkept(node, at, &kept);
        let within = |(low, high): (Option<i64>, Option<i64>)| {
            let fits = |bound: Option<i64>| bound.is_some_and(|bound| i32::try_from(bound).is_ok());
            fits(low) && fits(high)
        };
        if format == Some("int32") || within(bounds) { DataType::Integer } else { DataType::Long }
    }

    fn number(&mut self, node: &Node, at: &str) -> DataType {
        let format = node.get("format").and_then(Node::text);
        let float: f64 = super::kinds::FLOAT.parse().unwrap_or(f64::MAX);
        let bound = |key: &str| match node.get(key).map(|node| &node.content) {
            Some(Content::Number(number)) => number.as_f64(),
            _ => None,
        };
        let single = (bound("minimum"), bound("maximum")) == (Some(-float), Some(float));
        let mut kept = vec!["type"];
        if matches!(format, Some("float" | "double")) {
            kept.push("format");
        }
        if single {
            kept.extend(["minimum", "maximum"]);
        }
        self.unkept(node, at, &kept);
        if single || format == Some("float") { DataType::Float } else { DataType::Double }
    }

    fn string(&mut self, node: &Node, at: &str) -> DataType {
        let format = node.get("format").and_then(Node::text);
        let pattern = node.get("pattern").and_then(Node::text);
        if node.get("contentEncoding").and_then(Node::text) == Some("base64") {
            self.unkept(node, at, &["type", "contentEncoding", "pattern"]);
            return DataType::Binary;
        }
        if pattern == Some(super::kinds::TIME) {
            self.unkept(node, at, &["type", "pattern"]);
            return DataType::Datetime;
        }
        match format {
            Some("date-time" | "date") => {
                self.unkept(node, at, &["type", "format"]);
                self.lose(
                    &format!("{at}/format"),
                    "MLflow takes times without a zone, and refuses those with one in data frames",
                );
                DataType::Datetime
            }
            _ => {
                self.unkept(node, at, &["type"]);
                DataType::String
            }
        }
    }

    fn params(&mut self, node: &'t Node) -> Vec<Param> {
        let at = "/properties/params";
        let node = self.resolved(node);
        self.unkept(node, at, &["type", "properties", "additionalProperties"]);
        let entries = node.get("properties").and_then(Node::entries).unwrap_or_default();
        let mut params = Vec::with_capacity(entries.len());
        for entry in entries {
            let at = format!("{at}/properties/{}", escape(&entry.key));
            let default = entry.value.get("default").map(Node::to_json);
            if default.is_none() {
                self.lose(&at, "a parameter needs a default; null is taken");
            }
            let (kind, _) = self.kind(&entry.value, &at);
            let (kind, list) = match kind {
                Kind::Array(items) => (*items, true),
                other => (other, false),
            };
            let kind = match kind {
                Kind::Data(DataType::Binary) => {
                    self.lose(&at, "a parameter cannot be `binary`: it is a `string`");
                    ParamKind::Data(DataType::String)
                }
                Kind::Data(data_type) => ParamKind::Data(data_type),
                Kind::Object(properties) if !list => ParamKind::Object(properties),
                other => {
                    self.lose(
                        &at,
                        format!("a parameter cannot be `{}`: it is left out", other.title()),
                    );
                    continue;
                }
            };
            let fallback = if list { "[]" } else { "null" };
            params.push(Param {
                name: entry.key.clone(),
                kind,
                list,
                default: default.map_or(fallback.to_owned(), |default| default.to_string()),
            });
        }
        params
    }
}

/// The types that a schema names, without null.
fn types(node: &Node) -> (Vec<&str>, bool) {
    let all: Vec<&str> = match node.get("type") {
        Some(Node { content: Content::List(items), .. }) => {
            items.iter().filter_map(Node::text).collect()
        }
        Some(node) => node.text().into_iter().collect(),
        None => Vec::new(),
    };
    let null = all.contains(&"null");
    (all.into_iter().filter(|name| *name != "null").collect(), null)
}

fn required(node: &Node) -> HashSet<&str> {
    let names = node.get("required").and_then(Node::items).unwrap_or_default();
    names.iter().filter_map(Node::text).collect()
}
