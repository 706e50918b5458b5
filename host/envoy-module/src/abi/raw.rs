//! Declarations, by the names that the header gives them.

use std::ffi::c_void;

/// The version that this is written for. Envoy takes a module of its own version
/// and of the one before, and says so in its log.
pub(crate) const VERSION: &std::ffi::CStr = c"v0.2.0";

/// A buffer of either side's. Whose it is, and until when, each function says.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) start: *const u8,
    pub(crate) length: usize,
}

impl Buffer {
    pub(crate) const NONE: Self = Self { start: std::ptr::null(), length: 0 };

    /// Memory of ours, for the time of a call.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { start: bytes.as_ptr(), length: bytes.len() }
    }
}

/// A header of either side's, or a key with its value.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) name: Buffer,
    pub(crate) value: Buffer,
}

/// `envoy_dynamic_module_type_http_header_type`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    Request = 0,
    Response = 2,
}

/// `envoy_dynamic_module_type_http_body_type`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    ReceivedRequest = 0,
    BufferedRequest = 1,
    ReceivedResponse = 2,
    BufferedResponse = 3,
}

/// `envoy_dynamic_module_type_log_level`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// `..._on_http_filter_request_headers_status` and `..._response_headers_status`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadStatus {
    Continue = 0,
    StopIteration = 1,
}

/// `..._on_http_filter_request_body_status` and `..._response_body_status`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyStatus {
    Continue = 0,
    StopIterationAndBuffer = 1,
    StopIterationNoBuffer = 3,
}

/// `..._on_http_filter_request_trailers_status` and `..._response_trailers_status`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrailersStatus {
    Continue = 0,
    StopIteration = 1,
}

/// Requests go one way, answers the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Answer,
}

/// Envoy's filter: `envoy_dynamic_module_type_http_filter_envoy_ptr`
pub(crate) type EnvoyFilter = *mut c_void;
/// Envoy's scheduler, which is ours to delete.
pub(crate) type EnvoyScheduler = *mut c_void;

unsafe extern "C" {
    pub(crate) fn envoy_dynamic_module_callback_log_v2(
        level: Level,
        message: Buffer,
        file: Buffer,
        line: u32,
    );
    pub(crate) fn envoy_dynamic_module_callback_log_enabled(level: Level) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_get_headers_size(
        filter: EnvoyFilter,
        headers: Headers,
    ) -> usize;
    pub(crate) fn envoy_dynamic_module_callback_http_get_headers(
        filter: EnvoyFilter,
        headers: Headers,
        result: *mut Header,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_set_header(
        filter: EnvoyFilter,
        headers: Headers,
        name: Buffer,
        value: Buffer,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_send_response(
        filter: EnvoyFilter,
        status: u32,
        headers: *mut Header,
        headers_count: usize,
        body: Buffer,
        details: Buffer,
    );
    pub(crate) fn envoy_dynamic_module_callback_http_get_body_size(
        filter: EnvoyFilter,
        body: Body,
    ) -> usize;
    pub(crate) fn envoy_dynamic_module_callback_http_get_body_chunks_size(
        filter: EnvoyFilter,
        body: Body,
    ) -> usize;
    pub(crate) fn envoy_dynamic_module_callback_http_get_body_chunks(
        filter: EnvoyFilter,
        body: Body,
        result: *mut Buffer,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_append_body(
        filter: EnvoyFilter,
        body: Body,
        data: Buffer,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_drain_body(
        filter: EnvoyFilter,
        body: Body,
        bytes: usize,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_received_buffered_request_body(
        filter: EnvoyFilter,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_received_buffered_response_body(
        filter: EnvoyFilter,
    ) -> bool;
    pub(crate) fn envoy_dynamic_module_callback_http_set_dynamic_metadata_string_batch(
        filter: EnvoyFilter,
        namespace: Buffer,
        pairs: *const Header,
        count: usize,
    );
    pub(crate) fn envoy_dynamic_module_callback_http_set_dynamic_metadata_number(
        filter: EnvoyFilter,
        namespace: Buffer,
        key: Buffer,
        value: f64,
    );
    pub(crate) fn envoy_dynamic_module_callback_http_filter_continue_decoding(filter: EnvoyFilter);
    pub(crate) fn envoy_dynamic_module_callback_http_filter_continue_encoding(filter: EnvoyFilter);
    pub(crate) fn envoy_dynamic_module_callback_http_filter_scheduler_new(
        filter: EnvoyFilter,
    ) -> EnvoyScheduler;
    pub(crate) fn envoy_dynamic_module_callback_http_filter_scheduler_commit(
        scheduler: EnvoyScheduler,
        event: u64,
    );
    pub(crate) fn envoy_dynamic_module_callback_http_filter_scheduler_delete(
        scheduler: EnvoyScheduler,
    );
}
