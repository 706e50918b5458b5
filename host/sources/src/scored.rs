//! Facts from files of scored rows.

use std::fs;
use std::path::{Path, PathBuf};

use tollgate::tree::Node;
use tollgate_scored::Spec;

use crate::asked::Named;
use crate::mistakes::{Reading, text};
use crate::mlflow::Mlflow;
use crate::said::Said;

/// Files of scored rows, and what is asked of them.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    spec: Box<Spec>,
    folder: PathBuf,
    /// Instead of files: one that the version's run logged.
    logged: Option<String>,
}

impl Scored {
    /// Reads a source of the document, whose shape was checked.
    pub(crate) fn read(node: &Node, folder: &Path, reading: &mut Reading<'_>) -> Self {
        let spec = Spec::read(node, &mut |span, problem| reading.wrong(span, problem));
        let logged = node.get("scored").and_then(|scored| {
            let (at, path) = (scored.get("mlflow")?, text(scored, "mlflow")?);
            let climbs = path.split('/').any(|part| part.is_empty() || [".", ".."].contains(&part));
            if climbs {
                let problem = format!("`{path}` is no path below the files of a run");
                reading.wrong(at.span, problem);
            }
            Some(path.to_owned())
        });
        Self { spec: Box::new(spec), folder: folder.to_owned(), logged }
    }

    /// Whether its rows are of this subject, or those of an arm are.
    pub(crate) fn is_of(&self, subject: &str) -> bool {
        let arms = self.spec.variant.iter().flat_map(|variant| variant.subjects.values());
        self.spec.subject == subject || arms.into_iter().any(|arm| arm == subject)
    }

    /// Counts the rows of a version.
    pub(crate) fn ask(&self, registry: Option<&Mlflow>, of: &Named) -> Said {
        let counted = match &self.logged {
            None => count(&self.spec, &self.folder),
            Some(path) => self.of_run(path, registry, of),
        };
        counted.unwrap_or_else(|problem| {
            let mut said = Said::default();
            said.missing(None, problem);
            said
        })
    }

    /// What files that are here will say.
    pub(crate) fn foreseen(&self) -> Said {
        self.ask(None, &Named::default())
    }

    /// Counts the rows of a file that the version's run logged.
    fn of_run(&self, path: &str, registry: Option<&Mlflow>, of: &Named) -> Result<Said, String> {
        let (Some(mlflow), Some(name), Some(version)) = (registry, &of.name, &of.version) else {
            return Err(format!(
                "`{path}` is a file of an MLflow run, and the version is not asked of a registry: \
                 name it as `models:/NAME/VERSION`"
            ));
        };
        let number = version.parse().map_err(|_| format!("version `{version}` is no number"))?;
        let file = mlflow.run_file(name, number, path).map_err(|error| error.to_string())?;
        let place = format!("{path} of models:/{name}/{version}");
        let bytes = file.ok_or_else(|| format!("the run did not log `{path}`"))?;
        // Readers of files jump about in them, and tell formats by their names.
        let kept = tempfile::tempdir().map_err(|error| format!("no room for `{path}`: {error}"))?;
        let here = kept.path().join(path.rsplit('/').next().unwrap_or(path));
        fs::write(&here, bytes).map_err(|error| format!("no room for `{path}`: {error}"))?;
        let spec = Spec { files: vec![here.clone()], ..(*self.spec).clone() };
        // Where it lay meanwhile is nobody's business, and another place each time.
        let here = here.display().to_string();
        let named = |text: &str| text.replace(&here, &place);
        let mut said = count(&spec, &self.folder).map_err(|problem| named(&problem))?;
        for fact in &mut said.facts {
            fact.source = fact.source.as_deref().map(named);
        }
        for (_, _, message) in &mut said.notes {
            *message = named(message);
        }
        Ok(said)
    }
}

fn count(spec: &Spec, folder: &Path) -> Result<Said, String> {
    let counted = tollgate_scored::facts(spec, folder).map_err(|error| error.to_string())?;
    let mut said = Said { facts: counted.facts, ..Said::default() };
    counted.missing.into_iter().for_each(|why| said.missing(None, why));
    counted.notes.into_iter().for_each(|what| said.remark(None, what));
    Ok(said)
}
