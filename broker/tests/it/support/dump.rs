//! Everything that a database holds, as text.

use broker::store::{Conn, Store};
use sqlx::{AssertSqlSafe, Column, Row, ValueRef};

const SQLITE_TABLES: &str =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
const POSTGRES_TABLES: &str = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'";

/// Every cell of every table.
pub async fn dump(store: &Store) -> String {
    let mut conn = store.read().await.unwrap();
    let tables: Vec<(String,)> = match &mut conn {
        Conn::Sqlite(raw) => sqlx::query_as(SQLITE_TABLES).fetch_all(&mut **raw).await.unwrap(),
        Conn::Postgres(raw) => sqlx::query_as(POSTGRES_TABLES).fetch_all(&mut **raw).await.unwrap(),
    };
    assert!(tables.len() > 15, "{tables:?}");
    let mut text = String::new();
    for (table,) in tables {
        text.push_str(&table);
        text.push('\n');
        match &mut conn {
            Conn::Sqlite(raw) => {
                let sql = format!("SELECT * FROM {table}");
                for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **raw).await.unwrap() {
                    text.push_str(&sqlite_row(&row));
                }
            }
            Conn::Postgres(raw) => {
                let sql = format!("SELECT CAST(t AS TEXT) FROM {table} AS t");
                let rows: Vec<(String,)> =
                    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **raw).await.unwrap();
                for (row,) in rows {
                    text.push_str(&row);
                    text.push('\n');
                }
            }
        }
    }
    text
}

fn sqlite_row(row: &sqlx::sqlite::SqliteRow) -> String {
    let mut text = String::new();
    for column in row.columns() {
        let raw = row.try_get_raw(column.ordinal()).unwrap();
        if raw.is_null() {
            continue;
        }
        let bytes: Vec<u8> = row
            .try_get_unchecked::<i64, _>(column.ordinal())
            .ok()
            .filter(|_| column_is_number(row, column.ordinal()))
            .map_or_else(
                || row.get_unchecked::<Vec<u8>, _>(column.ordinal()),
                |n| n.to_string().into_bytes(),
            );
        text.push_str(&String::from_utf8_lossy(&bytes));
        text.push('|');
    }
    text.push('\n');
    text
}

fn column_is_number(row: &sqlx::sqlite::SqliteRow, at: usize) -> bool {
    use sqlx::TypeInfo;
    row.try_get_raw(at).unwrap().type_info().name() == "INTEGER"
}
