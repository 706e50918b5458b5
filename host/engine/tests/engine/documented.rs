//! The host's types say what the WIT says: each item, field and case begins
//! with the first sentence that it has in the newest contract.

use std::collections::BTreeMap;
use std::path::Path;

use tollgate_engine::CONTRACT_VERSIONS;
use wit_parser::{Docs, Resolve, TypeDefKind};

const TYPES: &str = include_str!("../../src/types.rs");

/// `finding` and `finding.rule`, with their first sentences.
fn of_contract() -> BTreeMap<String, String> {
    let newest = CONTRACT_VERSIONS.last().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit").join(newest);
    let mut resolve = Resolve::default();
    resolve.push_dir(folder).unwrap();
    let mut items = BTreeMap::new();
    for (_, item) in &resolve.types {
        let Some(name) = &item.name else { continue };
        let mut add = |part: &str, docs: &Docs| {
            let says =
                docs.contents.as_deref().unwrap_or_else(|| panic!("{name}{part} says nothing"));
            items.insert(format!("{name}{part}"), sentence(says));
        };
        match &item.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().for_each(|it| add(&format!(".{}", it.name), &it.docs));
            }
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().for_each(|it| add(&format!(".{}", it.name), &it.docs));
            }
            TypeDefKind::Enum(choice) => {
                choice.cases.iter().for_each(|it| add(&format!(".{}", it.name), &it.docs));
            }
            // A type of another interface by its name.
            _ => continue,
        }
        add("", &item.docs);
    }
    items
}

/// The same of the host's types, as they are written.
fn of_host() -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    let (mut docs, mut within) = (String::new(), String::new());
    for line in TYPES.lines() {
        let text = line.trim();
        if let Some(doc) = text.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
            continue;
        }
        let word = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let item = ["pub struct ", "pub enum "].into_iter().find_map(|it| line.strip_prefix(it));
        if let Some(item) = item {
            within = kebab(&word(item));
            items.insert(within.clone(), sentence(&docs));
        } else if line.starts_with('}') {
            within.clear();
        } else if !within.is_empty() && !docs.is_empty() && !text.starts_with('#') {
            let name = kebab(&word(text.strip_prefix("pub ").unwrap_or(text)));
            items.insert(format!("{within}.{name}"), sentence(&docs));
        }
        if !text.starts_with('#') {
            docs.clear();
        }
    }
    items
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab.replace('_', "-")
}

/// The first sentence, without what marks code and links.
fn sentence(docs: &str) -> String {
    let plain = docs.replace(['`', '[', ']'], "");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let text = words.join(" ");
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(&text).trim_end_matches('.').to_owned()
}

#[test]
fn the_hosts_types_say_what_the_contract_says() {
    let (contract, host) = (of_contract(), of_host());
    assert!(contract.len() > 60, "{contract:?}");
    let mut differ = Vec::new();
    for (item, says) in &contract {
        match host.get(item) {
            None => differ.push(format!("`{item}` is missing")),
            Some(ours) if ours != says => differ.push(format!("`{item}`: {ours:?}, not {says:?}")),
            Some(_) => {}
        }
    }
    assert!(differ.is_empty(), "host/engine/src/types.rs:\n{}", differ.join("\n"));
}
