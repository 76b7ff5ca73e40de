//! What an error of the database means for a group: once more, nobody's fault in it, or somebody's.

use super::writer::Committed;

/// Why an attempt did not commit.
pub(super) enum Failure {
    /// Another transaction was in the way: nothing happened, once more.
    Again(sqlx::Error),
    /// Nothing happened; the fault lies in what was to be written.
    Data(sqlx::Error),
    /// Nothing happened; the database cannot be written.
    Down(sqlx::Error),
    /// The commit itself failed: it may have happened.
    Unknown(sqlx::Error, Committed),
}

impl Failure {
    /// What an error before the commit means.
    pub fn of(error: sqlx::Error) -> Self {
        if is_conflict(&error) {
            Self::Again(error)
        } else if is_down(&error) {
            Self::Down(error)
        } else {
            Self::Data(error)
        }
    }

    /// What an error of the commit means.
    pub fn of_commit(error: sqlx::Error, committed: Committed) -> Self {
        if is_conflict(&error) {
            Self::Again(error)
        } else if is_full(&error) {
            Self::Down(error)
        } else {
            Self::Unknown(error, committed)
        }
    }
}

/// Another transaction was in the way.
fn is_conflict(error: &sqlx::Error) -> bool {
    // PostgreSQL: 40P01 deadlock, 40001 serialization, 55P03 lock timeout. SQLite: 5 busy, 6 locked.
    let code = code(error);
    ["40P01", "40001", "55P03"].contains(&code.as_str()) || matches!(sqlite_code(&code), Some(5 | 6))
}

/// SQLite had no room for it. The mark of a commit is in the last page of its log, and that is what did not fit: so
/// also of a COMMIT it is known that it did not happen.
fn is_full(error: &sqlx::Error) -> bool {
    sqlite_code(&code(error)) == Some(13)
}

/// The database cannot be written, whatever is to be written.
fn is_down(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(_) => {
            // PostgreSQL: 08 connection, 53 resources, 57 intervention, 58 system. SQLite: 10 I/O, 13 full, 14 open,
            // 8 read-only.
            let code = code(error);
            let down =
                ["08", "53", "57", "58"].iter().any(|class| code.len() == 5 && code.starts_with(class));
            down || matches!(sqlite_code(&code), Some(8 | 10 | 13 | 14))
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
