//! One route: what the router serves and what the OpenAPI description says, in
//! one place, so that neither can drift from the other.

use std::sync::Arc;

use axum::routing::MethodRouter;

use crate::problem::Kind;
use crate::service::Service;

/// Which listeners a route is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// That of requests.
    Requests,
    /// That of metrics and changes.
    Admin,
    /// Both.
    Both,
}

/// A parameter behind the question mark.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) is: &'static str,
    /// Its JSON Schema's `type`.
    pub(crate) kind: &'static str,
}

/// What comes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) is: &'static str,
    pub(crate) media: &'static str,
    /// The name of its schema in the description, where it has one.
    pub(crate) schema: Option<&'static str>,
}

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) port: Port,
    /// In lower case.
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The name of the operation.
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// The media types of the body; none where it has none.
    pub(crate) takes: &'static [&'static str],
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answers: &'static [Answer],
    pub(crate) problems: &'static [Kind],
    pub(crate) handler: fn() -> MethodRouter<Arc<Service>>,
}

impl Route {
    /// Whether it is on a port.
    pub(crate) fn is_on(&self, port: Port) -> bool {
        self.port == port || self.port == Port::Both
    }

    /// Whether a request's path is one of its.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let (mut own, mut asked) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), asked.next()) {
                (None, None) => return true,
                (Some(own), Some(asked)) if own == asked || own.starts_with('{') => {}
                _ => return false,
            }
        }
    }

    /// The names in its path, as its path has them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}
