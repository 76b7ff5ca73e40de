//! What the tests of the store and the ledger share: a database of either engine, an installation in it with people,
//! services and agents, and the checker that runs after each test.

pub mod acts;
pub mod database;
pub mod dump;
pub mod installation;
pub mod invariants;
pub mod mcp_server;
pub mod soft_passkey;

use broker::store::Engine;
use database::Database;
use installation::{Change, Installation};
use std::time::Duration;
use tokio::time::timeout;

/// A test that takes longer waits for something that will not come.
const TOO_LONG: Duration = Duration::from_secs(90);

/// Makes one test of each name and engine out of an `async fn name(it: &Installation)`.
macro_rules! on_each_engine {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::support::run(broker::store::Engine::Sqlite, super::$name).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::support::run(broker::store::Engine::Postgres, super::$name).await;
            })*
        }
    };
}
pub(crate) use on_each_engine;

/// Runs a test in an installation of its own, then checks everything that must always hold.
pub async fn run(engine: Engine, test: impl AsyncFn(&Installation)) {
    run_with(engine, &|_| {}, test).await;
}

/// The same with a broker that is put together in another way.
pub async fn run_with(engine: Engine, change: Change<'_>, test: impl AsyncFn(&Installation)) {
    let Some(database) = Database::create(engine).await else { return };
    let it = Installation::start_with(&database, change).await;
    timeout(TOO_LONG, test(&it)).await.unwrap();
    invariants::check(&it.app.store).await;
    it.stop().await;
    database.remove().await;
}
