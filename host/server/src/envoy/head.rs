//! The head of a request, whichever way Envoy sends it.

use envoy_types::pb::envoy::config::core::v3::HeaderMap as Sent;
use envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use tollgate::input::Outside;

use crate::body::{expect_json, not_encoded};
use crate::handle::auth::{METHOD, URI};
use crate::handle::outside;
use crate::problem::{MEDIA, Problem};

/// The head of a request or an answer.
#[derive(Debug, Default)]
pub struct Head {
    /// What was asked for, with the query.
    pub(super) target: String,
    pub(super) method: String,
    pub(super) id: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// That of a request that ext_authz asks about.
    pub(super) fn of_request(http: &mut HttpRequest) -> Self {
        let mut head = Self {
            target: std::mem::take(&mut http.path),
            method: std::mem::take(&mut http.method),
            ..Self::default()
        };
        // With `encode_raw_headers` they are there, and nowhere else.
        if let Some(sent) = http.header_map.take() {
            head.take(sent);
        }
        for (name, value) in http.headers.drain() {
            head.headers.push((name, value.into_bytes()));
        }
        head.id = head.text("x-request-id").unwrap_or_default().to_owned();
        head
    }

    /// That of a message of ext_proc's.
    pub(super) fn of_message(sent: Option<Sent>) -> Self {
        let mut head = Self::default();
        head.take(sent.unwrap_or_default());
        head.known()
    }

    /// That of these headers, `:path` and the like among them, their names in
    /// lower case.
    #[must_use]
    pub fn of_headers(headers: Vec<(String, Vec<u8>)>) -> Self {
        Self { headers, ..Self::default() }.known()
    }

    /// Its parts that have names of their own.
    fn known(self) -> Self {
        let own = |name: &str| self.text(name).unwrap_or_default().to_owned();
        let (target, method, id) = (own(":path"), own(":method"), own("x-request-id"));
        Self { target, method, id, ..self }
    }

    fn take(&mut self, sent: Sent) {
        self.headers.extend(sent.headers.into_iter().map(|header| {
            let value = match header.raw_value.is_empty() {
                true => header.value.into_bytes(),
                false => header.raw_value,
            };
            (header.key, value)
        }));
    }

    fn all<'h, 'n>(&'h self, name: &'n str) -> impl Iterator<Item = &'h [u8]> + use<'h, 'n> {
        let named = self.headers.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_slice())
    }

    /// A header that is given once, and is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let (first, None) = (values.next()?, values.next()) else { return None };
        std::str::from_utf8(first).ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether an answer says of itself that it is none.
    #[must_use]
    pub fn is_error(&self) -> bool {
        let status = self.text(":status").and_then(|it| StatusCode::from_bytes(it.as_bytes()).ok());
        status.is_some_and(|status| status.is_client_error() || status.is_server_error())
    }

    /// Refuses a body that a server behind would read otherwise than it is read
    /// here.
    pub(super) fn expect_json(&self) -> Result<(), Problem> {
        let headers = self.some([CONTENT_TYPE.as_str(), CONTENT_ENCODING.as_str()].into_iter());
        if [CONTENT_TYPE, CONTENT_ENCODING]
            .iter()
            .any(|name| headers.get_all(name).iter().count() > 1)
        {
            return Err(Problem::new(MEDIA, "the form of the body is said twice"));
        }
        not_encoded(&headers)?;
        expect_json(&headers)
    }

    /// What a policy reads beside the body: the headers that it names, and
    /// method and target, whatever a client says of these two.
    pub(super) fn outside(&self, wanted: &[String]) -> Outside {
        let mut outside = Outside::default();
        let others = || wanted.iter().map(String::as_str).filter(|it| ![METHOD, URI].contains(it));
        outside::add(others(), &self.some(others()), &mut outside);
        outside.header(METHOD, &self.method);
        outside.header(URI, &self.target);
        outside
    }

    /// These headers.
    fn some<'n>(&self, names: impl Iterator<Item = &'n str>) -> HeaderMap {
        let mut some = HeaderMap::new();
        for name in names {
            let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            for value in self.all(name).filter_map(|value| HeaderValue::from_bytes(value).ok()) {
                some.append(header.clone(), value);
            }
        }
        some
    }
}
