//! Reads the configuration, and collects what is wrong in it.

use std::fs;
use std::path::Path;

use tollgate::document::suggestion::{alternatives, suggestion};
use tollgate::mistake::{Gathered, Mistake, Mistakes, Span};
use tollgate::source::Source;
use tollgate::tree::{Entry, Node};

use super::{Config, Issuer, Right, Role};
use crate::keys::Keys;
use crate::request::{name, says_nothing};
use crate::store::Location;

/// Roles that read and do nothing else, unless the configuration says otherwise.
const READERS: [&str; 2] = ["data_scientist", "service_account"];

/// Issuers that give tokens to everybody who has an account there. Which of
/// them are meant only other claims say.
const PUBLIC: [&str; 3] = [
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://accounts.google.com",
];

/// A key file of some thousand keys.
const LARGEST: u64 = 1 << 20;

pub(super) struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    mistakes: Gathered,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, folder: &'a Path) -> Self {
        Self { source, folder, mistakes: Gathered::default() }
    }

    pub(super) fn read(mut self, tree: &Node) -> Result<Config, Mistakes> {
        let mut config = Config::default();
        self.keys(tree, &["store", "issuers", "roles"]);
        if let Some(entry) = tree.entry("store") {
            config.store = self.store(entry);
        }
        if let Some(issuers) = self.list(tree, "issuers") {
            for issuer in issuers {
                let Some(read) = self.issuer(issuer) else { continue };
                if config.issuers.iter().any(|known| known.issuer == read.issuer) {
                    let message = format!("issuer `{}` is given twice", read.issuer);
                    self.wrong(issuer.nearest("/issuer").span(), message);
                }
                config.issuers.push(read);
            }
        }
        for entry in self.entries(tree, "roles") {
            let role = self.role(entry);
            config.roles.push(role);
        }
        match self.mistakes.finish() {
            Some(mistakes) => Err(mistakes),
            None => Ok(config),
        }
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.advise(span, message, None);
    }

    fn advise(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.mistakes.push(Mistake::new(self.source, span, message).maybe_suggest(help));
    }

    /// Tells of a value that is no map, and of keys that nothing reads.
    fn keys(&mut self, node: &Node, known: &[&str]) {
        let Some(entries) = node.entries() else {
            let keys = alternatives(known);
            return self
                .wrong(node.span, format!("expected a map with {keys}, found {}", node.kind()));
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = suggestion(&entry.key, known.iter().copied());
            self.advise(entry.key_span, format!("nothing reads `{}`", entry.key), help);
        }
    }

    fn entries<'t>(&mut self, node: &'t Node, key: &str) -> &'t [Entry] {
        let Some(entry) = node.entry(key) else { return &[] };
        entry.value.entries().unwrap_or_else(|| {
            let message = format!("`{key}` must be a map, found {}", entry.value.kind());
            self.wrong(entry.value.span, message);
            &[]
        })
    }

    fn list<'t>(&mut self, node: &'t Node, key: &str) -> Option<&'t [Node]> {
        let entry = node.entry(key)?;
        let items = entry.value.items();
        if items.is_none() {
            let message = format!("`{key}` must be a list, found {}", entry.value.kind());
            self.wrong(entry.value.span, message);
        }
        items
    }

    /// A text that says something.
    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.text() {
            Some(text) if !says_nothing(text) => match name(&format!("`{what}`"), text) {
                Ok(text) => return Some(text),
                Err(error) => self.wrong(node.span, error.to_string()),
            },
            Some(_) => self.wrong(node.span, format!("`{what}` says nothing")),
            None => {
                self.wrong(node.span, format!("`{what}` must be text, found {}", node.kind()));
            }
        }
        None
    }

    /// Texts, of which there is one or more.
    fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match node.items() {
            Some([]) => {
                self.wrong(node.span, format!("`{what}` is empty"));
                Vec::new()
            }
            Some(items) => items.iter().filter_map(|item| self.text(item, what)).collect(),
            None => self.text(node, what).into_iter().collect(),
        }
    }

    fn required(&mut self, node: &Node, key: &str, why: &str) -> Option<String> {
        match node.get(key) {
            Some(value) => self.text(value, key),
            None => {
                self.wrong(node.nearest("").span(), format!("an issuer needs `{key}`: {why}"));
                None
            }
        }
    }

    fn store(&mut self, entry: &Entry) -> Option<Location> {
        let text = self.text(&entry.value, "store")?;
        match Location::parse(&text, self.folder) {
            Ok(location) if location.holds_a_password() => {
                let help = Some("leave it out, and set `PGPASSWORD`".to_owned());
                self.advise(entry.value.span, "a password has no place in a file", help);
                None
            }
            Ok(location) => Some(location),
            Err(error) => {
                self.wrong(entry.value.span, error.to_string());
                None
            }
        }
    }

    fn issuer(&mut self, node: &Node) -> Option<Issuer> {
        self.keys(node, &["issuer", "audience", "person", "claims", "groups", "keys"]);
        node.entries()?;
        let issuer = self.required(node, "issuer", "the `iss` of its tokens");
        let audience =
            self.required(node, "audience", "the `aud` of tokens that are meant for you");
        let person = self.required(node, "person", "the claim that names the person, as `email`");
        let mut claims = Vec::new();
        for entry in self.entries(node, "claims") {
            let texts = self.texts(&entry.value, &entry.key);
            claims.push((entry.key.clone(), texts));
        }
        let groups = node.get("groups").and_then(|groups| self.text(groups, "groups"));
        let keys = node.entry("keys").map(|entry| self.key_file(&entry.value));
        let issuer = issuer?;
        let span = node.nearest("/issuer").span();
        if PUBLIC.contains(&issuer.trim_end_matches('/')) && claims.is_empty() {
            let help = "say with `claims` which are yours, as `repository_owner: acme`";
            let message = format!("everybody who has an account there gets tokens of `{issuer}`");
            self.advise(span, message, Some(help.to_owned()));
        }
        if keys.is_none() && !crate::address::may_be_asked(&issuer) {
            let help = "give its public keys with `keys`, or an address with https";
            let message = format!("`{issuer}` cannot be asked for its keys");
            self.advise(span, message, Some(help.to_owned()));
        }
        let keys = match keys {
            // It could not be read, which was told.
            Some(None) => return None,
            keys => keys.flatten(),
        };
        Some(Issuer { issuer, audience: audience?, person: person?, claims, groups, keys })
    }

    fn key_file(&mut self, node: &Node) -> Option<Keys> {
        let path = self.text(node, "keys")?;
        let read = || -> Result<Keys, String> {
            let file = self.folder.join(&path);
            let metadata = fs::metadata(&file).map_err(|error| error.to_string())?;
            if !metadata.is_file() || metadata.len() > LARGEST {
                return Err("no file of at most 1 MiB".to_owned());
            }
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            Keys::parse(&text).map_err(|problem| format!("it is {problem}"))
        };
        match read() {
            Ok(keys) => Some(keys),
            Err(problem) => {
                self.wrong(node.span, format!("`{path}` cannot be used: {problem}"));
                None
            }
        }
    }

    fn role(&mut self, entry: &Entry) -> Role {
        let mut role = Role {
            name: entry.key.clone(),
            people: Vec::new(),
            groups: Vec::new(),
            may: match READERS.contains(&entry.key.as_str()) {
                true => Vec::new(),
                false => vec![Right::Request, Right::Vote],
            },
        };
        if let Err(error) = name("the role", &entry.key) {
            self.wrong(entry.key_span, error.to_string());
        }
        if entry.value.items().is_some() {
            role.people = self.texts(&entry.value, &entry.key);
            return role;
        }
        self.keys(&entry.value, &["people", "groups", "may"]);
        if let Some(people) = entry.value.get("people") {
            role.people = self.texts(people, "people");
        }
        if let Some(groups) = entry.value.get("groups") {
            role.groups = self.texts(groups, "groups");
        }
        if let Some(may) = self.list(&entry.value, "may") {
            role.may = may.iter().filter_map(|right| self.right(right)).collect();
        }
        role
    }

    fn right(&mut self, node: &Node) -> Option<Right> {
        match self.text(node, "may")?.as_str() {
            "request" => Some(Right::Request),
            "vote" => Some(Right::Vote),
            other => {
                let help = suggestion(other, ["request", "vote"]);
                self.advise(node.span, format!("there is no right `{other}`"), help);
                None
            }
        }
    }
}
