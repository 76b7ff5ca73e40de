//! `audit`: reads the record of a live or copied database, or has the broker drop old parts of it.

mod archive;

use super::{Context, read_only, say, shown};
use crate::{
    config::Source,
    host::{Command as HostCommand, Host, Reply},
    ledger::{
        export::{Filter, export},
        verify::{Progress, Report, verify_with},
    },
    recovery::Anchor,
    store::{Store, segments, time},
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
    Verify(Verify),
    /// Write the record as JSON Lines
    Export(Export),
    /// Drop old parts of the record, on the record; shows what first
    Drop(Drop),
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Files, or folders of files, of the archive of what was dropped: check them, too, and that nothing is missing
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    archive: Vec<PathBuf>,
    /// Check the archive by itself, without the database
    #[arg(long, requires = "archive")]
    archive_only: bool,
}

#[derive(Debug, clap::Args)]
pub struct Drop {
    /// What was recorded before this day or time, at least a week ago, as 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    before: DateTime<Utc>,
    /// A folder in which the broker writes what is dropped first, as JSON Lines
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
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
    let command = match command {
        Command::Drop(args) => return dropped(context, args).await,
        Command::Verify(args) if args.archive_only => return Ok(archive::alone(&args.archive)),
        other => other,
    };
    let store = read_only(context).await?;
    let code = match command {
        Command::Export(args) => exported(&store, args).await?,
        Command::Verify(args) => verified(context, &store, &args.archive).await?,
        Command::Drop(_) => ExitCode::SUCCESS, // is the running broker's, above
    };
    store.close().await;
    Ok(code)
}

async fn verified(context: &Context, store: &Store, archive: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let report = verify_with(store, archive, |progress| bar.show(progress)).await?;
    bar.clear();
    let Report { chains, records, approvals, proven, revocations, calls, refused, open_calls, .. } = report;
    if let Some(fault) = report.first_fault {
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
        "The record is whole: {records} records in {chains} chains; {approvals} approvals ({proven} decisions \
         proven by passkeys), {revocations} revocations, {calls} calls ({open_calls} without a recorded end), {refused} refused"
    ));
    if report.dropped > 0 {
        let since = report.since.map_or_else(String::new, |at| {
            format!("; the record reaches back to {}", time(at).format("%Y-%m-%d %H:%M:%S UTC"))
        });
        let left = report.to_remove;
        let left = if left == 0 { String::new() } else { format!(" ({left} of them are being removed)") };
        say(format_args!("{} records before that were dropped, on the record{left}{since}", report.dropped));
    }
    Ok(report.archive.map_or(ExitCode::SUCCESS, |it| archive::with_record(&it)))
}

/// What is missing of the record up to an anchor.
async fn beyond(store: &Store, path: &Path) -> anyhow::Result<Option<String>> {
    let anchor = Anchor::read(path)?;
    let anchor = anchor.with_context(|| format!("there is no anchor at {}", shown(path)))?;
    Ok(anchor.misses(&mut store.read().await?).await?)
}

async fn exported(store: &Store, args: Export) -> anyhow::Result<ExitCode> {
    // Beside the export, whose lines are for programs.
    if let Some(until) = segments::dropped_until(&mut store.read().await?).await?.map(time)
        && args.since.is_none_or(|since| since <= until)
    {
        let until = until.format("%Y-%m-%d %H:%M:%S UTC");
        let told = format_args!("Records up to {until} were dropped: those are not in this export.");
        let _ = writeln!(io::stderr(), "{told}");
    }
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

/// Shows what would be dropped, asks, and drops it in steps.
async fn dropped(context: &Context, args: Drop) -> anyhow::Result<ExitCode> {
    let Drop { before, archive, yes } = args;
    let archive = archive.map(std::path::absolute).transpose()?;
    let reach = || async { Host::reach(&context.config, &context.lookup(), false).await };
    let first = reach().await?.ask(HostCommand::LookAtOld { before }).await?;
    let Reply::Old { records, segments, last_at: Some(last_at), .. } = first else {
        say("There is nothing to drop: no closed part of the record is older than that.");
        return Ok(ExitCode::SUCCESS);
    };
    say(format_args!(
        "To be dropped: {records} records in {segments} segments, up to {}, and what else is older than {before}. They \
         cannot be had back{}.",
        last_at.format("%Y-%m-%d %H:%M:%S UTC"),
        archive.as_ref().map_or_else(String::new, |it| format!(", except from the archive in {}", shown(it))),
    ));
    if !yes && !agreed()? {
        say("Nothing was dropped.");
        return Ok(ExitCode::FAILURE);
    }
    let mut all = 0;
    let again = |reply: &Reply| match reply {
        Reply::Old { records, last_at: Some(_), .. } => {
            all += records;
            Some(HostCommand::DropOld { before, archive: archive.clone() })
        }
        _ => None,
    };
    reach().await?.converse(HostCommand::DropOld { before, archive: archive.clone() }, again).await?;
    say(format_args!("Dropped: {all} records."));
    Ok(ExitCode::SUCCESS)
}

fn agreed() -> anyhow::Result<bool> {
    anyhow::ensure!(io::stdin().is_terminal(), "nobody can be asked here; --yes agrees. Nothing was dropped");
    let _ = write!(io::stderr(), "Drop them? [y/N] ");
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
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
