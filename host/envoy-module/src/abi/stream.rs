//! One request and its answer, as Envoy holds them.

use std::cell::Cell;

use tollgate_server::{Field, METADATA};

use super::raw::{self, Body, Buffer, Direction, EnvoyFilter, EnvoyScheduler, Header, Headers};

/// What Envoy holds of one request and its answer. Only the thread of Envoy's
/// that they belong to has it.
pub(crate) struct Stream {
    /// Null once Envoy has taken it away: it may do so while it is told
    /// something.
    filter: Cell<EnvoyFilter>,
}

impl Stream {
    /// # Safety
    /// The pointer is that of a filter of Envoy's, which is there until
    /// [`Self::end`] is called.
    pub(crate) unsafe fn new(filter: EnvoyFilter) -> Self {
        Self { filter: Cell::new(filter) }
    }

    /// Envoy takes it away.
    pub(crate) fn end(&self) {
        self.filter.set(std::ptr::null_mut());
    }

    fn filter(&self) -> Option<EnvoyFilter> {
        Some(self.filter.get()).filter(|filter| !filter.is_null())
    }

    /// All headers, those of HTTP/2 that begin with a colon among them.
    pub(crate) fn headers(&self, of: Direction) -> Vec<(String, Vec<u8>)> {
        let Some(filter) = self.filter() else { return Vec::new() };
        let kind = headers(of);
        // SAFETY: the filter is there, and the map is that of its own stream.
        let count =
            unsafe { raw::envoy_dynamic_module_callback_http_get_headers_size(filter, kind) };
        let mut all: Vec<Header> = Vec::with_capacity(count);
        // SAFETY: there is room for as many as Envoy has just counted, and it
        // writes them all where it says so.
        unsafe {
            if raw::envoy_dynamic_module_callback_http_get_headers(filter, kind, all.as_mut_ptr()) {
                all.set_len(count);
            }
        }
        let owned = |header: &Header| {
            // SAFETY: Envoy's memory, which stays as it is until a header is set.
            let (name, value) = unsafe { (bytes(header.name), bytes(header.value)) };
            (String::from_utf8_lossy(name).into_owned(), value.to_vec())
        };
        all.iter().map(owned).collect()
    }

    /// Sets a header in the place of those of its name, or takes them away.
    pub(crate) fn set_header(&self, of: Direction, name: &str, value: Option<&str>) {
        let Some(filter) = self.filter() else { return };
        let value = value.map_or(Buffer::NONE, |value| Buffer::of(value.as_bytes()));
        // SAFETY: Envoy copies both before it returns.
        unsafe {
            raw::envoy_dynamic_module_callback_http_set_header(
                filter,
                headers(of),
                Buffer::of(name.as_bytes()),
                value,
            );
        }
    }

    /// The length of what has come of a body.
    pub(crate) fn body_size(&self, of: Direction) -> usize {
        let Some(filter) = self.filter() else { return 0 };
        let size = |body| {
            // SAFETY: the filter is there.
            unsafe { raw::envoy_dynamic_module_callback_http_get_body_size(filter, body) }
        };
        parts(filter, of).into_iter().flatten().map(size).sum()
    }

    /// What has come of a body.
    pub(crate) fn body(&self, of: Direction) -> Vec<u8> {
        let Some(filter) = self.filter() else { return Vec::new() };
        let mut whole = Vec::with_capacity(self.body_size(of));
        for part in parts(filter, of).into_iter().flatten() {
            // SAFETY: the filter is there.
            let count = unsafe {
                raw::envoy_dynamic_module_callback_http_get_body_chunks_size(filter, part)
            };
            let mut chunks: Vec<Buffer> = Vec::with_capacity(count);
            // SAFETY: there is room for as many as Envoy has just counted, and it
            // writes them all where it says so.
            unsafe {
                if raw::envoy_dynamic_module_callback_http_get_body_chunks(
                    filter,
                    part,
                    chunks.as_mut_ptr(),
                ) {
                    chunks.set_len(count);
                }
            }
            for chunk in chunks {
                // SAFETY: Envoy's memory, which stays as it is until a body is
                // changed.
                whole.extend_from_slice(unsafe { bytes(chunk) });
            }
        }
        whole
    }

    /// Puts another body in the place of the answer's, all of which has come.
    pub(crate) fn replace_answer(&self, body: &[u8]) {
        let Some(filter) = self.filter() else { return };
        let body = Buffer::of(body);
        // SAFETY: the filter is there, and Envoy copies what it is given. What is
        // received is not there where Envoy has buffered all of it.
        unsafe {
            for part in [Body::BufferedResponse, Body::ReceivedResponse] {
                raw::envoy_dynamic_module_callback_http_drain_body(filter, part, usize::MAX);
            }
            let append = raw::envoy_dynamic_module_callback_http_append_body;
            if !append(filter, Body::ReceivedResponse, body) {
                append(filter, Body::BufferedResponse, body);
            }
        }
    }

