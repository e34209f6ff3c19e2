//! Compiles viewers' keymaps where nothing else can be hurt.
//!
//! xkbcommon is written in C and was made for files that a system trusts: version 1.5, which Debian 12 has,
//! dereferences a null pointer at `key <A> {, x = y }`. So a keymap that comes from outside is compiled in a
//! child process first, and only what xkbcommon itself writes of it is compiled here: the child has compiled
//! that too, and is still there.

use std::{
    fs::File,
    io::{Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use rustix::{
    io::Errno,
    pipe::{PipeFlags, pipe_with},
    process::{
        DumpableBehavior, Pid, Resource, Rlimit, WaitOptions, set_dumpable_behavior, setrlimit, waitpid,
    },
};
use xkbcommon::xkb;

/// Seconds of CPU time for a keymap. The usual ones take some milliseconds.
const MAX_SECONDS: u64 = 2;

/// The longest text of a keymap that is read from the child. The usual ones have 70 kB.
const MAX_WRITTEN: u64 = 4 << 20;

/// A keymap in xkbcommon's own words; `None` if it does not compile, or brings xkbcommon down.
pub(crate) fn written_apart(keymap: &str) -> Option<String> {
    let written =
        apart(|| written(keymap).filter(|written| compile(written).is_some()).map(String::into_bytes));
    String::from_utf8(written?).ok()
}

fn written(keymap: &str) -> Option<String> {
    Some(compile(keymap)?.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1))
}

fn compile(keymap: &str) -> Option<xkb::Keymap> {
    let mut context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    context.set_log_level(xkb::LogLevel::Critical);
    let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
    xkb::Keymap::new_from_string(&context, keymap.to_owned(), format, flags)
}

/// What `work` makes in a child process; `None` if it makes nothing, dies, or takes too long.
#[expect(unsafe_code, reason = "the standard library starts other programs only")]
fn apart(work: impl FnOnce() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).ok()?;
    // SAFETY: the child has this thread alone. It takes no lock that another thread may hold: glibc and musl
    // leave the allocator usable in the child, and it touches nothing else that is shared before it ends. It
    // ends here, by `_exit`, and runs nobody's destructors.
    match unsafe { libc::fork() } {
        ..0 => None,
        0 => {
            drop(reader);
            let made = catch_unwind(AssertUnwindSafe(|| confine().ok().and_then(|()| work())));
            let told = made.ok().flatten().is_some_and(|made| File::from(writer).write_all(&made).is_ok());
            // SAFETY: it ends the process, and returns to nobody.
            unsafe { libc::_exit(if told { 0 } else { 1 }) }
        }
        child => {
            drop(writer);
            let mut made = Vec::new();
            let read = File::from(reader).take(MAX_WRITTEN + 1).read_to_end(&mut made);
            let whole = read.is_ok() && made.len() as u64 <= MAX_WRITTEN;
            (ended_well(child) && whole).then_some(made)
        }
    }
}

/// The child dies without a trace, and does not run on.
#[expect(unsafe_code, reason = "signals' handlers are the process's own matter")]
fn confine() -> Result<(), Errno> {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGILL, libc::SIGFPE, libc::SIGXCPU] {
        // SAFETY: it takes handlers away, which are the parent's.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Cpu, Rlimit { current: Some(MAX_SECONDS), maximum: Some(MAX_SECONDS) })
}

fn ended_well(child: i32) -> bool {
    let Some(child) = Pid::from_raw(child) else { return false };
    loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Err(Errno::INTR) => {}
            Ok(Some((_, status))) => return status.exit_status() == Some(0),
            Ok(None) | Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYMAP: &str = "xkb_keymap { xkb_keycodes { minimum = 8; maximum = 255; <A> = 38; }; xkb_types { \
                          }; xkb_compatibility { }; xkb_symbols { key <A> { [ a ] }; }; };";

    #[test]
    fn a_keymap_is_written_as_it_was_meant() {
        let written = written_apart(KEYMAP).expect("it compiles");
        let keymap = compile(&written).expect("it compiles");
        assert_eq!(xkb::State::new(&keymap).key_get_utf8(xkb::Keycode::new(38)), "a");
    }

    #[test]
    fn what_brings_xkbcommon_down_is_no_keymap() {
        for text in
            ["xkb_keycodes{indicator 1=0;key<>{,y=f", &KEYMAP.replace("[ a ]", ", x = y"), "no keymap at all"]
        {
            assert_eq!(written_apart(text), None, "{text}");
        }
        assert!(written_apart(KEYMAP).is_some(), "and the next one is compiled");
    }

    #[test]
    fn whatever_happens_there_the_session_goes_on() {
        assert_eq!(apart(|| Some(b"made".to_vec())), Some(b"made".to_vec()));
        assert_eq!(apart(|| None), None);
        assert_eq!(apart(|| std::process::abort()), None);
        assert_eq!(apart(|| Some(vec![0; MAX_WRITTEN as usize + 1])), None);
        let endless = || loop {
            std::hint::spin_loop();
        };
        assert_eq!(apart(endless), None);
    }
}
