//! Whether the database is an older copy of itself that nobody has accepted, and the anchor by which one is noticed: how
//! far it reaches, where it lies, and whether it would be put back together with the database.

use super::{Check, Patient, ago};
use crate::{
    recovery::{Anchor, AnchorError, AnchorFile, Standing},
    store::{self, Engine, chains, meta, recovery},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

const SUSPENDED: &str = "suspended";
const ANCHOR: &str = "anchor";
/// It is moved every few seconds while there is something new.
const STALE: TimeDelta = TimeDelta::seconds(60);
const ACCEPT: &str = "put the newest database back; if there is none, countersign-broker backup accept, which ends every \
     session, token and sign-in (docs/backup.md)";

pub(super) async fn look(it: &Patient<'_>) -> sqlx::Result<Vec<Check>> {
    let mut conn = it.store.read().await?;
    let suspended = recovery::is_suspended(&mut conn).await?;
    let restored = recovery::restored(&mut conn).await?;
    let epoch = recovery::epoch(&mut conn).await?;
    let had_one = meta::get(&mut conn, meta::ANCHORED).await?.is_some();
    let last = store::time(chains::last_sign_of_life(&mut conn).await?);
    drop(conn);
    let checks = [suspension(it, suspended, restored, epoch), anchor(it, had_one, last).await?];
    Ok(checks.into())
}

fn suspension(it: &Patient<'_>, suspended: bool, restored: Option<String>, epoch: i64) -> Check {
    let why = restored.map_or_else(String::new, |why| format!(": {why}"));
    if suspended {
        let what =
            format!("nothing is authorised: the database is an older copy that nobody has accepted{why}");
        Check::failure(SUSPENDED, what, ACCEPT)
    } else if !why.is_empty() && it.app.is_none() {
        let what = format!("the next start suspends the database, so that nothing is authorised{why}");
        Check::failure(SUSPENDED, what, format!("start the broker, then {ACCEPT}"))
    } else {
        Check::ok(SUSPENDED, format!("no; an older copy was accepted {epoch} times"))
    }
}

/// `had_one`: the database remembers that it has an anchor; `last`: when it was last written.
async fn anchor(it: &Patient<'_>, had_one: bool, last: DateTime<Utc>) -> sqlx::Result<Check> {
    let storage = &it.config.storage;
    let file = AnchorFile { path: storage.anchor.value.clone(), usual: storage.usual_anchor() };
    // Whoever has named another place finds it in the usual one until it is moved.
    let path = if file.path.exists() { &file.path } else { &file.usual };
    if !path.exists() {
        return Ok(missing(it, &file.path, had_one));
    }
    let found = match compared(&file, path, it).await {
        Ok(found) => found,
        Err(AnchorError::Database(error)) => return Err(error),
        Err(error) => {
            let to_do = "without the right file the next start fails: put it back, or name it with --anchor (docs/backup.md)";
            return Ok(Check::failure(ANCHOR, error.to_string(), to_do));
        }
    };
    let (anchor, standing) = found;
    if let Standing::Behind(what) = standing {
        let what = match it.app {
            Some(_) => format!("the database is suspended, or will be: {what}"),
            None => format!("the next start suspends the database: {what}"),
        };
        return Ok(Check::failure(ANCHOR, what, ACCEPT));
    }
    let reaches = format!("{} reaches the record of {}", path.display(), ago(seconds(it, anchor.at())));
    if it.app.is_some() && last - anchor.at() > STALE {
        let what = format!("{reaches}; it should have been moved since, and was not");
        let to_do = "the log says why: let the broker's user write into its folder. An older copy of the database that \
                     is put back now may not be noticed";
        return Ok(Check::warning(ANCHOR, what, to_do));
    }
    Ok(Check::ok(ANCHOR, format!("{reaches}{}", place(it, path))))
}

async fn compared(
    file: &AnchorFile,
    path: &Path,
    it: &Patient<'_>,
) -> Result<(Anchor, Standing), AnchorError> {
    let anchor = Anchor::read(path)?.ok_or_else(|| AnchorError::Unreadable(path.to_owned()))?;
    Ok((anchor, file.compare(it.store).await?))
}

fn missing(it: &Patient<'_>, path: &Path, had_one: bool) -> Check {
    let path = path.display();
    let anew = "if this host had one, look for an older copy of the database that was put back";
    match (had_one, it.app.is_some(), it.store.engine()) {
        (false, ..) => {
            Check::ok(ANCHOR, format!("there is none yet; a start of the broker makes it at {path}"))
        }
        (true, true, _) => {
            let what = format!("{path} is missing; it is made anew with the next record");
            Check::warning(
                ANCHOR,
                what,
                "do not remove it: without it an older copy of the database is not noticed",
            )
        }
        (true, false, Engine::Sqlite) => {
            let what = format!("{path} is missing: the next start suspends the database");
            Check::failure(ANCHOR, what, format!("put it back, or name it with --anchor; else {ACCEPT}"))
        }
        (true, false, Engine::Postgres) => {
            Check::warning(ANCHOR, format!("{path} is missing; the next start makes it anew"), anew)
        }
    }
}

/// What is put back together with the database does not notice that it was.
fn place(it: &Patient<'_>, anchor: &Path) -> &'static str {
    const ELSEWHERE: &str = ", apart from the database";
    let Some(database) = it.config.storage.sqlite_file() else { return ELSEWHERE };
    let folder = |path: &Path| fs::canonicalize(path).ok()?.parent().map(Path::to_owned);
    let disk = |path: &Path| fs::metadata(path).ok().map(|it| it.dev());
    if folder(anchor).is_some_and(|it| Some(it) == folder(&database)) {
        "; it lies beside the database: whoever puts the whole directory back puts back both, unnoticed. --anchor names \
         another place, best on another disk that is not put back with this one"
    } else if disk(anchor).is_some_and(|it| Some(it) == disk(&database)) {
        "; it lies on the disk of the database: a snapshot of that disk puts back both, unnoticed. --anchor names another \
         place"
    } else {
        ELSEWHERE
    }
}

fn seconds(it: &Patient<'_>, at: DateTime<Utc>) -> i64 {
    (it.clock.now() - at).num_seconds()
}
