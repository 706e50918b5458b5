//! What a schema says of itself: keywords that no draft knows, and whether
//! anything can break it.
//!
//! JSON Schema ignores what it does not know, so that a schema with `typ` and
//! `propertes` passes everything. These remarks are apart from what payloads
//! get: a host asks for them once.

mod keywords;
mod refusal;

use std::collections::BTreeMap;

use jsonschema::Draft;
use serde_json::Value;
use tollgate_sdk::{Finding, Outcome, nearest};

use self::keywords::{Holds, holds, is_annotation, is_keyword};
use self::refusal::Schemas;
use crate::payload::push_step;
use crate::settings::Settings;

/// The rule of a keyword that is not known.
const UNKNOWN: &str = "unknown-keyword";

/// The rule of a schema that nothing can break.
const NOTHING: &str = "schema-judges-nothing";

/// So many keywords are named; nobody mends more at once.
const NAMED: usize = 20;

/// A keyword that its draft does not know.
#[derive(Debug)]
struct Unknown {
    keyword: String,
    draft: &'static str,
    meant: Option<&'static str>,
    /// Where it stands first.
    file: File,
    /// And where in that, as a pointer.
    pointer: String,
    /// In how many places.
    places: u32,
}

/// The schema, or one that it refers to.
#[derive(Debug, Clone)]
struct File {
    /// What it is called.
    name: String,
    /// Where it stands in the settings.
    pointer: String,
}

/// The remarks on a schema and its resources.
pub(crate) fn remarks(settings: &Settings, draft: Draft) -> Vec<Finding> {
    let mut unknown = Gathered::default();
    let file = File { name: "the schema".to_owned(), pointer: "/schema".to_owned() };
    unknown.schema(&settings.schema, draft, &file, "");
    for (uri, schema) in &settings.resources {
        let mut pointer = "/resources".to_owned();
        push_step(&mut pointer, uri);
        let file = File { name: format!("`{}`", crate::text::shortened(uri, 80)), pointer };
        unknown.schema(schema, draft, &file, "");
    }
    let mut remarks: Vec<Finding> =
        unknown.found.iter().take(NAMED).map(Unknown::finding).collect();
    let rest = unknown.found.len().saturating_sub(NAMED);
    if rest > 0 {
        let message = format!("{rest} further names in the schema are no keywords of its draft");
        remarks.push(Finding::new(UNKNOWN, Outcome::Warn, message).at("/schema"));
    }
    remarks
}

/// Whether anything can break the schema.
pub(crate) fn can_refuse(settings: &Settings, draft: Draft) -> bool {
    let schemas = Schemas::new(&settings.schema, &settings.resources, settings.formats);
    schemas.can_refuse(&settings.schema, draft)
}

/// That nothing can break the schema.
pub(crate) fn hollow(outcome: Outcome) -> Finding {
    let message = "nothing can break this schema, so that nothing was judged: no keyword in it \
                   refuses anything";
    Finding::new(NOTHING, outcome, message)
        .expected("a keyword such as `type`, `required` or `properties`")
}

#[derive(Debug, Default)]
struct Gathered {
    found: Vec<Unknown>,
    known: BTreeMap<(String, &'static str), usize>,
}

impl Gathered {
    /// Looks at a schema and those within it. Recursion is bounded by the
    /// depth that the reader allows.
    fn schema(&mut self, schema: &Value, draft: Draft, file: &File, pointer: &str) {
        let Value::Object(members) = schema else { return };
        let draft = draft.detect(schema);
        // A meta-schema of its own may have keywords of its own, and up to
        // draft 7 nothing counts beside a reference.
        let Some(name) = keywords::name(draft) else { return };
        let alone = keywords::ignores_siblings(draft) && members.contains_key("$ref");
        for (keyword, value) in members {
            let at = || {
                let mut at = pointer.to_owned();
                push_step(&mut at, keyword);
                at
            };
            if !is_keyword(keyword, draft) {
                if !is_annotation(keyword) && !alone {
                    self.add((keyword, name), at(), file, draft);
                }
                continue;
            }
            match (holds(keyword), value) {
                (Holds::Schema, Value::Array(schemas))
                | (Holds::Schemas, Value::Array(schemas)) => {
                    for (step, schema) in schemas.iter().enumerate() {
                        self.schema(schema, draft, file, &format!("{}/{step}", at()));
                    }
                }
                (Holds::Schema, schema) => self.schema(schema, draft, file, &at()),
                (Holds::Named, Value::Object(schemas)) => {
                    for (step, schema) in schemas {
                        let mut at = at();
                        push_step(&mut at, step);
                        self.schema(schema, draft, file, &at);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, what: (&str, &'static str), pointer: String, file: &File, of: Draft) {
        let (keyword, draft) = what;
        let key = (keyword.to_owned(), draft);
        if let Some(unknown) = self.known.get(&key).and_then(|at| self.found.get_mut(*at)) {
            unknown.places = unknown.places.saturating_add(1);
            return;
        }
        self.known.insert(key, self.found.len());
        let meant = (self.found.len() < NAMED).then(|| nearest(keyword, keywords::names(of)));
        self.found.push(Unknown {
            keyword: keyword.to_owned(),
            draft,
            meant: meant.flatten(),
            file: file.clone(),
            pointer,
            places: 1,
        });
    }
}

impl Unknown {
    fn finding(&self) -> Finding {
        let Self { keyword, draft, meant, file, pointer, places } = self;
        let keyword = crate::text::shortened(keyword, 80);
        let place = crate::text::shortened(pointer, 200);
        let mut message = format!(
            "`{keyword}` at `{place}` of {} is no keyword of draft {draft}, and judges nothing",
            file.name
        );
        match places {
            1 => {}
            2 => message.push_str("; 1 more place has it"),
            places => message.push_str(&format!("; {} more places have it", places - 1)),
        }
        if let Some(meant) = meant {
            message.push_str(&format!("; did you mean `{meant}`?"));
        }
        Finding::new(UNKNOWN, Outcome::Warn, message).at(format!("{}{pointer}", file.pointer))
    }
}
