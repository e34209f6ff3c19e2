//! How the memory of pictures goes back to the system.
//!
//! A window that was large for a moment must not cost its memory for good. The C library learns from every
//! large block that is freed to keep larger ones from then on, up to 32 MiB, each thread in a heap of its
//! own: after a few changes of size a session kept several times what it showed.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

/// Blocks of at least so many bytes are the system's again as soon as they are free. Pictures of large
/// windows are among them; what is taken and freed for every update is smaller, and need not be taken from
/// the system each time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const GIVEN_BACK: i32 = 4 << 20;

/// So many free bytes at the end of a heap are kept.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: i32 = 16 << 20;

/// Has large blocks given back, however many there were. To be called first of all in a program.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library has no safe interface for it")]
pub fn give_back_large_blocks() {
    // SAFETY: it sets two numbers of the allocator, which has a lock of its own for that.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, GIVEN_BACK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}

/// Gives back what is free in the heaps of all threads. To be called at rest: who takes memory meanwhile
/// waits, some milliseconds in a large program.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library has no safe interface for it")]
pub fn give_back_free() {
    // SAFETY: it takes the allocator's own locks, and touches nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other C libraries do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back_free() {}

/// Other C libraries do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back_large_blocks() {}
