//! What admins may see of the broker itself: its settings and its state. Nothing here changes anything.

use crate::{
    app::App,
    doctor::{self, Check, Verdict},
    fault::Fault,
    grants::Visitor,
    keys::status::status,
    store::{Engine, chains, migrate, time},
};
use protocol::{
    operator::{CheckRow, CheckVerdict, KeyRow, SettingRow, SystemView},
    sessions::Role,
};

fn admins_only(visitor: &Visitor) -> Result<(), Fault> {
    if visitor.person.is(Role::Admin) {
        return Ok(());
    }
    Err(Fault::Forbidden("the broker's settings and state are for admins".to_owned()))
}

/// Every setting with its origin; none if the broker was put together without a configuration.
pub fn settings(app: &App, visitor: &Visitor) -> Result<Vec<SettingRow>, Fault> {
    admins_only(visitor)?;
    let rows = app.config.as_ref().map(|config| config.settings()).unwrap_or_default();
    let row = |row: crate::config::Shown| SettingRow {
        name: row.name.to_owned(),
        origin: row.value.as_ref().map(|_| row.origin.to_string()),
        value: row.value,
        variable: row.variable.to_owned(),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The broker as it stands; with `examine` also what `doctor` finds.
pub async fn system(app: &App, visitor: &Visitor, examine: bool) -> Result<SystemView, Fault> {
    admins_only(visitor)?;
    let [waiting, waiting_revocations] = app.ledger.waiting();
    let mut conn = app.store.read().await?;
    let schema = migrate::applied(&mut conn).await?.into_iter().map(|it| it.version).max();
    let chain = app.ledger.chain().to_owned();
    let started_at = chains::find(&mut conn, &chain).await?.map(|it| time(it.started_at));
    drop(conn);
    let known = status(app).await.map_err(|error| Fault::Internal(error.to_string()))?;
    let wrapping = known.keyring.iter().map(|key| KeyRow {
        name: key.id.to_string(),
        signs: false,
        created_at: key.created_at,
    });
    let signing = known.signing.iter().map(|key| KeyRow {
        name: key.kid.clone(),
        signs: true,
        created_at: key.created_at,
    });
    let mut keys: Vec<KeyRow> = wrapping.chain(signing).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
    let checks = if examine { doctor::inside(app).await } else { None };
    Ok(SystemView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schema.unwrap_or_default(),
        database: match app.store.engine() {
            Engine::Sqlite => "SQLite".to_owned(),
            Engine::Postgres => "PostgreSQL".to_owned(),
        },
        started_at,
        chain,
        sealed: app.vault.is_sealed(),
        waiting,
        waiting_revocations,
        keys,
        checks: checks.map(|all| all.into_iter().map(check).collect()),
    })
}

fn check(check: Check) -> CheckRow {
    let Check { name, verdict, what, to_do } = check;
    let verdict = match verdict {
        Verdict::Ok => CheckVerdict::Ok,
        Verdict::Warning => CheckVerdict::Warning,
        Verdict::Failure => CheckVerdict::Failure,
    };
    CheckRow { name, verdict, what, to_do }
}
