//! `backup`: copies the database while it is in use, says what a copy holds, restores it, accepts what was restored.

use super::{Context, passphrase::Source, read_only, say, shown};
use crate::{
    backup::{self, Lock, Manifest, Opener, Restored},
    clock::Clock,
    config::StorageConfig,
    host::{self, Host, Reply},
    ledger::verify::Report,
};
use anyhow::{bail, ensure};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Copy the database into a new file, encrypted; a running broker is not disturbed
    Create(Create),
    /// Open a backup, check all of it, and say what it holds
    Verify(Existing),
    /// Restore a backup into an empty database, of either engine; it authorises nothing until it is accepted
    Restore(Restore),
    /// Accept a restored database, or one that is older than its anchor: ends every session, token and sign-in
    Accept(Accept),
}

#[derive(Debug, clap::Args)]
pub struct Create {
    /// The file to make
    file: PathBuf,
    /// Encrypt for the owner of this age key, as age1…; may be repeated [default: by a passphrase]
    #[arg(long, value_name = "KEY", conflicts_with = "passphrase_file")]
    recipient: Vec<String>,
    #[command(flatten)]
    passphrase: Source,
}

#[derive(Debug, clap::Args)]
pub struct Existing {
    /// The backup
    file: PathBuf,
    /// The file of an age identity that it was encrypted for [default: a passphrase]
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    identity: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Source,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    backup: Existing,
    /// The empty database, as sqlite://FILE or postgres://… [default: the configured one]
    #[arg(long, value_name = "URL")]
    into: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Accept {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Does it.
pub async fn run(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create(args) => create(context, args).await,
        Command::Verify(args) => verify(context, args).await,
        Command::Restore(args) => restore(context, args).await,
        Command::Accept(args) => accept(context, args).await,
    }
}

async fn create(context: &Context, args: Create) -> anyhow::Result<ExitCode> {
    ensure!(!args.file.exists(), "{} exists already; nothing was written", shown(&args.file));
    let lock = if args.recipient.is_empty() {
        let given = args.passphrase.given(&context.lookup())?;
        Lock::Passphrase(given.map_or_else(Source::chosen, Ok)?)
    } else {
        Lock::recipients(&args.recipient)?
    };
    let store = read_only(context).await?;
    let made = backup::create(&store, &lock, &args.file, Clock::system().now()).await;
    store.close().await;
    describe(&made?);
    say(format_args!(
        "Written to {}. The root key is not in it: keep a copy of that in another place. Try it: countersign-broker \
         backup verify",
        shown(&args.file)
    ));
    Ok(ExitCode::SUCCESS)
}

async fn verify(context: &Context, args: Existing) -> anyhow::Result<ExitCode> {
    let opener = args.opener(context)?;
    let Restored { manifest, report } = backup::check(&args.file, &opener).await?;
    describe(&manifest);
    Ok(judge(&report))
}

async fn restore(context: &Context, args: Restore) -> anyhow::Result<ExitCode> {
    let opener = args.backup.opener(context)?;
    let mut storage: StorageConfig = context.config.storage.clone();
    let elsewhere = args.into.is_some();
    if let Some(into) = args.into {
        let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|it| into.starts_with(it));
        ensure!(known, "--into must start with sqlite: or postgres:");
        storage.database.value = into;
    }
    // A broker that runs here would open the database in the middle of it.
    let _lock = if elsewhere { None } else { Some(host::Lock::take(&storage, true)?) };
    let file = storage.sqlite_file();
    let restored = backup::restore(&args.backup.file, &opener, &storage.database.value, file.as_deref());
    let Restored { manifest, report } = restored.await?;
    describe(&manifest);
    let code = judge(&report);
    if report.first_fault.is_some() && file.is_some() {
        say("Nothing was restored.");
        return Ok(code);
    }
    say(
        "Restored. It authorises nothing until you start a broker, look at it, and: countersign-broker backup accept. \
         What was blocked, removed or replaced after the backup is not in it: apply your declared file again.",
    );
    Ok(code)
}

async fn accept(context: &Context, args: Accept) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let reply = host.ask(host::Command::AcceptDatabase { reason: args.reason }).await?;
    let Reply::Stopped { stopped } = reply else { bail!("the broker answered something else") };
    say(format_args!(
        "Accepted. Ended: {} sessions, {} requests, {} calls in flight; every token, sign-in and link of before is \
         worth nothing. People sign in anew: countersign-broker sign-in-link PERSON",
        stopped.sessions + stopped.narrowed,
        stopped.requests,
        stopped.streams
    ));
    Ok(ExitCode::SUCCESS)
}

impl Existing {
    fn opener(&self, context: &Context) -> anyhow::Result<Opener> {
        if let Some(identity) = &self.identity {
            return Ok(Opener::file(identity)?);
        }
        ensure!(
            backup::wants_passphrase(&self.file)?,
            "{} was encrypted for age keys; name the file of one with --identity",
            shown(&self.file)
        );
        let given = self.passphrase.given(&context.lookup())?;
        let typed = || Source::typed(&format!("Passphrase of {}: ", shown(&self.file)));
        Ok(Opener::Passphrase(given.map_or_else(typed, Ok)?))
    }
}

fn describe(manifest: &Manifest) {
    let header = &manifest.header;
    say(format_args!(
        "A backup of installation {} ({}), taken at {}: {} records in {} chains, revocations up to {}, {} people, {} \
         agents, {} services, {} connections, {} requests and sessions",
        header.instance,
        header.engine,
        header.taken_at.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.rows("audit"),
        manifest.heads.len(),
        header.watermark,
        manifest.rows("people"),
        manifest.rows("agents"),
        manifest.rows("services"),
        manifest.rows("connections"),
        manifest.rows("grants"),
    ));
}

fn judge(report: &Report) -> ExitCode {
    let Some(fault) = &report.first_fault else {
        say(format_args!("Its record is whole: {} records in {} chains", report.records, report.chains));
        return ExitCode::SUCCESS;
    };
    say(format_args!("Its record is damaged: {fault}"));
    ExitCode::FAILURE
}
