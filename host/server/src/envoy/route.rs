//! Which route a request takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Envoy, EnvoyRoute, RoutePath, is_normal};
use crate::problem::{BAD_REQUEST, Problem, UNROUTED};

/// The routes, the closest first.
pub(super) struct Routes {
    exact: BTreeMap<String, Arc<EnvoyRoute>>,
    /// Longer ones before shorter ones.
    prefixes: Vec<(String, Arc<EnvoyRoute>)>,
    pass_unmatched: bool,
}

impl Routes {
    pub(super) fn new(envoy: &Envoy) -> Self {
        let mut exact = BTreeMap::new();
        let mut prefixes = Vec::new();
        for route in &envoy.routes {
            match &route.at {
                RoutePath::Exact(path) => {
                    exact.insert(path.clone(), Arc::new(route.clone()));
                }
                RoutePath::Prefix(prefix) => {
                    prefixes.push((prefix.clone(), Arc::new(route.clone())))
                }
            }
        }
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Self { exact, prefixes, pass_unmatched: envoy.pass_unmatched }
    }

    /// The route of a request target; none where it goes on unjudged.
    pub(super) fn find(&self, target: &str) -> Result<Option<Arc<EnvoyRoute>>, Problem> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        if !is_normal(path) {
            return Err(Problem::new(BAD_REQUEST, "the path is not in its normal form"));
        }
        let of_prefix = || {
            let found = self.prefixes.iter().find(|(prefix, _)| path.starts_with(prefix.as_str()));
            found.map(|(_, route)| route)
        };
        match self.exact.get(path).or_else(of_prefix) {
            Some(route) if route.check.is_none() && route.decide.is_none() => Ok(None),
            Some(route) => Ok(Some(Arc::clone(route))),
            None if self.pass_unmatched => Ok(None),
            None => Err(Problem::new(UNROUTED, "requests to this path are not let through")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DecideOn, EnvoyDecide};

    fn route(at: RoutePath, policy: Option<&str>) -> EnvoyRoute {
        let decide = policy.map(|policy| EnvoyDecide {
            policy: policy.to_owned(),
            allow: Vec::new(),
            on: DecideOn::Request,
        });
        EnvoyRoute { at, check: None, decide }
    }

    fn found(routes: &Routes, target: &str) -> String {
        match routes.find(target) {
            Err(problem) => problem.kind().name.to_owned(),
            Ok(None) => "passes".to_owned(),
            Ok(Some(route)) => route.decide.clone().map(|it| it.policy).unwrap_or_default(),
        }
    }

    #[test]
    fn the_closest_route_is_taken_and_nothing_goes_around_it() {
        let exact = |path: &str| RoutePath::Exact(path.to_owned());
        let prefix = |path: &str| RoutePath::Prefix(path.to_owned());
        let mut envoy = Envoy {
            pass_unmatched: false,
            routes: vec![
                route(prefix("/v2/"), Some("all")),
                route(prefix("/v2/models/"), Some("models")),
                route(exact("/v2/models/a/ready"), None),
                route(exact("/invocations"), Some("mlflow")),
            ],
        };
        let routes = Routes::new(&envoy);
        for (target, expected) in [
            ("/invocations", "mlflow"),
            ("/invocations?a=/../b", "mlflow"),
            ("/v2/models/a/infer", "models"),
            ("/v2/models/a/ready", "passes"),
            ("/v2/models/a%20b/infer", "models"),
            ("/v2/models/a%3Ab/infer", "models"),
            ("/v2/health", "all"),
            ("/invocations/", "unrouted"),
            ("/", "unrouted"),
        ] {
            assert_eq!(found(&routes, target), expected, "{target}");
        }
        envoy.pass_unmatched = true;
        let lenient = Routes::new(&envoy);
        assert_eq!(found(&lenient, "/metrics"), "passes");
        for target in [
            "",
            "*",
            "invocations",
            "//invocations",
            "/./invocations",
            "/a/../invocations",
            "/invocations/.",
            "/%69nvocations",
            "/a%2f..%2finvocations",
            "/a%2Finvocations",
            "/%2e%2e/invocations",
            "/invocations%",
            "/invocations%0",
            "/invocations%+9",
            "/invocations%zz",
            "/invocations%00",
            "\\invocations",
            "/a\\..\\invocations",
            "/invocations#a",
            "/invocations\u{e9}",
            "/v2/models/../../invocations",
        ] {
            assert_eq!(found(&routes, target), "bad-request", "{target}");
            assert_eq!(found(&lenient, target), "bad-request", "{target}");
        }
    }
}
