//! What describes a model version, text by text, whoever gave it.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Model, ModelError};
use crate::mistake::Mistake;
use crate::source::{self, Source};
use crate::tree::{Content, Node, NonFinite};

/// The texts that describe a model version.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// Where it is: a folder, or `models:/churn/8`.
    pub from: String,
    /// The file `MLmodel`.
    pub mlmodel: Option<Source>,
    /// MLflow's answer to `runs/get`.
    pub run: Option<Source>,
    /// MLflow's answer to `model-versions/get`.
    pub version: Option<Source>,
    /// MLflow's answer to `registered-models/get`.
    pub registered: Option<Source>,
    /// Facts in our own form.
    pub facts: Vec<Source>,
    /// The file `requirements.txt`.
    pub requirements: Option<Source>,
    /// The paths of its files; none where nobody looked.
    pub artifacts: Option<Vec<String>>,
}

/// More files are not told apart by any rule, and a folder of data has many.
const MOST_ARTIFACTS: usize = 10_000;

impl Description {
    /// What a folder holds.
    ///
    /// # Errors
    /// When there is nothing of a model, or a file cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Self, ModelError> {
        let read = |file: &str| -> Result<Option<Source>, ModelError> {
            let path = source::in_folder(folder, file)?;
            Ok(path.map(|path| Source::read(&path, source::Content::Model)).transpose()?)
        };
        let description = Self {
            from: folder.display().to_string(),
            mlmodel: read("MLmodel")?,
            run: read("run.json")?,
            version: read("model_version.json")?,
            registered: read("registered_model.json")?,
            facts: read("facts.json")?.into_iter().collect(),
            requirements: read("requirements.txt")?,
            artifacts: Some(files_below(folder)),
        };
        let is_model = description.mlmodel.is_some()
            || description.run.is_some()
            || description.version.is_some()
            || !description.facts.is_empty();
        if is_model { Ok(description) } else { Err(ModelError::NotAModel(description.from)) }
    }

    pub(super) fn read(self) -> Result<Read, ModelError> {
        let mut model = Model::default();
        if let Some(source) = &self.version {
            version(source, &mut model)?;
        }
        model.title = match (&model.name, &model.version) {
            (Some(name), Some(version)) => format!("{name} v{version}"),
            _ => self.from,
        };
        let mut read = Read { model, ..Read::default() };
        if let Some(source) = &self.run {
            run(source, &mut read)?;
        }
        if let Some(source) = &self.registered {
            registered(source, &mut read.model)?;
        }
        read.model.mlmodel = self.mlmodel;
        read.pinned_requirements = self.requirements.as_ref().map(|it| are_pinned(it.text()));
        read.artifacts = self.artifacts;
        Ok(read)
    }
}

/// What a description says, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) model: Model,
    pub(super) parameters: Vec<(String, String)>,
    /// How many metrics the run has; none where there is no run.
    pub(super) metrics: Option<usize>,
    pub(super) pinned_requirements: Option<bool>,
    pub(super) artifacts: Option<Vec<String>>,
}

fn version(source: &Source, model: &mut Model) -> Result<(), ModelError> {
    let tree = Node::parse_json(source)?;
    let version = tree.get("model_version").unwrap_or(&tree);
    if version.entries().is_none() {
        let problem = format!("a model version is a map, found {}", version.kind());
        return Err(Mistake::new(source, version.span, problem).into());
    }
    let filled = |key: &str| text(version, key).filter(|text| !text.is_empty());
    model.name = text(version, "name");
    model.version = text(version, "version");
    model.run_id = filled("run_id");
    model.location = filled("source");
    model.stage = filled("current_stage");
    let aliases = version.get("aliases").and_then(Node::items).unwrap_or_default();
    model.aliases = aliases.iter().filter_map(Node::text).map(str::to_owned).collect();
    model.aliases.sort();
    model.tags = pairs(version.get("tags"));
    let description = filled("description").map(|text| ("description".to_owned(), text));
    add_tags(model, description.into_iter().collect());
    Ok(())
}

