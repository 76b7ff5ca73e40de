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
            // PostgreSQL: 08 connection, 25006 read-only, as a standby is, 28 authorisation, 53 resources,
            // 57 intervention, 58 system. SQLite: 3 permission, 8 read-only, 10 I/O, 13 full, 14 open, 15 locks,
            // 23 authorisation, 26 no database.
            let code = code(error);
            let down = ["08", "28", "53", "57", "58"].contains(&class(&code)) || code == "25006";
            down || matches!(sqlite_code(&code), Some(3 | 8 | 10 | 13 | 14 | 15 | 23 | 26))
        }
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => false,
        _ => true,
    }
}

/// What failed alone may be sound: the database or its schema can be at fault as well. A group that fails so is still
/// tried one by one, so that what one agent sends cannot fail others.
pub(super) fn is_doubtful(error: &sqlx::Error) -> bool {
    // PostgreSQL: 42 schema and privilege, XX damage and what should not happen. SQLite: 7 memory, 11 damage.
    let code = code(error);
    ["42", "XX"].contains(&class(&code)) || matches!(sqlite_code(&code), Some(7 | 11))
}

/// The class of a PostgreSQL error.
fn class(code: &str) -> &str {
    code.get(..2).filter(|_| code.len() == 5).unwrap_or_default()
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
