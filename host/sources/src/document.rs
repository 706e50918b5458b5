//! The document that says where facts are: `sources.yaml`.

use std::path::Path;
use std::thread;

use tollgate::document::{DocumentError, shaped};
use tollgate::facts::CHAMPION;
use tollgate::source::{Content, Source, is_standard_input};
use tollgate::tree::Node;
use tollgate_engine::types::Fact;

use crate::asked::Asked;
use crate::files::File;
use crate::listed::Listed;
use crate::mistakes::Reading;
use crate::note::Note;
use crate::prometheus::Prometheus;
use crate::said::Said;
use crate::scored::Scored;

/// The JSON Schema of the document.
pub const SOURCES_SCHEMA: &str = include_str!("../schemas/sources.schema.json");

/// Where facts are.
///
/// ```no_run
/// # use tollgate_sources::{Asked, Named, Sources};
/// # use tollgate::facts::{Evidence, Instant};
/// let sources = Sources::read("policies/sources.yaml".as_ref())?;
/// let collected = sources.collect(&Asked {
///     candidate: Named::new("churn", "8"),
///     champion: Some(Named::new("churn", "7")),
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
        Self::parse(&source, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the document from a text; paths in it start at `folder`.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(source: &Source, folder: &Path) -> Result<Self, DocumentError> {
        let tree = shaped(source, "list of sources", SOURCES_SCHEMA)?;
        let mut reading = Reading::new(source);
        let mut all: Vec<(Listed, Kind)> = Vec::new();
        let mut reads_input = source.name() == "<stdin>";
        for item in tree.get("sources").and_then(Node::items).unwrap_or_default() {
            let entries = item.entries().unwrap_or_default();
            let Some(entry) = entries.iter().find(|entry| KINDS.contains(&entry.key.as_str()))
            else {
                continue;
            };
            let places = entry.value.items().unwrap_or(std::slice::from_ref(&entry.value));
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
            None => Ok(Self { name: source.name().to_owned(), all }),
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
        Kind::Scored(rows) => listed.dress(rows.ask(), &[]),
        Kind::File(file) => listed.dress(file.ask(of, &listed.subject), file.usual()),
    }
}
