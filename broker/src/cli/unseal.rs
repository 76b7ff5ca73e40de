//! `unseal`: opens the vault of the running broker.

use super::{Context, passphrase::Source, say};
use crate::host::{Command, Host, Reply, SecretText};
use anyhow::bail;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    passphrase: Source,
}

/// Unseals; asks for the passphrase only where the root key is one.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let given = args.passphrase.given(&context.lookup())?;
    let typed = given.is_none();
    let mut reply = ask(context, given).await?;
    if let (Reply::PassphraseNeeded { root }, true) = (&reply, typed) {
        let passphrase = Source::typed(&format!("Passphrase of root key {root}: "))?;
        reply = ask(context, Some(passphrase)).await?;
    }
    let Reply::Unsealed { root } = reply else { bail!("the broker answered something else") };
    say(format_args!("Unsealed with root key {root}"));
    Ok(ExitCode::SUCCESS)
}

async fn ask(context: &Context, passphrase: Option<SecretText>) -> anyhow::Result<Reply> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    if matches!(host, Host::Own(_)) {
        say(
            "No broker runs here. This lifts an operator's seal; a passphrase is entered again after the next start.",
        );
    }
    host.ask(Command::Unseal { passphrase }).await
}
