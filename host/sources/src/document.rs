//! The document that says where facts are: `sources.yaml`.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread;

use serde_json::{Value, json};
use tollgate::document::{DocumentError, PolicyDocument, shaped, shaped_part};
use tollgate::facts::CHAMPION;
use tollgate::judge::GateCase;
use tollgate::source::{Content, Source, is_standard_input};
use tollgate::tree::Node;
use tollgate_engine::Digest;
use tollgate_engine::types::Fact;

use crate::asked::{Asked, Named};
use crate::files::File;
use crate::listed::Listed;
use crate::mistakes::Reading;
use crate::note::Note;
use crate::prometheus::Prometheus;
use crate::said::Said;
use crate::scored::Scored;

/// The JSON Schema of the document.
pub const SOURCES_SCHEMA: &str = include_str!("../schemas/sources.schema.json");

/// The JSON Schema of the list alone.
static LIST_SCHEMA: LazyLock<String> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SOURCES_SCHEMA).unwrap_or_default();
    let list = schema.pointer("/properties/sources").cloned().unwrap_or(false.into());
    json!({ "allOf": [list], "$defs": schema.get("$defs") }).to_string()
});

/// Where facts are.
///
/// ```no_run
/// # use tollgate_sources::{Asked, Named, Sources};
/// # use tollgate::facts::{Evidence, Instant};
/// let sources = Sources::read("policies/sources.yaml".as_ref())?;
/// let collected = sources.collect(&Asked {
///     candidate: Named::new("churn", "8"),
///     champion: Some(Named::new("churn", "7")),
///     registry: None,
///     as_of: Instant::now(),
/// });
/// for note in &collected.notes {
///     eprintln!("{note}");
/// }
/// # let _ = collected.facts;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sources {
    name: String,
    /// The file and its digest; none of what stands in a profile, which has a
    /// digest of its own.
    file: Option<(PathBuf, Digest)>,
    all: Vec<(Listed, Kind)>,
}

#[derive(Debug, Clone)]
enum Kind {
    Prometheus(Prometheus),
    File(File),
    Scored(Scored),
}

/// The keys that name a kind, and of which the schema asks for one.
const KINDS: [&str; 9] =
    ["prometheus", "facts", "evidently", "k6", "locust", "junit", "model_card", "ml_bom", "scored"];

/// What all sources say.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// In the order of the document, and within a source in the order of its
    /// queries or of its file.
    pub facts: Vec<Fact>,
    /// Which source was down and why, and whatever else is to be known.
    pub notes: Vec<Note>,
}

