//! Named points at which a test kills this process. The feature `crash-points` has them; without
//! it there is nothing here.

/// Passes a point, or dies there by SIGKILL when `IDPHOTO_CRASH_AT` says so: `NAME:N` dies when
/// the point is passed for the Nth time, `NAME:N:M` so many milliseconds later, in which the other
/// threads go on.
#[cfg(feature = "crash-points")]
pub fn point(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WISH: LazyLock<Option<(String, u32, u64)>> = LazyLock::new(|| {
        let wish = std::env::var("IDPHOTO_CRASH_AT").ok()?;
        let (name, rest) = wish.split_once(':')?;
        let (times, pause) = rest.split_once(':').unwrap_or((rest, "0"));
        Some((name.to_owned(), times.parse().ok()?, pause.parse().ok()?))
    });
    static PASSED: AtomicU32 = AtomicU32::new(0);

    let Some((_, times, pause)) = WISH.as_ref().filter(|(wish, ..)| wish == name) else {
        return;
    };
    if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *times {
        std::thread::sleep(std::time::Duration::from_millis(*pause));
        let us = rustix::process::getpid();
        // A signal to ourselves cannot fail, and nothing of us is left to see it.
        let _ = rustix::process::kill_process(us, rustix::process::Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

/// Passes a point.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub const fn point(_: &str) {}