fn run(source: &Source, read: &mut Read) -> Result<(), ModelError> {
    let tree = Node::parse(source, NonFinite::Kept)?;
    let Some(run) = tree.get("run") else { return Ok(()) };
    let data = |key: &str| run.get("data").and_then(|data| data.get(key));
    let metrics = data("metrics").and_then(Node::items).unwrap_or_default();
    let names = metrics.iter().filter_map(|metric| metric.get("key").and_then(Node::text));
    read.metrics = Some(names.collect::<BTreeSet<_>>().len());
    read.parameters = pairs(data("params"));
    add_tags(&mut read.model, pairs(data("tags")));
    if read.model.run_id.is_none() {
        let id = run.get("info").and_then(|info| text(info, "run_id"));
        read.model.run_id = id.filter(|id| !id.is_empty());
    }
    Ok(())
}

/// What MLflow says of a version has its aliases only where it was asked for by
/// one of them; the registered model has them all.
fn registered(source: &Source, model: &mut Model) -> Result<(), ModelError> {
    let tree = Node::parse_json(source)?;
    let registered = tree.get("registered_model").unwrap_or(&tree);
    let aliases = registered.get("aliases").and_then(Node::items).unwrap_or_default();
    for alias in aliases {
        if let (Some(name), version @ Some(_)) = (text(alias, "alias"), text(alias, "version"))
            && version == model.version
            && !model.aliases.contains(&name)
        {
            model.aliases.push(name);
        }
    }
    model.aliases.sort();
    add_tags(model, pairs(registered.get("tags")));
    Ok(())
}

/// Adds the tags under keys that are not there yet.
fn add_tags(model: &mut Model, tags: Vec<(String, String)>) {
    let known: BTreeSet<String> = model.tags.iter().map(|(key, _)| key.clone()).collect();
    model.tags.extend(tags.into_iter().filter(|(key, _)| !known.contains(key)));
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(|node| match &node.content {
        Content::Text(text) => Some(text.clone()),
        Content::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Keys and values, as MLflow lists tags and parameters.
fn pairs(list: Option<&Node>) -> Vec<(String, String)> {
    let items = list.and_then(Node::items).unwrap_or_default();
    let pair = |item: &Node| Some((text(item, "key")?, text(item, "value")?));
    items.iter().filter_map(pair).collect()
}

/// Whether each line names one version: `numpy==2.1.3`.
fn are_pinned(requirements: &str) -> bool {
    let mut lines = requirements
        .lines()
        .map(|line| line.split_once(" #").map_or(line, |(line, _)| line).trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("--hash"))
        .peekable();
    let pinned = |line: &str| {
        let (requirement, _) = line.split_once(';').unwrap_or((line, ""));
        let version = requirement.split_once("===").or_else(|| requirement.split_once("=="));
        version.is_some_and(|(name, version)| {
            let version = version.split_whitespace().next().unwrap_or_default();
            !name.contains(['<', '>', '~', '!', ','])
                && !version.is_empty()
                && !version.contains(['*', ',', '<', '>'])
        })
    };
    lines.peek().is_some() && lines.all(pinned)
}

/// The paths of the files below a folder, sorted; links are not followed.
fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(path) = entry.path().strip_prefix(folder)
                && let Some(path) = path.to_str()
            {
                files.push(path.replace('\\', "/"));
            }
        }
        if files.len() + folders.len() > MOST_ARTIFACTS {
            break;
        }
    }
    files.sort();
    files.truncate(MOST_ARTIFACTS);
    files
}

#[cfg(test)]
mod tests {
    use super::are_pinned;

    #[test]
    fn only_one_version_is_pinned() {
        for pinned in [
            "numpy==2.1.3\n",
            "# a comment\n\nscikit-learn==1.5.2 # why\nnumpy == 2.1.3; python_version > '3.9'\n",
            "torch===2.4.0+cpu --hash=sha256:00",
        ] {
            assert!(are_pinned(pinned), "{pinned}");
        }
        for loose in [
            "",
            "# nothing\n",
            "numpy\n",
            "numpy>=2\n",
            "numpy==2.*\n",
            "numpy==2.1.3,<3\n",
            "numpy>=1,==2.1.3\n",
            "numpy==2.1.3\npandas\n",
            "numpy==\n",
            "-r other.txt\n",
            "git+https://example.org/numpy\n",
        ] {
            assert!(!are_pinned(loose), "{loose}");
        }
    }
}
