//! Facts from files that other tools write.

mod evidence;
mod evidently;
mod junit;
mod k6;
mod locust;
mod ml_bom;
mod model_card;

use std::path::{Path, PathBuf};

use tollgate::source::{Content, Source, is_standard_input};
use tollgate::tree::Node;

use crate::asked::Named;
use crate::mistakes::{text, texts};
use crate::said::{self, Said};

/// A file, and who wrote it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    path: PathBuf,
    format: Format,
}

#[derive(Debug, Clone)]
enum Format {
    Facts,
    Evidently,
    K6,
    Locust,
    Junit,
    /// What becomes a label.
    ModelCard(Vec<String>),
    /// What the document calls the component.
    MlBom(Named),
}

impl File {
    /// Reads a source of the document, whose shape was checked. None where
    /// `key` names no kind of file.
    pub(crate) fn read(key: &str, node: &Node, folder: &Path) -> Option<Self> {
        let format = match key {
            "facts" => Format::Facts,
            "evidently" => Format::Evidently,
            "k6" => Format::K6,
            "locust" => Format::Locust,
            "junit" => Format::Junit,
            "model_card" => Format::ModelCard(match node.get("by") {
                Some(_) => texts(node, "by"),
                None => vec!["split".to_owned()],
            }),
            "ml_bom" => Format::MlBom(Named {
                name: text(node, "component").map(str::to_owned),
                version: text(node, "component_version").map(str::to_owned),
            }),
            _ => return None,
        };
        let place = Path::new(text(node, key)?);
        let path = if is_standard_input(place) { place.to_owned() } else { folder.join(place) };
        Some(Self { path, format })
    }

    /// What the kind's own names are called.
    pub(crate) fn usual(&self) -> &'static [(&'static str, &'static str)] {
        match self.format {
            Format::K6 => k6::USUAL,
            _ => &[],
        }
    }

    /// Reads the file.
    pub(crate) fn ask(&self, of: &Named, subject: &str) -> Said {
        match self.facts(of, subject) {
            Ok(mut said) => {
                let place = match is_standard_input(&self.path) {
                    true => "<stdin>".to_owned(),
                    false => self.path.display().to_string(),
                };
                let from = format!("{} {place}", self.writer());
                for fact in &mut said.facts {
                    fact.source.get_or_insert_with(|| from.clone());
                }
                said
            }
            Err(problem) => {
                let mut said = Said::default();
                said.missing(None, problem);
                said
            }
        }
    }

    fn facts(&self, of: &Named, subject: &str) -> Result<Said, String> {
        let source = Source::read(&self.path, Content::Facts).map_err(|error| error.to_string())?;
        match &self.format {
            Format::Facts => evidence::read(&source, subject),
            Format::Evidently => evidently::read(&said::json(&source)?),
            Format::K6 => k6::read(&said::json(&source)?),
            Format::Locust => locust::read(&source),
            Format::Junit => junit::read(&source),
            Format::ModelCard(by) => model_card::read(&source, by, of),
            Format::MlBom(named) => ml_bom::read(&source, named, of),
        }
    }

    fn writer(&self) -> &'static str {
        match self.format {
            Format::Facts => "facts",
            Format::Evidently => "evidently",
            Format::K6 => "k6",
            Format::Locust => "locust",
            Format::Junit => "junit",
            Format::ModelCard(_) => "model card",
            Format::MlBom(_) => "ml-bom",
        }
    }
}
