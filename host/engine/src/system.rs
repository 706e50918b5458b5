//! What is asked of the operating system about this process.

use std::io;

/// The user that this process acts as.
#[cfg(unix)]
pub(crate) fn user() -> u32 {
    // SAFETY: it takes nothing, changes nothing and cannot fail.
    #[allow(unsafe_code)]
    unsafe {
        libc::geteuid()
    }
}

/// Gives this process so many bytes of memory and seconds of processor time,
/// and ends it when it takes more.
#[cfg(unix)]
pub(crate) fn limit(memory: u64, seconds: u64) -> io::Result<()> {
    let limits = [
        (libc::RLIMIT_AS, memory, memory),
        // At the second one it is killed without a word why.
        (libc::RLIMIT_CPU, seconds, seconds.saturating_add(1)),
        // No image of the memory is left when it ends.
        (libc::RLIMIT_CORE, 0, 0),
    ];
    for (resource, rlim_cur, rlim_max) in limits {
        let limit = libc::rlimit { rlim_cur, rlim_max };
        // SAFETY: the limit is read during the call and no longer.
        #[allow(unsafe_code)]
        if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Where there is no such limit, the deadline of who waits is the only one.
#[cfg(not(unix))]
pub(crate) fn limit(_memory: u64, _seconds: u64) -> io::Result<()> {
    Ok(())
}
