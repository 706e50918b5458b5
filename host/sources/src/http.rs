//! Requests over HTTP: bounded in time and size, repeated where that helps,
//! never redirected.

mod error;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder};

pub use self::error::HttpError;

/// The most that one answer may have: a registered model of some 10,000
/// versions.
const LARGEST: u64 = 32 << 20;

/// How often a request that may succeed later is made in all, and how long is
/// waited before the second and the third: a server that restarts is back
/// within seconds.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

/// The longest that a server may ask to be waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Who asks.
#[derive(Clone, Default)]
pub enum Auth {
    /// Nobody in particular.
    #[default]
    None,
    /// A name and a password.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

/// Secrets stay out of logs.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic(..) => "Basic",
            Self::Bearer(_) => "Bearer",
        })
    }
}

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `https://mlflow.example.org/base`; a name and a password may stand in it.
    pub address: String,
    /// Who asks.
    pub auth: Auth,
    /// How long one request may take.
    pub timeout: Duration,
    /// The certificates to trust instead of the machine's, PEM.
    pub certificates: Option<Vec<u8>>,
}

impl Connection {
    /// To `address`, as nobody in particular, ten seconds a request.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            auth: Auth::None,
            timeout: Duration::from_secs(10),
            certificates: None,
        }
    }

    /// Trusts the certificates of this file instead of the machine's.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn trusting(mut self, path: &Path) -> Result<Self, HttpError> {
        let certificates = std::fs::read(path).map_err(|error| HttpError::Certificates {
            name: path.display().to_string(),
            problem: error.to_string(),
        })?;
        self.certificates = Some(certificates);
        Ok(self)
    }
}

/// A server, for many threads.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    /// Without a slash at its end, and without secrets.
    base: Arc<str>,
    authorization: Option<Arc<str>>,
    timeout: Duration,
    requests: Arc<AtomicU64>,
}

impl Client {
    /// A client of one server. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address is none, or a certificate cannot be used.
    pub fn new(connection: &Connection) -> Result<Self, HttpError> {
        let (base, in_address) = split_address(&connection.address)?;
        let auth = match &connection.auth {
            Auth::None => in_address,
            given => given.clone(),
        };
        let mut tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        if let Some(pem) = &connection.certificates {
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates(pem, &base)?)));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(connection.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        Ok(Self {
            agent: config.into(),
            base: base.into(),
            authorization: authorization(&auth).map(Arc::from),
            timeout: connection.timeout,
            requests: Arc::default(),
        })
    }

    /// The address, without secrets.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How many requests were made so far, repeated ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The bytes at a path below the address.
    ///
    /// # Errors
    /// When there is no answer, or none of success.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, HttpError> {
        self.ask(path, |url| {
            let mut request = self.agent.get(url).query_pairs(query.iter().copied());
            if let Some(authorization) = &self.authorization {
                request = request.header(header::AUTHORIZATION, &**authorization);
            }
            request.call()
        })
    }

    /// Sends JSON to a path, which must be such that sending it twice does no
    /// harm.
    ///
    /// # Errors
    /// When there is no answer, or none of success.
    pub fn post(&self, path: &str, body: &Value) -> Result<Vec<u8>, HttpError> {
        let body = body.to_string();
        self.ask(path, |url| self.send(self.agent.post(url), &body))
    }

    /// As [`Client::post`], for what would be there twice if it were sent twice:
    /// it is made once, and whether it was done is unknown when that fails.
    ///
    /// # Errors
    /// When there is no answer, or none of success.
    pub fn post_once(&self, path: &str, body: &Value) -> Result<Vec<u8>, HttpError> {
        let body = body.to_string();
        self.ask_up_to(&[], path, |url| self.send(self.agent.post(url), &body))
    }

    /// Changes what is at a path to what JSON says; sending it twice does no
    /// harm.
    ///
    /// # Errors
    /// When there is no answer, or none of success.
    pub fn patch(&self, path: &str, body: &Value) -> Result<Vec<u8>, HttpError> {
        let body = body.to_string();
        self.ask(path, |url| self.send(self.agent.patch(url), &body))
    }

    fn send(
        &self,
        request: RequestBuilder<WithBody>,
        body: &str,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, &**authorization);
        }
        request.send(body)
    }

    /// As [`Client::post`], under a key by which the server can know that it
    /// has had this already.
    ///
    /// # Errors
    /// As there.
    pub fn post_as(&self, path: &str, body: &Value, key: &str) -> Result<Vec<u8>, HttpError> {
        let body = body.to_string();
        self.ask(path, |url| {
            let mut request = self
                .agent
                .post(url)
                .header(header::CONTENT_TYPE, "application/json")
                .header("Idempotency-Key", key);
            if let Some(authorization) = &self.authorization {
                request = request.header(header::AUTHORIZATION, &**authorization);
            }
            request.send(&body)
        })
    }

    /// Deletes what JSON names at a path.
    ///
    /// # Errors
    /// When there is no answer, or none of success.
    pub fn delete(&self, path: &str, body: &Value) -> Result<Vec<u8>, HttpError> {
        let body = body.to_string();
        self.ask(path, |url| self.send(self.agent.delete(url).force_send_body(), &body))
    }

    fn ask(
        &self,
        path: &str,
        send: impl Fn(&str) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Vec<u8>, HttpError> {
        self.ask_up_to(&PAUSES, path, send)
    }

    /// Asks once, and once more after each of these pauses.
    fn ask_up_to(
        &self,
        pauses: &[Duration],
        path: &str,
        send: impl Fn(&str) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Vec<u8>, HttpError> {
        let url = format!("{}{path}", self.base);
        let mut pauses = pauses.iter();
        loop {
            self.requests.fetch_add(1, Ordering::Relaxed);
            let (error, pause) = match send(&url) {
                Ok(response) => match self.answer(&url, response) {
                    Err((error, Some(pause))) => (error, pause),
                    Err((error, None)) => return Err(error),
                    Ok(bytes) => return Ok(bytes),
                },
                Err(error) => {
                    let may_pass = matches!(
                        error,
                        ureq::Error::Io(_)
                            | ureq::Error::ConnectionFailed
                            | ureq::Error::Protocol(_)
                    );
                    let error = HttpError::of(&self.base, self.timeout, &error);
                    if !may_pass {
                        return Err(error);
                    }
                    (error, Duration::ZERO)
                }
            };
            let Some(least) = pauses.next() else { return Err(error) };
            thread::sleep((*least).max(pause.min(LONGEST_PAUSE)));
        }
    }

    /// The body of a success; else what is wrong, and how long to wait where
    /// another try may help.
    fn answer(
        &self,
        url: &str,
        mut response: Response<Body>,
    ) -> Result<Vec<u8>, (HttpError, Option<Duration>)> {
        let status = response.status();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if status.is_redirection() {
            let to = text(header::LOCATION).unwrap_or_else(|| "an address it does not give".into());
            return Err((HttpError::Elsewhere { url: url.to_owned(), to }, None));
        }
        let pause = match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let seconds = text(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok());
                Some(Duration::from_secs(seconds.unwrap_or(0)))
            }
            _ => None,
        };
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = match body {
            Ok(body) => body,
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                return Err((
                    HttpError::TooLarge { url: url.to_owned(), mib: LARGEST >> 20 },
                    None,
                ));
            }
            // Cut off on the way: as if there had been no answer.
            Err(error) => {
                let error = HttpError::of(&self.base, self.timeout, &error);
                return Err((error, Some(Duration::ZERO)));
            }
        };
        if status.is_success() {
            return Ok(body);
        }
        Err((HttpError::refused(url, status.as_u16(), &body), pause))
    }
}

