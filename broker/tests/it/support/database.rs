//! A database for one test, gone afterwards.

use broker::store::Engine;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

/// The address of a superuser on a PostgreSQL server where each test makes a database of its own.
const VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// A database and a folder beside it.
pub struct Database {
    pub url: String,
    pub folder: TempDir,
    name: Option<String>,
}

impl Database {
    /// An empty database; none where there is no PostgreSQL, which in CI is a failure.
    pub async fn create(engine: Engine) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        if engine == Engine::Sqlite {
            let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
            return Some(Self { url, folder, name: None });
        }
        let server = server()?;
        let unique = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let name: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("test_{name}_{}", std::process::id());
        run(&server, format!("CREATE DATABASE {name}")).await;
        let (front, _) = server.rsplit_once('/').unwrap();
        Some(Self { url: format!("{front}/{name}"), folder, name: Some(name) })
    }

    /// Removes it, whoever is still connected.
    pub async fn remove(self) {
        if let (Some(name), Some(server)) = (&self.name, server()) {
            run(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn server() -> Option<String> {
    let server = std::env::var(VARIABLE).ok();
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(server.is_some() || !ci, "{VARIABLE} is not set");
    server
}

async fn run(server: &str, sql: String) {
    let mut conn = PgConnection::connect(server).await.unwrap();
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
    conn.close().await.unwrap();
}
