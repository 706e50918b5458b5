//! One instance: its store, its limits, and calls into it.

use std::any::TypeId;
use std::marker::PhantomData;
use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::{
    self, Component, ComponentExportIndex, ComponentNamedList, Func, InstancePre, Lift, Lower,
    TypedFunc,
};

use crate::budget::Room;
use crate::error::{Cause, Fault, LoadError};
use crate::limits::{Accounts, Limits, ticks};
use crate::shared::Shared;
use crate::trap;

/// A function of the contract and its types.
pub(crate) trait Function: 'static {
    /// The interface that exports it: `decider`.
    const INTERFACE: &'static str;
    /// Its name there: `decide`.
    const NAME: &'static str;
    type Params<'a>: ComponentNamedList + Lower;
    type Results: ComponentNamedList + Lift + 'static;
}

/// A function that a component exports with the type of `F`.
pub(crate) struct Export<F> {
    index: ComponentExportIndex,
    function: PhantomData<fn() -> F>,
}

/// What a component exports, by a version of the contract.
pub(crate) struct Exports<'a> {
    component: &'a Component,
    pre: &'a InstancePre<Accounts>,
    contract: &'static str,
}

impl<'a> Exports<'a> {
    pub(crate) fn of(pre: &'a InstancePre<Accounts>, contract: &'static str) -> Self {
        Self { component: pre.component(), pre, contract }
    }

    /// Finds a function and checks its type, once for all instances.
    pub(crate) fn find<F: Function>(&self) -> Result<Export<F>, LoadError> {
        let Self { component, pre, contract } = self;
        let interface = format!("tollgate:plugin/{}@{contract}", F::INTERFACE);
        let wrong = |problem: String| LoadError::WrongType {
            export: format!("{interface}#{}", F::NAME),
            problem,
        };
        let missing = || wrong("it is missing".to_owned());
        let instance = component.get_export_index(None, &interface).ok_or_else(missing)?;
        let (item, index) = component.get_export(Some(&instance), F::NAME).ok_or_else(missing)?;
        let wasmtime::component::types::ComponentItem::ComponentFunc(function) = item else {
            return Err(wrong("it is not a function".to_owned()));
        };
        function
            .typecheck::<F::Params<'static>, F::Results>(&pre.instance_type())
            .map_err(|error| wrong(format!("{error:#}")))?;
        Ok(Export { index, function: PhantomData })
    }
}

/// An instance, and the plugin whose it is: `name@version`.
pub(crate) struct Instance<'a> {
    pub(crate) live: &'a mut Live,
    pub(crate) plugin: &'a str,
}

impl Instance<'_> {
    /// Calls a function. After an error the instance must be dropped.
    #[inline]
    pub(crate) fn call<F: Function>(
        &mut self,
        export: &Export<F>,
        params: F::Params<'_>,
    ) -> Result<F::Results, Fault> {
        self.live.try_call(export, params).map_err(|error| {
            let (cause, backtrace) = trap::explain(&error, &self.live.store, &self.live.limits);
            Fault { plugin: self.plugin.to_owned(), function: F::NAME, cause, backtrace }
        })
    }
}

/// An instance that may be called until it fails.
pub(crate) struct Live {
    store: Store<Accounts>,
    instance: component::Instance,
    /// The function called last: a warm instance is asked the same again and
    /// again, and finding it takes a fifth of a short call.
    last: Option<(TypeId, Func)>,
    /// What the call under way may use.
    limits: Limits,
    room: Room,
}

impl Live {
    /// Instantiates within `limits`.
    pub(crate) fn new(
        shared: &Shared,
        pre: &InstancePre<Accounts>,
        plugin: &str,
        limits: &Limits,
        room: Result<Room, Cause>,
    ) -> Result<Self, Fault> {
        let fault = |cause, backtrace| Fault {
            plugin: plugin.to_owned(),
            function: "instantiate",
            cause,
            backtrace,
        };
        let room = room.map_err(|cause| fault(cause, Vec::new()))?;
        let mut store = Store::new(&shared.wasmtime, Accounts::new(limits));
        store.limiter(|accounts| accounts);
        refill(&mut store, limits, room.waited());
        match pre.instantiate(&mut store) {
            Ok(instance) => Ok(Self { store, instance, last: None, limits: *limits, room }),
            Err(error) => {
                let (cause, backtrace) = trap::explain(&error, &store, limits);
                Err(fault(cause, backtrace))
            }
        }
    }

    #[inline]
    fn try_call<F: Function>(
        &mut self,
        export: &Export<F>,
        params: F::Params<'_>,
    ) -> wasmtime::Result<F::Results> {
        let function = match self.last {
            Some((last, function)) if last == TypeId::of::<F>() => function,
            _ => match self.instance.get_func(&mut self.store, export.index) {
                Some(function) => self.last.insert((TypeId::of::<F>(), function)).1,
                None => wasmtime::bail!("export `{}` is missing", F::NAME),
            },
        };
        // SAFETY: `Export::find` has checked the function's type against these
        // very types, on the component that this is an instance of. Checking
        // once saves 0.4 µs a call.
        #[allow(unsafe_code)]
        let function = unsafe { TypedFunc::<F::Params<'_>, F::Results>::new_unchecked(function) };
        function.call(&mut self.store, params)
    }

    /// Gives the instance the means for another call.
    pub(crate) fn refill(&mut self, limits: &Limits) {
        self.limits = *limits;
        refill(&mut self.store, limits, Duration::ZERO);
    }

    /// Gives the instance operations for its first call, whatever configuring
    /// it has taken: a call runs out at the same place in an instance made for
    /// it and in one that was there.
    pub(crate) fn refuel(&mut self, fuel: u64) {
        self.limits.fuel = fuel;
        let _ = self.store.set_fuel(fuel);
        self.store.set_hostcall_fuel(self.limits.output);
        self.store.data_mut().refused = None;
    }

    /// The operations used since the last refill.
    pub(crate) fn fuel_used(&self) -> u64 {
        self.limits.fuel.saturating_sub(self.store.get_fuel().unwrap_or_default())
    }

    /// Whether somebody waits for the room that it takes.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.room.is_waited_for()
    }

    /// Linear memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory_in_use()
    }

    /// The parts, for reading out the instance's memory.
    pub(crate) fn parts(&mut self) -> (&mut Store<Accounts>, &component::Instance) {
        (&mut self.store, &self.instance)
    }
}

/// A store starts without fuel, deadline and output; each call gets all of it,
/// but for the time that it has waited.
fn refill(store: &mut Store<Accounts>, limits: &Limits, waited: Duration) {
    // Fails only when fuel is off, and the engine turns it on.
    let _ = store.set_fuel(limits.fuel);
    store.set_epoch_deadline(ticks(limits.deadline.saturating_sub(waited)));
    store.set_hostcall_fuel(limits.output);
    store.data_mut().refused = None;
}
