//! `models:/fraud_detector/42` and `models:/fraud_detector@champion`.

use std::fmt;
use std::str::FromStr;

/// A model of a registry, and which version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReference {
    /// The registered name.
    pub name: String,
    /// Which version.
    pub pick: Pick,
}

/// Which version of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The one of this number.
    Version(u64),
    /// The one that this alias names now.
    Alias(String),
}

impl fmt::Display for ModelReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pick {
            Pick::Version(version) => write!(f, "models:/{}/{version}", self.name),
            Pick::Alias(alias) => write!(f, "models:/{}@{alias}", self.name),
        }
    }
}

impl FromStr for ModelReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forms = "a version of a registry is `models:/NAME/VERSION` or `models:/NAME@ALIAS`";
        let rest = text
            .strip_prefix("models:/")
            .map(|rest| rest.strip_prefix('/').unwrap_or(rest))
            .ok_or_else(|| format!("`{text}` does not begin with `models:/`: {forms}"))?;
        let named = |name: &str, pick| {
            let is_name = !name.is_empty() && !name.contains(['/', ':', '@']);
            is_name.then(|| Self { name: name.to_owned(), pick })
        };
        if let Some((name, alias)) = rest.split_once('@') {
            let pick = Pick::Alias(alias.to_owned());
            let found = named(name, pick).filter(|_| !alias.is_empty() && !alias.contains('/'));
            return found.ok_or_else(|| format!("`{text}` is no version: {forms}"));
        }
        let (name, version) =
            rest.rsplit_once('/').ok_or_else(|| format!("`{text}` names no version: {forms}"))?;
        let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
        match version.parse::<u64>() {
            Ok(version @ 1..) if is_number && !rest.contains("/0") => {
                named(name, Pick::Version(version))
                    .ok_or_else(|| format!("`{text}` is no version: {forms}"))
            }
            _ => Err(format!(
                "`{version}` is no version: what is promoted is pinned by its number, since a \
                 stage or `latest` may mean another one a moment later; {forms}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_pinned_by_number_or_alias() {
        for text in ["models:/churn/8", "models:/churn@champion", "models:/a b.c-d_e/1"] {
            assert_eq!(text.parse::<ModelReference>().map(|it| it.to_string()), Ok(text.into()));
        }
        assert!("models://churn/8".parse::<ModelReference>().is_ok());
        for wrong in [
            "churn/8",
            "models:/churn",
            "models:/churn/",
            "models:/churn/latest",
            "models:/churn/Production",
            "models:/churn/0",
            "models:/churn/08",
            "models:/churn/008",
            "models:/churn/+8",
            "models:/churn/-1",
            "models:/churn@",
            "models:/@champion",
            "models://8",
            "models:/a/b/8",
            "models:/churn@a/b",
            "runs:/0af3/model",
        ] {
            assert!(wrong.parse::<ModelReference>().is_err(), "{wrong}");
        }
    }
}
