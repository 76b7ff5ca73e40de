//! `keys`: the keys of the vault.

use super::{Context, passphrase::Source, say};
use crate::{
    config::RootKeyPlace,
    host::{Command as Ask, Host, Reply},
};
use anyhow::bail;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set the passphrase of a new installation (without one, the first start makes a key file by itself)
    Init(Init),
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// The root key is a passphrase, entered after every start
    #[arg(long, required = true)]
    passphrase: bool,
    #[command(flatten)]
    source: Source,
}

/// Runs one of them.
pub async fn run(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init(args) => init(context, &args).await,
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
