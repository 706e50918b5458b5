//! Freezing a configured plugin into a component of its own.
//!
//! `configure` runs once; the memory it leaves becomes the initial memory of a
//! new component. A fresh instance of that decides at once. The result is an
//! ordinary component with one digest: plugin and settings in one file, to
//! sign, ship and pin.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmtime::Store;
use wasmtime::component::{self, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::baked::{Baked, SECTION};
use crate::budget::Room;
use crate::cache::Found;
use crate::compile;
use crate::digest::Digest;
use crate::error::ConfigureError;
use crate::instance::{Exports, Instance, Live};
use crate::limits::Accounts;
use crate::loaded::{Loaded, accepted};

pub(crate) fn bake(
    loaded: &Loaded,
    settings: &str,
    metadata: &str,
) -> Result<Vec<u8>, ConfigureError> {
    if loaded.baked.is_some() {
        return Err(ConfigureError::AlreadyBaked { plugin: loaded.name.clone() });
    }
    let baked = Baked {
        plugin: loaded.digest,
        settings: Digest::of(settings.as_bytes()),
        metadata: metadata.to_owned(),
    };
    // Freezing compiles the instrumented plugin, so its result is kept.
    let entry = format!("baked-{}", Digest::of(&baked.write()).hex());
    if let Found::Entry(bytes) = loaded.shared.cache.get(&entry) {
        return Ok(bytes);
    }
    let mut component = freeze(loaded, settings)?;
    let section = baked.write();
    CustomSection { name: SECTION.into(), data: section.as_slice().into() }
        .append_to_component(&mut component);
    loaded.shared.cache.put(&entry, &component);
    Ok(component)
}

fn freeze(loaded: &Loaded, settings: &str) -> Result<Vec<u8>, ConfigureError> {
    let cannot = |error: wasmtime::Error| ConfigureError::Bake {
        plugin: loaded.name.clone(),
        problem: format!("{error:#}"),
    };
    let shared = &loaded.shared;
    let mut wizer = Wizer::new();
    wizer.keep_init_func(true);
    let (context, instrumented) = wizer.instrument_component(&loaded.bytes).map_err(cannot)?;
    let component =
        compile::compile(&shared.wasmtime, shared.compile_by.as_ref(), &instrumented)?.component;
    let pre = shared.linker.instantiate_pre(&component).map_err(cannot)?;
    let lifecycle = loaded.contract.lifecycle(&Exports::of(&pre, loaded.contract.version()))?;
    let limits = &shared.limits;
    let room = Room::of_engine(&shared.permits, limits);
    let mut live = Live::new(shared, &pre, &loaded.name, limits, room)?;
    let mut instance = Instance { live: &mut live, plugin: &loaded.name };
    accepted(&loaded.name, lifecycle.configure(&mut instance, settings)?)?;
    live.refill(limits);
    let (store, instance) = live.parts();
    let mut state = State { store, instance, error: None };
    let snapshot = ready(wizer.snapshot_component(&context, &mut state));
    if let Some(error) = state.error {
        return Err(cannot(error));
    }
    snapshot
        .ok_or_else(|| cannot(wasmtime::format_err!("reading its memory waits for something")))?
        .map_err(cannot)
}

/// The value of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Reads an instance's state for the snapshot. The trait has no errors, so the
/// first one is kept here and the snapshot thrown away.
struct State<'a> {
    store: &'a mut Store<Accounts>,
    instance: &'a component::Instance,
    error: Option<wasmtime::Error>,
}

impl State<'_> {
    fn call<R: Lift + 'static>(&mut self, instance: &str, function: &str) -> Option<R> {
        let result = (|| {
            let missing = || wasmtime::format_err!("`{instance}` has no `{function}`");
            let (_, index) =
                self.instance.get_export(&mut *self.store, None, instance).ok_or_else(missing)?;
            let (_, index) = self
                .instance
                .get_export(&mut *self.store, Some(&index), function)
                .ok_or_else(missing)?;
            let function = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, index)?;
            Ok(function.call(&mut *self.store, ())?.0)
        })();
        result.map_err(|error| self.error.get_or_insert(error).to_string()).ok()
    }
}

impl ComponentInstanceState for State<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        if let Some(list) = self.call::<WasmList<u8>>(instance, function) {
            contents(list.as_le_slice(&*self.store));
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, function: &str) -> i32 {
        self.call(instance, function).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, function: &str) -> i64 {
        self.call(instance, function).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, function: &str) -> u32 {
        self.call::<f32>(instance, function).unwrap_or_default().to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, function: &str) -> u64 {
        self.call::<f64>(instance, function).unwrap_or_default().to_bits()
    }
}
