//! What is asked of the operating system about this process.

/// The user that this process acts as.
#[cfg(unix)]
pub(crate) fn user() -> u32 {
    // SAFETY: it takes nothing, changes nothing and cannot fail.
    #[allow(unsafe_code)]
    unsafe {
        libc::geteuid()
    }
}
