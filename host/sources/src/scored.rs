//! Facts from files of scored rows.

use std::path::{Path, PathBuf};

use tollgate::tree::Node;
use tollgate_scored::Spec;

use crate::mistakes::Reading;
use crate::said::Said;

/// Files of scored rows, and what is asked of them.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    spec: Box<Spec>,
    folder: PathBuf,
}

impl Scored {
    /// Reads a source of the document, whose shape was checked.
    pub(crate) fn read(node: &Node, folder: &Path, reading: &mut Reading<'_>) -> Self {
        let spec = Spec::read(node, &mut |span, problem| reading.wrong(span, problem));
        Self { spec: Box::new(spec), folder: folder.to_owned() }
    }

    /// Whether its rows are of this subject, or those of an arm are.
    pub(crate) fn is_of(&self, subject: &str) -> bool {
        let arms = self.spec.variant.iter().flat_map(|variant| variant.subjects.values());
        self.spec.subject == subject || arms.into_iter().any(|arm| arm == subject)
    }

    /// Counts the rows.
    pub(crate) fn ask(&self) -> Said {
        let mut said = Said::default();
        match tollgate_scored::facts(&self.spec, &self.folder) {
            Err(error) => said.missing(None, error.to_string()),
            Ok(counted) => {
                said.facts = counted.facts;
                for why in counted.missing {
                    said.missing(None, why);
                }
                for what in counted.notes {
                    said.remark(None, what);
                }
            }
        }
        said
    }
}
