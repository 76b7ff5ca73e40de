//! `audit`: reads the record of a live or copied database, and changes nothing in it.

use super::{Context, read_only, say, shown};
use crate::{
    config::Source,
    ledger::{
        export::{Filter, export},
        verify::{Progress, Report, verify},
    },
    recovery::Anchor,
    store::Store,
};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use protocol::GrantId;
use std::{
    fs::OpenOptions,
    io::{self, BufWriter, IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check every record; names the first that is wrong and exits with 1. With --anchor FILE also that it reaches as
    /// far as that
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
    let store = read_only(context).await?;
    let code = match command {
        Command::Verify => verified(context, &store).await?,
        Command::Export(args) => exported(&store, args).await?,
    };
    store.close().await;
    Ok(code)
}

async fn verified(context: &Context, store: &Store) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let report = verify(store, |progress| bar.show(progress)).await?;
    bar.clear();
    let Report { chains, records, approvals, revocations, calls, refused, open_calls, first_fault } = report;
    if let Some(fault) = first_fault {
        say(format_args!("The record is damaged: {fault}"));
        return Ok(ExitCode::FAILURE);
    }
    // Only where it was named: a copy of the database does not reach as far as the anchor of what it was copied from.
    let anchor = &context.config.storage.anchor;
    if matches!(anchor.source, Source::Flag(_))
        && let Some(missing) = beyond(store, &anchor.value).await?
    {
        say(format_args!("The record does not reach as far as {}: {missing}", shown(&anchor.value)));
        return Ok(ExitCode::FAILURE);
    }
    say(format_args!(
        "The record is whole: {records} records in {chains} chains; {approvals} approvals, {revocations} \
         revocations, {calls} calls ({open_calls} without a recorded end), {refused} refused"
    ));
    Ok(ExitCode::SUCCESS)
}

/// What is missing of the record up to an anchor.
async fn beyond(store: &Store, path: &Path) -> anyhow::Result<Option<String>> {
    let anchor = Anchor::read(path)?;
    let anchor = anchor.with_context(|| format!("there is no anchor at {}", shown(path)))?;
    Ok(anchor.misses(&mut store.read().await?).await?)
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
