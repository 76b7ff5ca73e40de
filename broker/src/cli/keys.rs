//! `keys`: the keys of the vault.

use super::{Context, passphrase::Source, say};
use crate::{
    config::RootKeyPlace,
    host::{Command as Ask, Host, Reply},
    keys::{KeysStatus, Step},
};
use anyhow::bail;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set the passphrase of a new installation (without one, the first start makes a key file by itself)
    Init(Init),
    /// Show the keys, their age and use, and what should be done about them
    Status,
    /// Replace a key while serving: that of the keyring, the root key or the signing key; goes on where it was interrupted
    Rotate(Rotate),
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// The root key is a passphrase, entered after every start
    #[arg(long, required = true)]
    passphrase: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The root key
    #[arg(long, conflicts_with = "signing")]
    root: bool,
    /// What the new root key is to be [default: what it is now]
    #[arg(long, value_enum, requires = "root")]
    to: Option<To>,
    /// The key that signs tokens; those of the old one stay good until the last has ended
    #[arg(long)]
    signing: bool,
    /// With --signing: the old key was stolen. Its tokens stop working now, and with them the sessions that have one
    #[arg(long, requires = "signing")]
    leaked: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// A key in the file or credential that is configured
    Key,
    /// A passphrase
    Passphrase,
}

/// Runs one of them.
pub async fn run(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init(args) => init(context, &args).await,
        Command::Status => status(context).await,
        Command::Rotate(args) if args.root => root(context, &args).await,
        Command::Rotate(args) if args.signing => signing(context, args.leaked).await,
        Command::Rotate(_) => rotate(context).await,
    }
}

async fn init(context: &Context, args: &Init) -> anyhow::Result<ExitCode> {
    let passphrase = match args.source.given(&context.lookup())? {
        Some(given) => given,
        None => Source::chosen()?,
    };
    // Whoever opens the database for this must not make a key file first.
    let mut config = context.config.clone();
    config.storage.root_key.value = RootKeyPlace::Passphrase;
    let host = Host::reach(&config, &context.lookup(), true).await?;
    let Reply::Unsealed { root } = host.ask(Ask::InitKeys { passphrase }).await? else {
        bail!("the broker answered something else");
    };
    say(format_args!(
        "The root key {root} is this passphrase. Nobody can recover it: keep it where you keep what must not be lost. \
         After every start of the broker: countersign-broker unseal"
    ));
    Ok(ExitCode::SUCCESS)
}

async fn ask(context: &Context, command: Ask) -> anyhow::Result<Reply> {
    Host::reach(&context.config, &context.lookup(), false).await?.ask(command).await
}

async fn read_status(context: &Context) -> anyhow::Result<KeysStatus> {
    match ask(context, Ask::KeysStatus).await? {
        Reply::Keys { status } => Ok(status),
        _ => bail!("the broker answered something else"),
    }
}

async fn status(context: &Context) -> anyhow::Result<ExitCode> {
    let status = read_status(context).await?;
    say(format_args!("vault    {}", if status.sealed { "sealed" } else { "open" }));
    let kind = if status.passphrase { " (a passphrase)" } else { "" };
    say(format_args!("root     {}{kind}", status.root.as_deref().unwrap_or("none yet")));
    for key in &status.keyring {
        let made = key.created_at.format("%Y-%m-%d");
        say(format_args!("keyring  k{} of {made}: {} wraps, {} records", key.id, key.wraps, key.records));
    }
    for key in &status.signing {
        let made = key.created_at.format("%Y-%m-%d");
        let until = key.retires_at.map(|at| format!(", accepted until {}", at.format("%Y-%m-%d %H:%M UTC")));
        say(format_args!("signing  {} of {made}{}", key.kid, until.unwrap_or_default()));
    }
    for advice in &status.advice {
        say(format_args!("advice   {advice}"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotate(context: &Context) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let mut unusable = Vec::new();
    let last = host.converse(Ask::RotateKeys { step: Step::Begin }, |reply| {
        let Reply::Rotating { progress } = reply else { return None };
        if let Some(Step::Rewrap { .. }) = progress.next {
            say(format_args!("k{}: {} records, {} left", progress.key, progress.under, progress.left));
        }
        unusable.clone_from(&progress.unusable);
        progress.next.clone().map(|step| Ask::RotateKeys { step })
    });
    let Reply::Rotating { progress } = last.await? else { bail!("the broker answered something else") };
    if unusable.is_empty() {
        say(format_args!("The keyring has one key, k{}: {} records", progress.key, progress.under));
        return Ok(ExitCode::SUCCESS);
    }
    for connection in &unusable {
        say(format_args!("{connection}: its secret does not open where its service is now"));
    }
    bail!(
        "everything else is under k{}; the old key stays until these secrets are entered again (apply --reseal), then run \
         this again",
        progress.key
    )
}

async fn root(context: &Context, args: &Rotate) -> anyhow::Result<ExitCode> {
    let to_passphrase = match args.to {
        Some(to) => to == To::Passphrase,
        None => read_status(context).await?.passphrase,
    };
    let passphrase = match args.source.given(&context.lookup())? {
        Some(given) if to_passphrase => Some(given),
        None if to_passphrase => Some(Source::chosen()?),
        _ => None,
    };
    let Reply::Rooted { from, to, to_do } = ask(context, Ask::RotateRoot { passphrase }).await? else {
        bail!("the broker answered something else");
    };
    say(format_args!(
        "The root key is {to} now. {from} opens this database no more, but its older backups: keep it as long as them"
    ));
    if let Some(to_do) = to_do {
        say(format_args!("Left to do: {to_do}"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn signing(context: &Context, leaked: bool) -> anyhow::Result<ExitCode> {
    let Reply::Signing { kid, until } = ask(context, Ask::RotateSigning { leaked }).await? else {
        bail!("the broker answered something else");
    };
    match until {
        Some(until) => say(format_args!(
            "{kid} signs from now on; tokens of the old key are good until {} at the latest",
            until.format("%Y-%m-%d %H:%M UTC")
        )),
        None => say(format_args!("{kid} signs from now on; tokens of the old key are worth nothing")),
    }
    Ok(ExitCode::SUCCESS)
}
