//! What an error of the database means for a group: once more, nobody's fault in it, or somebody's.

/// Another transaction was in the way.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    // PostgreSQL: 40P01 deadlock, 40001 serialization, 55P03 lock timeout. SQLite: 5 busy, 6 locked.
    let code = code(error);
    ["40P01", "40001", "55P03"].contains(&code.as_str()) || matches!(sqlite_code(&code), Some(5 | 6))
}

/// SQLite had no room for it. The mark of a commit is in the last page of its log, and that is what did not fit: so
/// also of a COMMIT it is known that it did not happen.
pub(super) fn is_full(error: &sqlx::Error) -> bool {
    sqlite_code(&code(error)) == Some(13)
}

/// The database cannot be written, whatever is to be written.
pub(super) fn is_down(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(_) => {
            // PostgreSQL: 08 connection, 25 transaction (read-only: a standby), 28 authorisation, 53 resources,
            // 57 intervention, 58 system, XX damage, 42501 privilege. SQLite: 3 permission, 7 memory, 8 read-only,
            // 10 I/O, 11 damage, 13 full, 14 open, 15 locks, 23 authorisation, 26 no database.
            let code = code(error);
            let class = code.get(..2).filter(|_| code.len() == 5);
            let down = class.is_some_and(|it| ["08", "25", "28", "53", "57", "58", "XX"].contains(&it));
            let sqlite = matches!(sqlite_code(&code), Some(3 | 7 | 8 | 10 | 11 | 13 | 14 | 15 | 23 | 26));
            down || sqlite || code == "42501"
        }
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => false,
        _ => true,
    }
}

fn code(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|it| it.code().map(std::borrow::Cow::into_owned));
    code.unwrap_or_default()
}

/// The primary code of a SQLite error, whose extended codes have it in their low byte; PostgreSQL's have five
/// characters.
fn sqlite_code(code: &str) -> Option<i64> {
    if code.len() < 5 { code.parse::<i64>().ok().map(|code| code & 0xff) } else { None }
}