impl Sources {
    /// Reads the document. Paths in it start at its folder.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let source = Source::read(path, Content::Document)?;
        let sources = Self::parse(&source, path.parent().unwrap_or(Path::new("")))?;
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let digest = Digest::of(source.text().as_bytes());
        Ok(Self { file: Some((place, digest)), ..sources })
    }

    /// Reads what a gate profile says under `sources`: the path of a document,
    /// or the list itself. Paths start at the profile's folder.
    ///
    /// # Errors
    /// When the file cannot be read, or with all mistakes.
    pub fn of_profile(profile: &PolicyDocument) -> Result<Option<Self>, DocumentError> {
        let Some(node) = profile.sources_tree() else { return Ok(None) };
        let (source, folder) = (profile.source(), profile.folder());
        match node.text() {
            Some(path) => Self::read(&folder.join(path)).map(Some),
            None => {
                let kind = "list of sources";
                shaped_part(source, profile.tree(), "/sources", kind, &LIST_SCHEMA)?;
                Self::listed(source, node, folder).map(Some)
            }
        }
    }

    /// The documents at these paths, and what the profiles name, each once.
    ///
    /// # Errors
    /// When one cannot be used.
    pub fn gather<'p>(
        paths: impl IntoIterator<Item = &'p PathBuf>,
        profiles: impl IntoIterator<Item = &'p PolicyDocument>,
    ) -> Result<Vec<Self>, DocumentError> {
        let mut all = Vec::new();
        for path in paths {
            Self::join(&mut all, [Self::read(path)?]);
        }
        for profile in profiles {
            Self::join(&mut all, Self::of_profile(profile)?);
        }
        Ok(all)
    }

    /// Adds documents to others; a file that is there already is asked once.
    pub fn join(all: &mut Vec<Self>, more: impl IntoIterator<Item = Self>) {
        for one in more {
            let place = one.file.as_ref().map(|(place, _)| place);
            let is_known = |it: &Self| it.file.as_ref().map(|(place, _)| place) == place;
            if place.is_none() || !all.iter().any(is_known) {
                all.push(one);
            }
        }
    }

    /// States of a run that this document said where evidence is.
    pub fn state(&self, case: &mut GateCase) {
        if let Some((_, digest)) = &self.file {
            case.state_configuration("sources", &self.name, *digest);
        }
    }

    /// Reads the document from a text; paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: &Source, folder: &Path) -> Result<Self, DocumentError> {
        let tree = shaped(source, "list of sources", SOURCES_SCHEMA)?;
        // The schema asks for it.
        let list = tree.get("sources").unwrap_or(&tree);
        Self::listed(source, list, folder)
    }

    /// Reads a list, whose shape was checked.
    fn listed(source: &Source, list: &Node, folder: &Path) -> Result<Self, DocumentError> {
        let mut reading = Reading::new(source);
        let mut all: Vec<(Listed, Kind)> = Vec::new();
        let mut reads_input = source.name() == "<stdin>";
        for item in list.items().unwrap_or_default() {
            let entries = item.entries().unwrap_or_default();
            let Some(entry) = entries.iter().find(|entry| KINDS.contains(&entry.key.as_str()))
            else {
                continue;
            };
            // A file of the version's run, or files here.
            let value = entry.value.get("mlflow").unwrap_or(&entry.value);
            let places = value.items().unwrap_or(std::slice::from_ref(value));
            let mut places = places.iter().filter_map(Node::text).peekable();
            let place = places.peek().copied().unwrap_or_default();
            let listed = Listed::read(item, format!("{} {place}", entry.key), &mut reading);
            if all.iter().any(|(other, _)| other.name == listed.name) {
                reading.advised(
                    entry.value.span,
                    format!("source `{}` is given twice", listed.name),
                    "give each a `name` of its own, where both are meant",
                );
            }
            let reads = places.any(|place| is_standard_input(Path::new(place)));
            if reads && std::mem::replace(&mut reads_input, true) {
                reading.wrong(entry.value.span, "standard input can be read once only");
            }
            let kind = match entry.key.as_str() {
                "prometheus" => Prometheus::read(item, folder, &listed.subject, &mut reading)
                    .map(Kind::Prometheus),
                "scored" => Some(Kind::Scored(Scored::read(item, folder, &mut reading))),
                key => File::read(key, item, folder).map(Kind::File),
            };
            all.extend(kind.map(|kind| (listed, kind)));
        }
        match reading.finish() {
            None => Ok(Self { name: source.name().to_owned(), file: None, all }),
            Some(mistakes) => Err(mistakes.into()),
        }
    }

    /// The file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the sources are called, for those who wait for them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(listed, _)| listed.name.as_str())
    }

    /// The first source that speaks of the champion, where one does.
    #[must_use]
    pub fn of_champion(&self) -> Option<&str> {
        let speaks = |(listed, kind): &&(Listed, Kind)| match kind {
            Kind::Scored(rows) => rows.is_of(CHAMPION),
            _ => listed.subject == CHAMPION,
        };
        let found = self.all.iter().find(speaks);
        found.map(|(listed, _)| listed.name.as_str())
    }

    /// What there will be evidence of, as far as that shows without asking a
    /// server: facts of which the values mean nothing. And the sources of which
    /// nothing can be said beforehand.
    #[must_use]
    pub fn foreseen(&self) -> (Vec<Fact>, Vec<&str>) {
        let (mut facts, mut unknown) = (Vec::new(), Vec::new());
        for (listed, kind) in &self.all {
            let said = match kind {
                Kind::Prometheus(server) => listed.dress(server.foreseen(), &[]),
                Kind::Scored(rows) => listed.dress(rows.foreseen(), &[]),
                Kind::File(file) => {
                    let said = file.ask(&Named::default(), &listed.subject);
                    listed.dress(said, file.usual())
                }
            };
            match said.0.is_empty() {
                true => unknown.push(listed.name.as_str()),
                false => facts.extend(said.0),
            }
        }
        (facts, unknown)
    }

    /// Asks all sources side by side. One that is down, or says what cannot be
    /// used, makes its facts missing and is noted: nothing here fails, and
    /// nothing that is missing is made up.
    #[must_use]
    pub fn collect(&self, asked: &Asked) -> Collected {
        let said = thread::scope(|scope| {
            let asking: Vec<_> =
                self.all.iter().map(|source| scope.spawn(move || ask(source, asked))).collect();
            asking
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Vec<_>>()
        });
        let mut collected = Collected::default();
        for (facts, notes) in said {
            collected.facts.extend(facts);
            collected.notes.extend(notes);
        }
        collected
    }
}

fn ask((listed, kind): &(Listed, Kind), asked: &Asked) -> (Vec<Fact>, Vec<Note>) {
    let of = match (listed.subject.as_str(), &asked.champion) {
        (CHAMPION, Some(champion)) => champion,
        (CHAMPION, None) => {
            let mut said = Said::default();
            said.remark(None, "there is no champion to ask for");
            return listed.dress(said, &[]);
        }
        _ => &asked.candidate,
    };
    match kind {
        Kind::Prometheus(server) => listed.dress(server.ask(asked, of), &[]),
        Kind::Scored(rows) => listed.dress(rows.ask(asked.registry.as_ref(), of), &[]),
        Kind::File(file) => listed.dress(file.ask(of, &listed.subject), file.usual()),
    }
}
