//! Bodies of requests, within limits.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::Limits;
use crate::problem::{BAD_REQUEST, BUSY, MEDIA, Problem, SLOW, TOO_LARGE};

/// What memory for bodies is counted in.
const UNIT: usize = 1024;

/// Reads bodies whole.
pub(crate) struct Bodies {
    most: usize,
    timeout: Duration,
    /// Units of memory that are left for all of them.
    memory: Arc<Semaphore>,
}

/// A body, and its share of the memory for all.
pub(crate) struct Payload {
    bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl std::ops::Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Bodies {
    pub(crate) fn new(limits: &Limits) -> Self {
        let units = (limits.bodies / UNIT).min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self {
            most: limits.body,
            timeout: limits.body_timeout,
            memory: Arc::new(Semaphore::new(units)),
        }
    }

    /// Reads a body to its end.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Payload, Problem> {
        not_encoded(headers)?;
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.most) {
            return Err(self.too_large());
        }
        let mut memory = match announced {
            Some(length) => self.reserve(length)?,
            None => None,
        };
        let reading = self.whole(body, announced, &mut memory);
        let bytes = timeout(self.timeout, reading).await.map_err(|_| {
            let seconds = self.timeout.as_secs_f64();
            let problem = Problem::new(SLOW, format!("the body did not come within {seconds} s"));
            problem.with_header("connection", "close")
        })??;
        Ok(Payload { bytes, _memory: memory })
    }

    /// Holds a body that came whole.
    pub(crate) fn hold(&self, body: Vec<u8>) -> Result<Payload, Problem> {
        if body.len() > self.most {
            return Err(self.too_large());
        }
        let memory = self.reserve(body.len())?;
        Ok(Payload { bytes: body.into(), _memory: memory })
    }

    async fn whole(
        &self,
        mut body: Body,
        announced: Option<usize>,
        memory: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Bytes, Problem> {
        let mut first: Option<Bytes> = None;
        let mut rest = BytesMut::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Problem::new(BAD_REQUEST, "the body is cut off"));
            };
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > self.most {
                return Err(self.too_large());
            }
            if announced.is_none() {
                let more = self.reserve(data.len())?;
                match (memory.as_mut(), more) {
                    (Some(memory), Some(more)) => memory.merge(more),
                    (None, more) => *memory = more,
                    (Some(_), None) => {}
                }
            }
            // A body that comes in one piece is not copied.
            match first.take() {
                None if rest.is_empty() => first = Some(data),
                None => rest.extend_from_slice(&data),
                Some(first) => {
                    rest.reserve(announced.unwrap_or(first.len() + data.len()));
                    rest.extend_from_slice(&first);
                    rest.extend_from_slice(&data);
                }
            }
        }
        Ok(first.unwrap_or_else(|| rest.freeze()))
    }

    fn reserve(&self, bytes: usize) -> Result<Option<OwnedSemaphorePermit>, Problem> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        if units == 0 {
            return Ok(None);
        }
        let reserved = Arc::clone(&self.memory).try_acquire_many_owned(units);
        reserved.map(Some).map_err(|_| Problem::new(BUSY, "too many bodies are being read"))
    }

    pub(crate) fn too_large(&self) -> Problem {
        let most = self.most;
        Problem::new(TOO_LARGE, format!("a body is at most {most} bytes"))
            .with_header("connection", "close")
    }
}

/// What a body would unpack to is for nobody to find out here.
pub(crate) fn not_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(()),
        Some(_) => Err(Problem::new(MEDIA, "a body is sent as it is, without a content encoding")),
    }
}

/// The media type of a body, in lower case and without parameters; none when
/// nobody says it.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    // What is no text is no media type that is known here.
    let text = value.to_str().unwrap_or("?");
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Refuses what says of itself that it is no JSON.
pub(crate) fn expect_json(headers: &HeaderMap) -> Result<(), Problem> {
    match media_type(headers).as_deref() {
        None | Some("application/json") => Ok(()),
        Some(other) if other.starts_with("application/") && other.ends_with("+json") => Ok(()),
        Some(_) => Err(Problem::new(MEDIA, "a request is JSON: send `application/json`")),
    }
}
