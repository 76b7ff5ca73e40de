//! Named places on the write path where a test can make the broker die, fail or stand still.
//!
//! `COUNTERSIGN_FAILPOINT=name=abort|error|stall[:nth]` in the environment of a debug build; a release build has no
//! trace of it.

/// Every failpoint, for the tests that visit them all.
pub const ALL: &[&str] = &[
    "ledger.begun",
    "ledger.locked",
    "ledger.judged",
    "ledger.appended",
    "ledger.before_commit",
    "ledger.committed",
    "ledger.answered",
    "call.authorised",
    "call.injected",
    "call.sent",
    "keys.added",
    "keys.rewrapped",
    "keys.checked",
    "keys.retired",
    "keys.root_made",
    "keys.root_recorded",
    "keys.root_settled",
    "keys.signing_replaced",
    "backup.copied",
    "backup.written",
    "restore.imported",
    "recovery.ending",
    "recovery.accepted",
    "record.planned",
    "record.dropping",
    "record.dropped",
    "record.removing",
];

/// Passes, fails, stalls or aborts the process, as the environment says.
#[cfg(debug_assertions)]
pub async fn hit(name: &'static str) -> sqlx::Result<()> {
    match armed(name) {
        Some("abort") => std::process::abort(),
        Some("error") => Err(sqlx::Error::Protocol(format!("failpoint {name}"))),
        Some("stall") => std::future::pending().await,
        _ => Ok(()),
    }
}

/// In a release build: nothing.
#[cfg(not(debug_assertions))]
#[expect(clippy::unused_async, reason = "the same shape as in a debug build")]
pub async fn hit(_name: &'static str) -> sqlx::Result<()> {
    Ok(())
}

#[cfg(debug_assertions)]
fn armed(name: &str) -> Option<&'static str> {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };
    static ARMED: LazyLock<Option<(String, String, u32)>> = LazyLock::new(|| {
        let text = std::env::var("COUNTERSIGN_FAILPOINT").ok()?;
        let (name, what) = text.split_once('=')?;
        let (what, nth) = what.split_once(':').unwrap_or((what, "1"));
        Some((name.to_owned(), what.to_owned(), nth.parse().unwrap_or(1)))
    });
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let (armed, what, nth) = ARMED.as_ref()?;
    (armed == name && SEEN.fetch_add(1, Ordering::SeqCst) + 1 >= *nth).then_some(what.as_str())
}
