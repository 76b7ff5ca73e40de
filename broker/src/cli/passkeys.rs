//! `passkeys list PERSON` and `passkeys remove PERSON`.

use super::{Context, say};
use crate::host::{Command as Ask, Host, Reply};
use anyhow::bail;
use protocol::{Slug, me::PasskeySummary};
use std::{fmt, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the passkeys of a person, and how many recovery codes are left
    List {
        /// Whose
        person: Slug,
    },
    /// Remove every passkey and recovery code of a person who lost them; ends every way in that they have
    Remove {
        /// Whose
        person: Slug,
    },
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    match command {
        Command::List { person } => {
            let Reply::Passkeys { passkeys, codes_left } = host.ask(Ask::Passkeys { person }).await? else {
                bail!("the broker answered something else");
            };
            for passkey in &passkeys {
                say(Words(passkey));
            }
            say(format_args!("{} passkeys, {codes_left} recovery codes left.", passkeys.len()));
        }
        Command::Remove { person } => {
            let Reply::Done = host.ask(Ask::RemovePasskeys { person: person.clone() }).await? else {
                bail!("the broker answered something else");
            };
            say(format_args!(
                "{person} has no passkey and no recovery code any more, and is signed out everywhere. \
                 Let them in again with: countersign-broker sign-in-link {person}"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A passkey on one line.
struct Words<'a>(&'a PasskeySummary);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        write!(f, "{}: added {}", it.name, it.added_at.format("%Y-%m-%d %H:%M UTC"))?;
        if let Some(at) = it.last_used_at {
            write!(f, ", last used {}", at.format("%Y-%m-%d %H:%M UTC"))?;
        }
        f.write_str(if it.backed_up { ", synced" } else { ", on one device" })?;
        f.write_str(if it.counts == Some(false) {
            ", NOT enrolled by this broker: it counts for nothing"
        } else {
            ""
        })
    }
}
