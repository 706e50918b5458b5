//! How a panic's message reaches the host without an import.
//!
//! The message and place are written into a static buffer behind a magic word,
//! then the plugin traps. The host reads the memory that the trap left.

/// The word that marks the buffer, followed by the length of the text (`u32`,
/// little-endian) and the text (UTF-8).
pub const MAGIC: [u8; 16] = *b"\x00tollgate-panic\x00";

/// How many bytes of a message are kept.
pub const CAPACITY: usize = 1000;

/// Prepares the report of panics. The export macros call it first in every
/// function that a host may call first.
#[inline]
pub fn install() {
    #[cfg(all(target_arch = "wasm32", feature = "std"))]
    {
        static INSTALLED: std::sync::Once = std::sync::Once::new();
        INSTALLED.call_once(|| {
            std::panic::set_hook(Box::new(|info| wasm::write(format_args!("{info}"))));
        });
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod wasm {
    use core::cell::UnsafeCell;
    use core::fmt::{Arguments, Write};

    use super::{CAPACITY, MAGIC};

    #[repr(C)]
    struct Note {
        magic: [u8; 16],
        length: u32,
        text: [u8; CAPACITY],
    }

    struct Place(UnsafeCell<Note>);
    // SAFETY: a component without threads.
    #[cfg(not(target_feature = "atomics"))]
    unsafe impl Sync for Place {}

    static PLACE: Place =
        Place(UnsafeCell::new(Note { magic: [0; 16], length: 0, text: [0; CAPACITY] }));

    impl Write for Note {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            for byte in text.bytes() {
                let Some(slot) = self.text.get_mut(self.length as usize) else {
                    break;
                };
                *slot = byte;
                self.length += 1;
            }
            Ok(())
        }
    }

    pub(super) fn write(message: Arguments<'_>) {
        // SAFETY: the only reference there is; nothing runs after a panic.
        let note = unsafe { &mut *PLACE.0.get() };
        // Set only now, so that the plugin's data never holds the word.
        note.magic = MAGIC;
        note.length = 0;
        let _ = note.write_fmt(message);
    }

    #[cfg(not(feature = "std"))]
    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        write(format_args!("{info}"));
        core::arch::wasm32::unreachable()
    }
}
