//! Whether the database is an older copy of itself, and how often that was accepted.

use super::{Conn, meta, scalar};
use domain::watermark::{ACCEPTED, SUSPENDED};

const LAST_NUMBER: &str = "SELECT COALESCE(MAX(number), 0) FROM watermarks WHERE subject = $1";

pub(super) const SQL: &[&str] = &[LAST_NUMBER];

/// Whether nothing is authorised until somebody accepts the database.
pub async fn is_suspended(conn: &mut Conn) -> sqlx::Result<bool> {
    let suspended: i64 = scalar!(&mut *conn, LAST_NUMBER, SUSPENDED)?;
    let accepted: i64 = scalar!(conn, LAST_NUMBER, ACCEPTED)?;
    Ok(suspended > accepted)
}

/// How often it was accepted.
pub async fn epoch(conn: &mut Conn) -> sqlx::Result<i64> {
    let epoch = meta::get(conn, meta::EPOCH).await?;
    Ok(epoch.and_then(|it| it.parse().ok()).unwrap_or_default())
}

/// Counts that it was accepted; says how often by now.
pub async fn next_epoch(conn: &mut Conn) -> sqlx::Result<i64> {
    let epoch = epoch(conn).await? + 1;
    meta::put(conn, meta::EPOCH, &epoch.to_string()).await?;
    Ok(epoch)
}

/// From which backup it was restored, in words, if nobody has accepted it since.
pub async fn restored(conn: &mut Conn) -> sqlx::Result<Option<String>> {
    meta::get(conn, meta::RESTORED).await
}

/// Forgets that it was restored.
pub async fn forget_restored(conn: &mut Conn) -> sqlx::Result<()> {
    meta::remove(conn, meta::RESTORED).await.map(drop)
}
