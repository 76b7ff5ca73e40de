//! `audit`: reads the record of a live or copied database, and changes nothing in it.

use super::{Context, say, shown};
use crate::{
    config::StorageConfig,
    ledger::{
        export::{Filter, export},
        verify::{Progress, Report, verify},
    },
    store::Store,
};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use protocol::GrantId;
use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{self, BufWriter, IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check every record; names the first that is wrong and exits with 1
    Verify,
    /// Write the record as JSON Lines
    Export(Export),
}

#[derive(Debug, clap::Args)]
pub struct Export {
    /// Only since this day or time, as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<DateTime<Utc>>,
    /// Only about this session
    #[arg(long, value_name = "SESSION")]
    grant: Option<GrantId>,
    /// Only of this kind, as call.refused, or all that begin with it, as call
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// A new file to write to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Opens the database for reading and does it.
pub async fn run(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    let store = read_only(&context.config.storage).await?;
    let code = match command {
        Command::Verify => verified(&store).await?,
        Command::Export(args) => exported(&store, args).await?,
    };
    store.close().await;
    Ok(code)
}

async fn verified(store: &Store) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let report = verify(store, |progress| bar.show(progress)).await?;
    bar.clear();
    let Report { chains, records, approvals, revocations, calls, refused, open_calls, first_fault } = report;
    if let Some(fault) = first_fault {
        say(format_args!("The record is damaged: {fault}"));
        return Ok(ExitCode::FAILURE);
    }
    say(format_args!(
        "The record is whole: {records} records in {chains} chains; {approvals} approvals, {revocations} \
         revocations, {calls} calls ({open_calls} without a recorded end), {refused} refused"
    ));
    Ok(ExitCode::SUCCESS)
}

async fn exported(store: &Store, args: Export) -> anyhow::Result<ExitCode> {
    let filter = Filter { since: args.since, grant: args.grant, kind: args.kind };
    let Some(path) = args.output else {
        let mut out = BufWriter::new(io::stdout());
        export(store, &filter, &mut out).await?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut out = BufWriter::new(file.with_context(|| format!("cannot make {}", shown(&path)))?);
    let lines = export(store, &filter, &mut out).await?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    say(format_args!("{lines} records in {}", shown(&path)));
    Ok(ExitCode::SUCCESS)
}

/// Opens the database without bringing its schema up to date, and so that it cannot be changed.
async fn read_only(storage: &StorageConfig) -> anyhow::Result<Store> {
    let url = &storage.database.value;
    let Some(file) = storage.sqlite_file() else {
        let options = PgConnectOptions::from_str(url)?
            .application_name("countersign-audit")
            .options([("default_transaction_read_only", "on")]);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
        return Ok(Store::Postgres { readers: pool.clone(), writer: pool, url: url.clone() });
    };
    anyhow::ensure!(file.exists(), "there is no database at {}", shown(&file));
    let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
    // A copy of a database that nobody uses, on a medium that cannot be written, has no place for SQLite's shared
    // memory; it needs none either.
    let still = !beside(&file, "-wal").exists() && !is_writable(&file);
    let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options.immutable(still)).await?;
    Ok(Store::Sqlite { readers: pool.clone(), writer: pool })
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

fn is_writable(file: &Path) -> bool {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK).is_ok()
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|it| it.and_utc());
    let time = || DateTime::parse_from_rfc3339(text).ok().map(|it| it.to_utc());
    day()
        .or_else(time)
        .ok_or_else(|| "must be a day or time, as 2026-01-31 or 2026-01-31T08:00:00Z".to_owned())
}

/// How far it is, on a terminal.
struct Bar {
    visible: bool,
    percent: u64,
}

impl Bar {
    fn new() -> Self {
        Self { visible: io::stderr().is_terminal(), percent: 0 }
    }

    fn show(&mut self, Progress { read, total }: Progress) {
        let percent = (read * 100).checked_div(total).unwrap_or(100);
        if self.visible && percent != self.percent {
            self.percent = percent;
            let _ = write!(io::stderr(), "\r{percent:3} %");
        }
    }

    fn clear(&self) {
        if self.visible {
            let _ = write!(io::stderr(), "\r      \r");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment("1970-01-02").unwrap().timestamp(), 86_400);
        assert_eq!(moment("1970-01-01T01:00:00+01:00").unwrap().timestamp(), 0);
        for bad in ["", "yesterday", "1970-13-01", "1970-01-01T00:00:00", "1h"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
