//! Who may use the admin address.

use std::fmt;

use subtle::ConstantTimeEq as _;
use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::Source;
use tollgate::tree::Node;

/// What the holder of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See metrics and what is served.
    Read,
    /// Also change what is served.
    Rollback,
    /// Also promote versions in the registry.
    Promote,
}

impl Role {
    /// As the configuration has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Rollback => "rollback",
            Self::Promote => "promote",
        }
    }
}

/// The tokens of the admin address.
#[derive(Clone, Default)]
pub struct Tokens(Vec<(Role, String)>);

/// How many there are, and none of them.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("count", &self.0.len()).finish()
    }
}

/// Fewer characters can be tried out.
const SHORTEST: usize = 16;

impl Tokens {
    pub(super) fn read(
        tree: &Node,
        source: &Source,
        variable: impl Fn(&str) -> Option<String>,
        mistakes: &mut Gathered,
    ) -> Self {
        let mut tokens = Vec::new();
        let listed = tree.get("admin").and_then(|admin| admin.get("tokens"));
        for item in listed.and_then(Node::items).unwrap_or_default() {
            let Some(node) = item.get("env") else { continue };
            let name = node.text().unwrap_or_default();
            let mut wrong = |message: String| {
                mistakes.push(Mistake::new(source, node.span, message));
            };
            let Some(token) = variable(name) else {
                wrong(format!("the environment has no variable `{name}`"));
                continue;
            };
            let token = token.trim().to_owned();
            if token.len() < SHORTEST {
                wrong(format!("the token in `{name}` is shorter than {SHORTEST} characters"));
            }
            let role = match item.get("role").and_then(Node::text) {
                Some("rollback") => Role::Rollback,
                Some("promote") => Role::Promote,
                _ => Role::Read,
            };
            tokens.push((role, token));
        }
        Self(tokens)
    }

    /// Whether none is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the holder of this token may do. All tokens are compared to their
    /// ends, so that the time it takes says nothing of them but their lengths.
    #[must_use]
    pub fn role(&self, given: &str) -> Option<Role> {
        let mut found = None;
        for (role, token) in &self.0 {
            if bool::from(token.as_bytes().ct_eq(given.as_bytes())) {
                found = found.max(Some(*role));
            }
        }
        found
    }
}
