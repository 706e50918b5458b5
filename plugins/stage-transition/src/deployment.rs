//! What deployments name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::Sought;
use gate_evidence::same::same;
use tollgate_sdk::gate::{Fact, Label};

use crate::stage::CANDIDATE;
use crate::told::Told;

const PINNED_BY_VERSION: &str = "pinned-by-version";

/// The fact that says what a deployment names.
const REFERENCE: &str = "deployment_ref";

/// Judges each deployment: facts with different labels are different ones.
pub(crate) fn judge(facts: &[Fact], told: &mut Told<'_>) {
    let mut seen: Vec<&[Label]> = Vec::new();
    let references = facts.iter().filter(|it| it.subject == CANDIDATE && it.name == REFERENCE);
    for fact in references {
        let labels = fact.labels.as_slice();
        if seen.iter().any(|other| is_same_set(other, labels)) {
            continue;
        }
        seen.push(labels);
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|label| (label.key.as_str(), label.value.as_str())).collect();
        let given = Sought::new(CANDIDATE, REFERENCE).labelled(&labels).text(facts);
        let Some((text, used)) = told.needed(PINNED_BY_VERSION, given) else { continue };
        let pin = Pin::of(text);
        let message = pin.say(text);
        let finding = told.judged(PINNED_BY_VERSION, pin.is_fixed(), message, used);
        finding.actual = Some(text.into());
        finding.expected = Some("a version, as in `models:/fraud_detector/42`, or a digest".into());
    }
    if seen.is_empty() {
        let message = format!("`{REFERENCE}` of `{CANDIDATE}` is missing");
        told.missing(PINNED_BY_VERSION, message, Vec::new());
    }
}

fn is_same_set(left: &[Label], right: &[Label]) -> bool {
    let has = |label: &Label| {
        right.iter().any(|other| other.key == label.key && other.value == label.value)
    };
    left.len() == right.len() && left.iter().all(has)
}

/// What a reference names.
#[derive(Debug, PartialEq, Eq)]
enum Pin<'a> {
    /// A version, for ever.
    Version(&'a str),
    /// Bytes.
    Digest,
    /// Whatever has the alias.
    Alias(&'a str),
    /// Whatever was registered last.
    Latest,
    /// Whatever is in the stage.
    Stage(&'a str),
    /// Nothing that is known to stay.
    Nothing,
}

impl<'a> Pin<'a> {
    /// `models:/name/42`, `models://registry/name/42`, or anything at a digest.
    fn of(text: &'a str) -> Self {
        if let Some((_, digest)) = text.rsplit_once("@sha256:")
            && digest.len() == 64
            && digest.bytes().all(|digit| digit.is_ascii_hexdigit())
        {
            return Self::Digest;
        }
        let Some(path) = text.strip_prefix("models:/") else {
            let tag = text.rsplit([':', '/', '@']).next().unwrap_or_default();
            return if same(tag, "latest") { Self::Latest } else { Self::Nothing };
        };
        let path = match path.strip_prefix('/') {
            Some(path) => path.split_once('/').map_or("", |(_, path)| path),
            None => path,
        };
        match path.split_once('/') {
            None => match path.split_once('@') {
                Some((name, alias)) if !name.is_empty() && !alias.is_empty() => Self::Alias(alias),
                _ => Self::Nothing,
            },
            Some((name, _)) if name.trim().is_empty() => Self::Nothing,
            Some((_, version)) if is_version(version) => Self::Version(version),
            Some((_, version)) if same(version, "latest") => Self::Latest,
            Some((_, stage))
                if stage.bytes().all(|it| it.is_ascii_alphabetic()) && !stage.is_empty() =>
            {
                Self::Stage(stage)
            }
            Some(_) => Self::Nothing,
        }
    }

    fn is_fixed(&self) -> bool {
        matches!(self, Self::Version(_) | Self::Digest)
    }

    fn say(&self, text: &str) -> String {
        match self {
            Self::Version(version) => format!("`{text}` is pinned by version {version}"),
            Self::Digest => format!("`{text}` is pinned by digest"),
            Self::Alias(alias) => {
                format!("`{text}` follows the alias `{alias}`, whatever version has it")
            }
            Self::Latest => format!("`{text}` follows the latest version, whichever that is"),
            Self::Stage(stage) => {
                format!("`{text}` follows the stage {stage}, whatever version is in it")
            }
            Self::Nothing => format!("`{text}` names no version"),
        }
    }
}

/// A whole number of 1 or more, as a registry writes it.
fn is_version(text: &str) -> bool {
    !text.starts_with('0') && !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}
