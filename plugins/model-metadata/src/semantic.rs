//! Semantic versions, and which part of one must rise.

use core::cmp::Ordering;

use semver::Version;

/// Reads a semantic version; a `v` before it, as tags of Git have, is no part
/// of it.
pub(crate) fn parse(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

/// What a signature asks of a version beside the one before, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub(crate) enum Part {
    None,
    Patch,
    Minor,
    Major,
}

impl Part {
    /// As the fact `signature_change` says it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::None,
            "patch" => Self::Patch,
            "minor" => Self::Minor,
            "major" => Self::Major,
            _ => return None,
        })
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "PATCH",
            Self::Minor => "MINOR",
            Self::Major => "MAJOR",
        }
    }

    /// Whether `version` is above `other` by this part or a greater one. A
    /// version before 1.0.0 is no exception.
    pub(crate) fn is_raised(self, other: &Version, version: &Version) -> bool {
        match self {
            Self::None => other.cmp_precedence(version) != Ordering::Greater,
            Self::Patch => other.cmp_precedence(version) == Ordering::Less,
            Self::Minor => (version.major, version.minor) > (other.major, other.minor),
            Self::Major => version.major > other.major,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_rise() {
        for (part, other, version, expected) in [
            (Part::Major, "1.4.2", "2.0.0", true),
            (Part::Major, "1.4.2", "1.5.0", false),
            (Part::Major, "0.4.2", "0.5.0", false),
            (Part::Major, "1.4.2", "2.0.0-rc.1", true),
            (Part::Minor, "1.4.2", "1.5.0", true),
            (Part::Minor, "1.4.2", "2.0.0", true),
            (Part::Minor, "1.4.2", "1.4.3", false),
            (Part::Patch, "1.4.2", "1.4.3", true),
            (Part::Patch, "1.4.2", "1.4.2+build", false),
            (Part::Patch, "1.4.2-rc.1", "1.4.2", true),
            (Part::Patch, "1.4.2", "1.4.2-rc.1", false),
            (Part::None, "1.4.2", "1.4.2", true),
            (Part::None, "1.4.2", "1.4.2+build", true),
            (Part::None, "1.4.2", "1.4.1", false),
            (Part::None, "1.10.0", "1.9.0", false),
        ] {
            let (other, version) = (parse(other).unwrap(), parse(version).unwrap());
            assert_eq!(part.is_raised(&other, &version), expected, "{part:?} {other} {version}");
        }
    }

    #[test]
    fn parts_are_named_to_the_letter() {
        for text in ["Major", "MAJOR", " major", "breaking", ""] {
            assert_eq!(Part::parse(text), None, "{text}");
        }
    }
}
