//! What the requests of an Envoy are judged by.

use std::collections::BTreeSet;

use tollgate::document::suggestion::suggestion;
use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::Source;
use tollgate::tree::Node;

/// What the requests of an Envoy are judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envoy {
    /// Whether a request that no route is for goes on.
    pub pass_unmatched: bool,
    /// What requests are judged by, by their paths.
    pub routes: Vec<EnvoyRoute>,
}

/// What requests to a path are judged by. Without either they go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvoyRoute {
    /// Which paths it is for.
    pub at: RoutePath,
    /// The check that a request must pass.
    pub check: Option<String>,
    /// What decides.
    pub decide: Option<EnvoyDecide>,
}

/// Which paths a route is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutePath {
    /// This one.
    Exact(String),
    /// All that begin so.
    Prefix(String),
}

/// What decides on requests, or on requests and their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvoyDecide {
    /// The policy's name.
    pub policy: String,
    /// The actions that let it through.
    pub allow: Vec<String>,
    /// What is decided on.
    pub on: DecideOn,
}

/// What is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecideOn {
    /// The request alone.
    Request,
    /// Each row of the request with the score that the model gave it.
    Exchange {
        /// What the policy calls the score.
        score: String,
        /// The output, or the member of each prediction, that is the score.
        output: Option<String>,
        /// Whether the answer tells what was decided.
        body: bool,
    },
}

impl RoutePath {
    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::Exact(text) | Self::Prefix(text)) = self;
        text
    }
}

/// Reads what was checked for its shape; policies and checks are known by these
/// names.
pub(super) fn read<'n>(
    node: &Node,
    source: &Source,
    policies: impl Iterator<Item = &'n str> + Clone,
    checks: impl Iterator<Item = &'n str> + Clone,
    mistakes: &mut Gathered,
) -> Envoy {
    let mut seen = BTreeSet::new();
    let mut routes = Vec::new();
    for item in node.get("routes").and_then(Node::items).unwrap_or_default() {
        let mut reader = Reader { item, source, mistakes: &mut *mistakes };
        let Some(at) = reader.path() else { continue };
        if !seen.insert(at.clone()) {
            reader.wrong("path", "prefix", format!("`{}` has a route already", at.text()), None);
        }
        let check = reader.name("check", "checks", checks.clone());
        let policy = reader.name("decide", "policies", policies.clone());
        let on = reader.on();
        let decide = policy.map(|policy| EnvoyDecide { policy, allow: reader.allow(), on });
        routes.push(EnvoyRoute { at, check, decide });
    }
    let pass_unmatched = node.get("unmatched").and_then(Node::text) == Some("allow");
    Envoy { pass_unmatched, routes }
}

struct Reader<'a> {
    item: &'a Node,
    source: &'a Source,
    mistakes: &'a mut Gathered,
}

impl<'a> Reader<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.item.get(key).and_then(Node::text)
    }

    fn wrong(&mut self, key: &str, or: &str, message: String, help: Option<String>) {
        if let Some(node) = self.item.get(key).or_else(|| self.item.get(or)) {
            let mistake = Mistake::new(self.source, node.span, message);
            self.mistakes.push(mistake.maybe_suggest(help));
        }
    }

    fn path(&mut self) -> Option<RoutePath> {
        let at = match (self.text("path"), self.text("prefix")) {
            (Some(path), _) => RoutePath::Exact(path.to_owned()),
            (None, prefix) => RoutePath::Prefix(prefix?.to_owned()),
        };
        if !is_normal(at.text()) {
            let message = format!("`{}` is no path in its normal form", at.text());
            let help = "begin with `/`, without `//`, `.` and `..` between slashes, `\\`, `?`, \
                        and without percent-encoded letters, digits and slashes";
            self.wrong("path", "prefix", message, Some(help.to_owned()));
        }
        Some(at)
    }

    /// A name that must be known.
    fn name<'n>(
        &mut self,
        key: &str,
        under: &str,
        mut known: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<String> {
        let name = self.text(key)?;
        if !known.clone().any(|it| it == name) {
            let message = format!("there is no `{name}` under `{under}`");
            let help = suggestion(name, known.by_ref());
            self.wrong(key, key, message, help);
        }
        Some(name.to_owned())
    }

    fn allow(&self) -> Vec<String> {
        let items = self.item.get("allow").and_then(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::text).map(str::to_owned).collect()
    }

    fn on(&mut self) -> DecideOn {
        if self.text("on") == Some("exchange") {
            return DecideOn::Exchange {
                score: self.text("score").unwrap_or("score").to_owned(),
                output: self.text("output").map(str::to_owned),
                body: self.item.get("body").is_some_and(Node::is_true),
            };
        }
        for key in ["score", "output", "body"] {
            let message = format!("`{key}` is of the model's answer, which is not decided on here");
            let help = Some("add `on: exchange`, or leave it out".to_owned());
            self.wrong(key, key, message, help);
        }
        DecideOn::Request
    }
}

/// Whether a path, without its query, is written in the one way that all
/// readers take it for the same (RFC 3986, 6.2.2). Otherwise what is judged
/// here need not be what a server behind reads.
pub(crate) fn is_normal(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let count = rest.split('/').count();
    let are_segments = rest.split('/').enumerate().all(|(index, segment)| {
        // A slash at the end is a path of its own.
        (!segment.is_empty() || index + 1 == count) && segment != "." && segment != ".."
    });
    let is_letter = |byte: u8| byte.is_ascii_graphic() && !b"\\?#".contains(&byte);
    are_segments && path.bytes().all(is_letter) && path.split('%').skip(1).all(is_needed)
}

/// Whether what follows a `%` is an encoding that is needed.
fn is_needed(after: &str) -> bool {
    let Some(digits) = after.get(..2) else { return false };
    let decoded = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
    decoded.is_some_and(|byte| {
        byte >= b' ' && !byte.is_ascii_alphanumeric() && !b"-._~/\\\x7f".contains(&byte)
    })
}