/// The address without what stands before `@`, and that.
fn split_address(address: &str) -> Result<(String, Auth), HttpError> {
    let wrong = |problem: &'static str| HttpError::Address { problem };
    let address = address.trim().trim_end_matches('/');
    let (scheme, rest) = address
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https"].contains(scheme))
        .ok_or_else(|| wrong("it begins with neither `http://` nor `https://`"))?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (auth, host) = match authority.rsplit_once('@') {
        None => (Auth::None, authority),
        Some((who, host)) => {
            let (name, password) = who.split_once(':').unwrap_or((who, ""));
            let decoded =
                |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into();
            (Auth::Basic(decoded(name), decoded(password)), host)
        }
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(wrong("it names no host"));
    }
    // A password with a slash in it, which must not be shown as a path.
    if path.contains('@') {
        return Err(wrong("there is an `@` after its first `/`: in a password a `/` is `%2F`"));
    }
    if path.contains(['?', '#']) {
        return Err(wrong("it has a query or a fragment"));
    }
    Ok((format!("{scheme}://{host}{path}"), auth))
}

fn authorization(auth: &Auth) -> Option<String> {
    match auth {
        Auth::None => None,
        Auth::Bearer(token) => Some(format!("Bearer {token}")),
        Auth::Basic(name, password) => {
            Some(format!("Basic {}", base64(format!("{name}:{password}").as_bytes())))
        }
    }
}

/// RFC 4648, with padding: one line of it does not make a dependency.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| LETTERS.get((bits & 63) as usize).map_or('=', |it| char::from(*it));
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.push(letter(bits >> 18));
        text.push(letter(bits >> 12));
        text.push(if chunk.len() > 1 { letter(bits >> 6) } else { '=' });
        text.push(if chunk.len() > 2 { letter(bits) } else { '=' });
    }
    text
}

fn certificates(pem: &[u8], of: &str) -> Result<Vec<Certificate<'static>>, HttpError> {
    let wrong = |problem: &str| HttpError::Certificates {
        name: of.to_owned(),
        problem: problem.to_owned(),
    };
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|error| wrong(&error.to_string()))?
        {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong("there is none in the file")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_no_part_of_an_address() {
        let (base, auth) = split_address("https://dana:p%40ss@host:5000/base/").unwrap();
        assert_eq!(base, "https://host:5000/base");
        assert_eq!(authorization(&auth).as_deref(), Some("Basic ZGFuYTpwQHNz"));
        assert_eq!(format!("{auth:?}"), "Basic");
        for wrong in [
            "",
            "host:5000",
            "http://joe:a/b@host",
            "ftp://host",
            "http://",
            "http:///x",
            "http://h/?a=b",
        ] {
            assert!(split_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (text, encoded) in pairs {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
