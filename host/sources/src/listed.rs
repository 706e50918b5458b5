//! What is said of every source of the document, whatever its kind: whose its
//! facts are, and what they are called here.

use std::collections::{BTreeMap, BTreeSet};

use tollgate::facts::{CANDIDATE, RUN, is_stated, split_name};
use tollgate::tree::Node;
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::duration;
use crate::mistakes::{Reading, text};
use crate::note::Note;
use crate::said::{self, Said};

/// What is said of a source, whatever its kind.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) subject: String,
    labels: Vec<Label>,
    rename: BTreeMap<String, (String, Vec<Label>)>,
    units: BTreeMap<String, String>,
}

impl Listed {
    /// Reads a source, whose shape was checked. `place` is what it is called
    /// where the document gives it no name.
    pub(crate) fn read(node: &Node, place: String, reading: &mut Reading<'_>) -> Self {
        let subject = text(node, "subject").unwrap_or(CANDIDATE);
        if subject == RUN {
            let span = node.nearest("/subject").span();
            reading.wrong(span, "of the run itself only whoever judges speaks, and no source");
        }
        let entries = |key: &str| node.get(key).and_then(Node::entries).unwrap_or_default();
        let mut labels: Vec<Label> = entries("labels")
            .iter()
            .filter_map(|entry| Some(said::label(&entry.key, entry.value.text()?)))
            .collect();
        if let Some(window) = node.get("window").filter(|_| node.get("prometheus").is_none())
            && let Some(text) = window.text()
        {
            if duration::parse(text).is_none() {
                reading.wrong(window.span, format!("`{text}` is no length of time"));
            }
            if labels.iter().any(|label| label.key == "window") {
                reading.wrong(window.span, "the window is given twice, once as a label");
            }
            labels.push(said::label("window", text));
        }
        labels.sort();
        let mut rename = BTreeMap::new();
        for entry in entries("rename") {
            let Some(ours) = entry.value.text() else { continue };
            let Some((name, labels)) = reading.read(&entry.value, split_name(ours)) else {
                continue;
            };
            if is_stated(&name, subject) {
                let problem = format!("`{name}` is the registry's to say, and no source's");
                reading.wrong(entry.value.span, problem);
            }
            rename.insert(entry.key.clone(), (name, labels));
        }
        let units = entries("units").iter();
        Self {
            name: text(node, "name").map_or(place, str::to_owned),
            subject: subject.to_owned(),
            labels,
            rename,
            units: units
                .filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned())))
                .collect(),
        }
    }

    /// Gives what a source says its names, labels, units and subject. `usual`
    /// is what the kind's own names are called where the document does not say.
    pub(crate) fn dress(&self, mut said: Said, usual: &[(&str, &str)]) -> (Vec<Fact>, Vec<Note>) {
        let mut found = BTreeSet::new();
        let facts = std::mem::take(&mut said.facts);
        let dressed: Vec<Fact> = facts
            .into_iter()
            .filter_map(|fact| {
                found.insert(fact.name.clone());
                self.dressed(fact, usual, &mut said)
            })
            .collect();
        // Of a source that says nothing everything is missing anyway.
        let absent = self.rename.keys().filter(|theirs| !found.contains(*theirs));
        for theirs in absent.filter(|_| !found.is_empty()) {
            said.missing(
                Some(&self.renamed(theirs)),
                format!("the source says nothing of `{theirs}`"),
            );
        }
        let facts = self.told_once(dressed, &mut said);
        let notes = said.notes.into_iter().map(|(fact, gap, message)| Note {
            source: self.name.clone(),
            fact,
            gap,
            message,
        });
        (facts, notes.collect())
    }

    fn renamed(&self, theirs: &str) -> String {
        self.rename
            .get(theirs)
            .map_or_else(|| theirs.to_owned(), |(name, labels)| said::title(name, labels))
    }

    fn dressed(&self, mut fact: Fact, usual: &[(&str, &str)], said: &mut Said) -> Option<Fact> {
        if let Some((name, labels)) = self.rename.get(&fact.name) {
            fact.name.clone_from(name);
            fact.labels.extend(labels.iter().cloned());
        } else if let Some((_, ours)) = usual.iter().find(|(theirs, _)| *theirs == fact.name)
            // What the document calls so is not what the kind calls so.
            && !self.rename.values().any(|(name, _)| name == ours)
        {
            (*ours).clone_into(&mut fact.name);
        }
        let own = std::mem::take(&mut fact.labels);
        let mut labels = [own.clone(), self.labels.clone()].concat();
        labels.sort();
        labels.dedup();
        let twice = labels.array_windows().find(|[a, b]| a.key == b.key);
        let twice = twice.map(|[label, _]| label.key.clone());
        fact.labels = if twice.is_some() { own } else { labels };
        let title = tollgate::facts::title(&fact);
        // Files of facts may say whose each is.
        if fact.subject.is_empty() {
            fact.subject.clone_from(&self.subject);
        }
        if is_stated(&fact.name, &fact.subject) {
            said.missing(Some(&title), "it is the registry's to say, and no source's");
            return None;
        }
        if let Some(label) = twice {
            said.missing(Some(&title), format!("label `{label}` has two values"));
            return said::unusable(fact);
        }
        match (self.units.get(&fact.name), &fact.unit) {
            (Some(unit), Some(own)) if unit != own => {
                let what = format!("the source says it in `{own}`, and `units` in `{unit}`");
                said.missing(Some(&title), what);
                return said::unusable(fact);
            }
            (Some(unit), None) if unit != "none" => fact.unit = Some(unit.clone()),
            _ => {}
        }
        if let FactValue::Number(value) = fact.value
            && !value.is_finite()
        {
            let what = format!("it is {value}, which passes no rule");
            said.remark(Some(&title), what);
        }
        Some(fact)
    }

    /// A source that says a thing twice says nothing of it: which of both would
    /// count is a guess, and what others say of it is no way out.
    fn told_once(&self, facts: Vec<Fact>, said: &mut Said) -> Vec<Fact> {
        let key = |fact: &Fact| {
            (fact.name.clone(), fact.subject.clone(), fact.labels.clone(), fact.observed_at.clone())
        };
        let mut seen = BTreeMap::new();
        for fact in &facts {
            *seen.entry(key(fact)).or_insert(0usize) += 1;
        }
        let mut told = BTreeSet::new();
        let mut once = Vec::with_capacity(facts.len());
        for fact in facts {
            let key = key(&fact);
            if seen.get(&key).is_none_or(|times| *times == 1) {
                once.push(fact);
            } else if told.insert(key) {
                said.missing(Some(&tollgate::facts::title(&fact)), "the source says it twice");
                once.extend(said::unusable(fact));
            }
        }
        once
    }
}
