//! The disk: room, how long a write takes to be durable, how long SQLite's log is.

use super::{Check, Patient};
use crate::store::{Engine, wal};
use nix::sys::statvfs::statvfs;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

/// Nothing can be recorded soon, so nothing can be called.
const FULL: u64 = 128 << 20;
/// Time to make room.
const SCARCE: u64 = 2 << 30;
/// A write that is durable only after this makes everybody wait: a spinning disk, or a busy one.
const SLOW: Duration = Duration::from_millis(25);
/// The longest of many.
const VERY_SLOW: Duration = Duration::from_millis(250);
const WRITES: usize = 100;
/// From here on the broker itself holds the log down.
const LONG_LOG: u64 = 256 << 20;

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let data = it.config.storage.data.value.clone();
    let mut checks = vec![room(&data)];
    if it.store.engine() == Engine::Postgres {
        checks.push(round_trip(it).await?);
        return Ok(checks);
    }
    let measured = tokio::task::spawn_blocking(move || measure(&data)).await;
    checks.push(writes(measured.unwrap_or_else(|error| Err(io::Error::other(error)))));
    let log = wal::file(&mut it.store.read().await?).await?;
    let bytes = log.and_then(|file| file.metadata().ok()).map_or(0, |it| it.len());
    let what = format!("SQLite's log has {} MB", bytes >> 20);
    checks.push(if bytes > LONG_LOG {
        Check::warning(
            "log",
            what,
            "something reads from the database without end: a backup, or another program?",
        )
    } else {
        Check::ok("log", what)
    });
    Ok(checks)
}

fn room(data: &Path) -> Check {
    const NAME: &str = "room";
    let Ok(found) = statvfs(data) else {
        return Check::failure(NAME, format!("{} cannot be looked at", data.display()), "is it mounted?");
    };
    let free = found.blocks_available() * found.fragment_size();
    let what = format!("{:.1} GB are free in {}", gigabytes(free), data.display());
    if free < FULL {
        Check::failure(
            NAME,
            format!("{what}: soon nothing can be recorded, and then nothing is called"),
            "make room",
        )
    } else if free < SCARCE {
        Check::warning(NAME, what, "make room: without any, nothing can be recorded or called")
    } else {
        Check::ok(NAME, what)
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// How long appending a page takes until it is durable, shortest first.
fn measure(data: &Path) -> io::Result<Vec<Duration>> {
    let path = data.join(format!(".doctor-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let mut write = || {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        Ok(begun.elapsed())
    };
    let times = (0..WRITES).map(|_| write()).collect::<io::Result<Vec<_>>>();
    fs::remove_file(&path)?;
    let mut times = times?;
    times.sort();
    Ok(times)
}

fn writes(measured: io::Result<Vec<Duration>>) -> Check {
    const NAME: &str = "durable writes";
    match measured {
        Err(error) => Check::failure(
            NAME,
            format!("the data directory cannot be written: {error}"),
            "let its owner write",
        ),
        Ok(times) => judge(
            NAME,
            "a durable write takes",
            &times,
            "use a disk with less latency: each call waits for one",
        ),
    }
}

/// What a statement costs before it does anything.
async fn round_trip(it: &Patient<'_>) -> sqlx::Result<Check> {
    let mut conn = it.store.read().await?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let begun = Instant::now();
        crate::store::settings::ask(&mut conn).await?;
        times.push(begun.elapsed());
    }
    times.sort();
    let to_do = "bring broker and database closer together: each call waits for some of them";
    Ok(judge("round trip", "asking the database takes", &times, to_do))
}

fn judge(name: &str, what: &str, times: &[Duration], to_do: &str) -> Check {
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let what = format!("{what} {:.2} ms (p50), {:.2} ms (p99)", millis(at(50)), millis(at(99)));
    if at(50) > SLOW || at(99) > VERY_SLOW {
        Check::warning(name, what, to_do)
    } else {
        Check::ok(name, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_slow_disk_is_said() {
        let of = |usual: u64, last: u64| {
            let mut times = vec![Duration::from_millis(usual); 99];
            times.push(Duration::from_millis(last));
            judge("durable writes", "it takes", &times, "")
        };
        assert_eq!(of(1, 249).verdict, Verdict::Ok);
        assert_eq!(of(26, 26).verdict, Verdict::Warning);
        assert_eq!(of(1, 251).verdict, Verdict::Warning);
        assert_eq!(of(1, 251).what, "it takes 1.00 ms (p50), 251.00 ms (p99)");
        assert_eq!(writes(Err(io::ErrorKind::ReadOnlyFilesystem.into())).verdict, Verdict::Failure);
    }

    #[test]
    fn measuring_leaves_nothing_behind() {
        let dir = tempfile::TempDir::new().unwrap();
        assert_eq!(measure(dir.path()).unwrap().len(), WRITES);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
