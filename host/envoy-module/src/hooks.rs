//! What Envoy calls. Each hook is in a guard, and what breaks denies.

use std::ffi::{c_char, c_void};
use std::rc::Rc;
use std::sync::Arc;

use crate::abi::raw::{self, BodyStatus, Buffer, EnvoyFilter, HeadStatus, TrailersStatus};
use crate::abi::{Direction, Stream, bytes};
use crate::filter::{Filter, Onward};
use crate::guard::guarded;
use crate::log;
use crate::settings::{self, Module};

/// What a filter of ours is to Envoy.
type OurFilter = *const c_void;

/// Called once, when the module is loaded.
#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_program_init() -> *const c_char {
    let loaded = || {
        log::start();
        raw::VERSION.as_ptr()
    };
    guarded("program_init", loaded, std::ptr::null)
}

/// Called for each configuration. Null refuses it.
///
/// # Safety
/// The buffers are Envoy's, and there for the time of the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_config_new(
    _config: *mut c_void,
    _name: Buffer,
    text: Buffer,
) -> *const c_void {
    let open = || {
        // SAFETY: see above.
        let text = unsafe { bytes(text) };
        match settings::open(text) {
            Ok(module) => Arc::into_raw(Arc::new(module)).cast(),
            Err(problem) => {
                tracing::error!("{problem}");
                std::ptr::null()
            }
        }
    };
    guarded("config_new", open, std::ptr::null)
}

/// # Safety
/// The pointer is one that `config_new` gave, and this is its last use.
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_config_destroy(config: *const c_void) {
    // SAFETY: see above.
    let close = || drop(unsafe { Arc::from_raw(config.cast::<Module>()) });
    guarded("config_destroy", close, || {});
}

/// Called for each request. Null closes its connection.
///
/// # Safety
/// The first pointer is one that `config_new` gave; the second is that of a
/// filter of Envoy's that is there until `filter_destroy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_new(
    config: *const c_void,
    envoy: EnvoyFilter,
) -> OurFilter {
    let new = || {
        // SAFETY: see above; the configuration keeps its own count.
        let (module, stream) = unsafe {
            Arc::increment_strong_count(config.cast::<Module>());
            (Arc::from_raw(config.cast::<Module>()), Stream::new(envoy))
        };
        Rc::into_raw(Rc::new(Filter::new(module, stream))).cast()
    };
    guarded("filter_new", new, std::ptr::null)
}

/// # Safety
/// The pointer is one that `filter_new` gave, and this is its last use.
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_destroy(filter: OurFilter) {
    let close = || {
        // SAFETY: see above. A hook that is at work has a count of its own.
        let filter = unsafe { Rc::from_raw(filter.cast::<Filter>()) };
        filter.stream.end();
        filter.abandon();
    };
    guarded("filter_destroy", close, || {});
}

/// A hook of a request or its answer. Where it breaks there is an answer that
/// says so, and nothing goes on.
///
/// # Safety
/// The pointer is one that `filter_new` gave, on the thread that it gave it to,
/// and `filter_destroy` was not called before.
unsafe fn hook(
    name: &'static str,
    filter: OurFilter,
    body: impl FnOnce(&Filter) -> Onward,
) -> Onward {
    // SAFETY: see above. The count keeps the filter while this hook is at work:
    // Envoy may call `filter_destroy` within it.
    let filter = unsafe {
        Rc::increment_strong_count(filter.cast::<Filter>());
        Rc::from_raw(filter.cast::<Filter>())
    };
    let broken = || guarded(name, || filter.broken(), || Onward::Stop);
    guarded(name, || body(&filter), broken)
}

fn of_head(onward: Onward) -> HeadStatus {
    match onward {
        Onward::Go => HeadStatus::Continue,
        Onward::Hold | Onward::Stop => HeadStatus::StopIteration,
    }
}

fn of_body(onward: Onward) -> BodyStatus {
    match onward {
        Onward::Go => BodyStatus::Continue,
        Onward::Hold => BodyStatus::StopIterationAndBuffer,
        Onward::Stop => BodyStatus::StopIterationNoBuffer,
    }
}

fn of_trailers(onward: Onward) -> TrailersStatus {
    match onward {
        Onward::Go => TrailersStatus::Continue,
        Onward::Hold | Onward::Stop => TrailersStatus::StopIteration,
    }
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_headers(
    _: EnvoyFilter,
    filter: OurFilter,
    ends: bool,
) -> HeadStatus {
    // SAFETY: so says Envoy.
    of_head(unsafe { hook("request_headers", filter, |it| it.request_head(ends)) })
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_body(
    _: EnvoyFilter,
    filter: OurFilter,
    ends: bool,
) -> BodyStatus {
    // SAFETY: so says Envoy.
    of_body(unsafe { hook("request_body", filter, |it| it.body(Direction::Request, ends)) })
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_request_trailers(
    _: EnvoyFilter,
    filter: OurFilter,
) -> TrailersStatus {
    // SAFETY: so says Envoy.
    of_trailers(unsafe { hook("request_trailers", filter, |it| it.trailers(Direction::Request)) })
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_headers(
    _: EnvoyFilter,
    filter: OurFilter,
    ends: bool,
) -> HeadStatus {
    // SAFETY: so says Envoy.
    of_head(unsafe { hook("response_headers", filter, |it| it.answer_head(ends)) })
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_body(
    _: EnvoyFilter,
    filter: OurFilter,
    ends: bool,
) -> BodyStatus {
    // SAFETY: so says Envoy.
    of_body(unsafe { hook("response_body", filter, |it| it.body(Direction::Answer, ends)) })
}

/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_response_trailers(
    _: EnvoyFilter,
    filter: OurFilter,
) -> TrailersStatus {
    // SAFETY: so says Envoy.
    of_trailers(unsafe { hook("response_trailers", filter, |it| it.trailers(Direction::Answer)) })
}

/// What was judged elsewhere is there.
///
/// # Safety
/// See [`hook`].
#[unsafe(no_mangle)]
unsafe extern "C" fn envoy_dynamic_module_on_http_filter_scheduled(
    _: EnvoyFilter,
    filter: OurFilter,
    _event: u64,
) {
    // SAFETY: so says Envoy.
    unsafe { hook("scheduled", filter, Filter::finished) };
}

/// Hooks that Envoy wants to be there, of which nothing comes here.
macro_rules! unused {
    ($($name:ident($($kind:ty),*);)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($(_: $kind),*) {}
        )*
    };
}

unused! {
    envoy_dynamic_module_on_http_filter_stream_complete(EnvoyFilter, OurFilter);
    envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(
        EnvoyFilter, OurFilter
    );
    envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(
        EnvoyFilter, OurFilter
    );
    envoy_dynamic_module_on_http_filter_http_callout_done(
        EnvoyFilter, OurFilter, u64, u32, *mut raw::Header, usize, *mut Buffer, usize
    );
    envoy_dynamic_module_on_http_filter_http_stream_headers(
        EnvoyFilter, OurFilter, u64, *mut raw::Header, usize, bool
    );
    envoy_dynamic_module_on_http_filter_http_stream_data(
        EnvoyFilter, OurFilter, u64, *const Buffer, usize, bool
    );
    envoy_dynamic_module_on_http_filter_http_stream_trailers(
        EnvoyFilter, OurFilter, u64, *mut raw::Header, usize
    );
    envoy_dynamic_module_on_http_filter_http_stream_complete(EnvoyFilter, OurFilter, u64);
    envoy_dynamic_module_on_http_filter_http_stream_reset(EnvoyFilter, OurFilter, u64, u32);
}