    /// Keeps values for other filters and for the log.
    pub(crate) fn keep(&self, fields: &[(&'static str, Field)]) {
        let Some(filter) = self.filter() else { return };
        let namespace = Buffer::of(METADATA.as_bytes());
        // Each call merges anew, so there is one for all texts.
        let mut texts = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            let key = Buffer::of(key.as_bytes());
            match field {
                Field::Text(text) => {
                    texts.push(Header { name: key, value: Buffer::of(text.as_bytes()) });
                }
                // SAFETY: Envoy copies what it is given before it returns.
                Field::Number(number) => unsafe {
                    raw::envoy_dynamic_module_callback_http_set_dynamic_metadata_number(
                        filter, namespace, key, *number,
                    );
                },
            }
        }
        // SAFETY: the same.
        unsafe {
            raw::envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch(
                filter,
                namespace,
                texts.as_ptr(),
                texts.len(),
            );
        }
    }

    /// Answers in the model's place. Envoy may show this very answer, and take
    /// the stream away, before this returns.
    pub(crate) fn answer(
        &self,
        status: u16,
        headers: &[(&'static str, String)],
        body: &str,
        details: &str,
    ) {
        let Some(filter) = self.filter() else { return };
        let header = |(name, value): &(&'static str, String)| Header {
            name: Buffer::of(name.as_bytes()),
            value: Buffer::of(value.as_bytes()),
        };
        let mut headers: Vec<Header> = headers.iter().map(header).collect();
        // SAFETY: Envoy copies all of them before it returns.
        unsafe {
            raw::envoy_dynamic_module_callback_http_send_response(
                filter,
                u32::from(status),
                headers.as_mut_ptr(),
                headers.len(),
                Buffer::of(body.as_bytes()),
                Buffer::of(details.as_bytes()),
            );
        }
    }

    /// Lets go on what was held. Envoy may show the answer, and take the stream
    /// away, before this returns.
    pub(crate) fn go_on(&self, of: Direction) {
        let Some(filter) = self.filter() else { return };
        // SAFETY: the filter is there, and this is its thread.
        unsafe {
            match of {
                Direction::Request => {
                    raw::envoy_dynamic_module_callback_http_filter_continue_decoding(filter);
                }
                Direction::Answer => {
                    raw::envoy_dynamic_module_callback_http_filter_continue_encoding(filter);
                }
            }
        }
    }

    /// What other threads wake this stream with.
    pub(crate) fn scheduler(&self) -> Option<Scheduler> {
        let filter = self.filter()?;
        // SAFETY: the filter is there, and this is its thread.
        let scheduler =
            unsafe { raw::envoy_dynamic_module_callback_http_filter_scheduler_new(filter) };
        (!scheduler.is_null()).then_some(Scheduler(scheduler))
    }
}

/// The parts of a body that are there: what is buffered, then what has come just
/// now, unless that is the same.
fn parts(filter: EnvoyFilter, of: Direction) -> [Option<Body>; 2] {
    // SAFETY: the filter is there.
    unsafe {
        match of {
            Direction::Request => {
                let is_same =
                    raw::envoy_dynamic_module_callback_http_received_buffered_request_body(filter);
                let received = (!is_same).then_some(Body::ReceivedRequest);
                [Some(Body::BufferedRequest), received]
            }
            Direction::Answer => {
                let is_same =
                    raw::envoy_dynamic_module_callback_http_received_buffered_response_body(filter);
                let received = (!is_same).then_some(Body::ReceivedResponse);
                [Some(Body::BufferedResponse), received]
            }
        }
    }
}

fn headers(of: Direction) -> Headers {
    match of {
        Direction::Request => Headers::Request,
        Direction::Answer => Headers::Response,
    }
}

/// # Safety
/// The buffer is null, or memory that stays as it is for as long as what is
/// given is used.
pub(crate) unsafe fn bytes<'a>(buffer: Buffer) -> &'a [u8] {
    if buffer.start.is_null() || buffer.length == 0 {
        return &[];
    }
    // SAFETY: so says whoever calls.
    unsafe { std::slice::from_raw_parts(buffer.start, buffer.length) }
}

/// Wakes a stream, from any thread.
pub(crate) struct Scheduler(EnvoyScheduler);

// SAFETY: Envoy's schedulers are made to be used from other threads.
unsafe impl Send for Scheduler {}

impl Scheduler {
    /// Has Envoy call the stream's hook, on the stream's thread, if it is still
    /// there.
    pub(crate) fn wake(self) {
        // SAFETY: it is there until it is dropped.
        unsafe { raw::envoy_dynamic_module_callback_http_filter_scheduler_commit(self.0, 0) };
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // SAFETY: it is ours to delete, once.
        unsafe { raw::envoy_dynamic_module_callback_http_filter_scheduler_delete(self.0) };
    }
}

/// Writes into Envoy's log.
pub(crate) fn log(level: raw::Level, message: &str, file: &str, line: u32) {
    let (message, file) = (Buffer::of(message.as_bytes()), Buffer::of(file.as_bytes()));
    // SAFETY: Envoy copies both before it returns, on whatever thread.
    unsafe { raw::envoy_dynamic_module_callback_log_v2(level, message, file, line) };
}

/// Whether Envoy's log takes what is of this level.
pub(crate) fn is_logged(level: raw::Level) -> bool {
    // SAFETY: it only reads, on whatever thread.
    unsafe { raw::envoy_dynamic_module_callback_log_enabled(level) }
}
