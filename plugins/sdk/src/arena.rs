//! Where a plugin's memory comes from.
//!
//! A bump allocator: allocating is an addition, freeing a subtraction. What
//! `configure` leaves behind is kept; when everything that a later call
//! allocated has been freed, the arena starts over from there. So a warm
//! instance never grows from call to call, and a fresh one never asks the host
//! for a page on the hot path: `memory.grow` costs more than a decision.
//!
//! What a plugin makes when it first needs it (the cache of a regular
//! expression) is kept as well: what is still there when the arguments of the
//! next call come was made for good. A plugin that makes more of it in each
//! call grows from call to call.

/// Keeps all that is allocated now for the life of the instance. The export
/// macros call it after `configure`.
pub fn keep() {
    #[cfg(target_arch = "wasm32")]
    wasm::keep();
}

/// The arguments of a call are all there. Whatever a plugin is asked begins
/// with this.
pub(crate) fn called() {
    #[cfg(target_arch = "wasm32")]
    wasm::called();
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod wasm {
    use core::alloc::{GlobalAlloc, Layout};
    use core::arch::wasm32::{memory_grow, memory_size};
    use core::cell::Cell;
    use core::ptr;

    const PAGE: usize = 64 * 1024;

    struct Arena {
        /// Where the next allocation goes, before alignment.
        next: Cell<usize>,
        /// The end of the memory that we have.
        end: Cell<usize>,
        /// Below this everything is kept for good.
        base: Cell<usize>,
        /// Allocations at or above `base` that are not freed yet.
        live: Cell<usize>,
        /// The arguments of a call are coming in.
        arguments: Cell<bool>,
    }

    // SAFETY: a component without threads; see `state`.
    #[cfg(not(target_feature = "atomics"))]
    unsafe impl Sync for Arena {}

    #[global_allocator]
    static ARENA: Arena = Arena {
        next: Cell::new(0),
        end: Cell::new(0),
        base: Cell::new(0),
        live: Cell::new(0),
        arguments: Cell::new(false),
    };

    unsafe extern "C" {
        /// The first byte after data and stack, from the linker.
        static __heap_base: u8;
    }

    pub(super) fn keep() {
        ARENA.base.set(ARENA.next.get());
        ARENA.live.set(0);
        ARENA.arguments.set(false);
    }

    pub(super) fn called() {
        ARENA.arguments.set(false);
    }

    /// Where the host puts what it gives. Before the first of a call nothing is
    /// left of the one before, but what is there for good.
    ///
    /// Overrides the weak symbol of `wit-bindgen`, which does the rest.
    // SAFETY: the canonical ABI calls it as it calls the one behind it.
    #[unsafe(export_name = "cabi_realloc")]
    unsafe extern "C" fn cabi_realloc(
        block: *mut u8,
        old: usize,
        align: usize,
        size: usize,
    ) -> *mut u8 {
        if !ARENA.arguments.replace(true) && ARENA.live.get() != 0 {
            ARENA.base.set(ARENA.next.get());
            ARENA.live.set(0);
        }
        // SAFETY: passed on as it came.
        unsafe { wit_bindgen::rt::cabi_realloc(block, old, align, size) }
    }

    impl Arena {
        #[cold]
        fn start(&self) {
            let base = &raw const __heap_base as usize;
            self.next.set(base);
            self.base.set(base);
            self.end.set(memory_size(0) * PAGE);
        }

        /// Makes room up to `end`; false when the host gives no more.
        #[cold]
        fn grow(&self, end: usize) -> bool {
            let missing = (end - self.end.get()).div_ceil(PAGE);
            // Half as much again, so that a large payload needs few grows;
            // just enough when that is more than the host allows.
            for pages in [missing.max(memory_size(0) / 2), missing] {
                if memory_grow(0, pages) != usize::MAX {
                    self.end.set(memory_size(0) * PAGE);
                    return true;
                }
            }
            false
        }
    }

    // SAFETY: blocks never overlap, because `next` only moves back over blocks
    // that were freed: the last one, or all that are not kept.
    unsafe impl GlobalAlloc for Arena {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if self.next.get() == 0 {
                self.start();
            }
            let start = self.next.get().next_multiple_of(layout.align());
            let Some(end) = start.checked_add(layout.size()) else {
                return ptr::null_mut();
            };
            if end > self.end.get() && !self.grow(end) {
                return ptr::null_mut();
            }
            self.next.set(end);
            self.live.set(self.live.get() + 1);
            start as *mut u8
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            let start = block as usize;
            if start < self.base.get() {
                return;
            }
            self.live.set(self.live.get() - 1);
            if self.live.get() == 0 {
                self.next.set(self.base.get());
            } else if start + layout.size() == self.next.get() {
                self.next.set(start);
            }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let start = block as usize;
            if start >= self.base.get() && start + layout.size() == self.next.get() {
                let Some(end) = start.checked_add(size) else {
                    return ptr::null_mut();
                };
                if end > self.end.get() && !self.grow(end) {
                    return ptr::null_mut();
                }
                self.next.set(end);
                return block;
            }
            if size <= layout.size() {
                return block;
            }
            // SAFETY: a new block of `size` bytes; the old one holds
            // `layout.size()`, which is less.
            unsafe {
                let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size());
                    self.dealloc(block, layout);
                }
                moved
            }
        }
    }
}
