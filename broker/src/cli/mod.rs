//! `countersign-broker`: a file per subcommand.

mod apply;
mod audit;
mod backup;
mod config;
mod doctor;
mod harden;
mod health;
mod keys;
mod log;
mod passkeys;
mod passphrase;
mod person_token;
mod revoke;
mod root_key_variable;
mod seal;
mod serve;
mod sign_in_link;
mod unblock;
mod unseal;

use crate::config::{
    Config, Flags,
    keys::{self as settings, Key},
};
use crate::{mcp::upstream::stdio, store::Store, telemetry};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

/// How a value of a flag gets to its key.
type Given<'a> = (Key, Option<&'a OsString>);

#[derive(Debug, Parser)]
#[command(name = "countersign-broker", version, about, max_term_width = 100)]
#[command(about = "The Countersign broker: agents ask, people countersign, every call is on the record.")]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// What every command may be told. Each can also stand in the environment and in countersign.toml.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Settings")]
struct Settings {
    /// The data directory [default: $STATE_DIRECTORY or ./countersign-data; env: COUNTERSIGN_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<OsString>,
    /// The configuration [default: countersign.toml in the data directory; env: COUNTERSIGN_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<OsString>,
    /// sqlite://FILE or postgres://… [default: countersign.db in the data directory; env: COUNTERSIGN_DATABASE]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<OsString>,
    /// The file of the password of postgres://… [env: COUNTERSIGN_DATABASE_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    database_password_file: Option<OsString>,
    /// The file of the root key, or the word passphrase [default: root.key in the data directory; env: COUNTERSIGN_ROOT_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    root_key: Option<OsString>,
    /// The anchor, which says outside the database how far it has come [default: anchor.json in the data directory; env: COUNTERSIGN_ANCHOR]
    #[arg(long, global = true, value_name = "FILE")]
    anchor: Option<OsString>,
    /// Where people and agents reach it [default: http://localhost:8420; env: COUNTERSIGN_PUBLIC_URL]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<OsString>,
    /// json or text [default: text; env: COUNTERSIGN_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT")]
    log: Option<OsString>,
    /// error, warn, info, debug or trace [default: info, warn for commands; env: COUNTERSIGN_LOG]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<OsString>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the broker
    Serve(serve::Args),
    /// Print a link that signs a person in, once, within 10 minutes
    SignInLink(sign_in_link::Args),
    /// Print a bearer token for the people's API
    PersonToken(person_token::Args),
    /// See or remove the passkeys of a person
    #[command(subcommand)]
    Passkeys(passkeys::Command),
    /// Make people, services, connections and agents as a file declares them; shows the difference first
    Apply(apply::Args),
    /// End sessions, now
    Revoke(revoke::Args),
    /// The kill switch: drop every key now; nothing is called until unseal
    Seal(seal::Args),
    /// Open the vault, with a passphrase if that is the root key; lifts a seal
    Unseal(unseal::Args),
    /// Set, show and rotate the keys of the vault
    #[command(subcommand)]
    Keys(keys::Command),
    /// Let an agent, a person or a service that was blocked be used again
    Unblock(unblock::Args),
    /// Let an agent ask again that people denied again and again
    LiftCoolDown(unblock::LiftArgs),
    /// Examine the broker and everything around it; exits with 0, 1 for warnings, 2 for failures
    Doctor(doctor::Examine),
    /// Say whether the broker that runs here can serve; exits with 1 if not
    Health,
    /// Check or show the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Verify, export or drop parts of the record
    #[command(subcommand)]
    Audit(audit::Command),
    /// What programs of `[mcp.program.NAME]` begin as: the broker starts it, nobody else
    #[command(hide = true)]
    Confined(stdio::Args),
    /// Copy the database while it is in use, verify a copy, restore it
    #[command(subcommand)]
    Backup(backup::Command),
}

/// What a command works with.
struct Context {
    config: Config,
    root_key: root_key_variable::Variable,
}

impl Context {
    /// Environment variables, among them the root key that is no longer in the environment.
    fn lookup(&self) -> impl Fn(&str) -> Option<OsString> + '_ {
        |name| self.root_key.lookup(name)
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Confined(args) = &cli.command {
        return stdio::run(args); // it has nothing of the broker, and no time to lose
    }
    // Both before the first thread: the one replaces the process, the other must hold from the start.
    let root_key = root_key_variable::take();
    harden::process();
    match run(cli, root_key) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "countersign-broker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, root_key: root_key_variable::Variable) -> anyhow::Result<ExitCode> {
    let mut flags = cli.settings.flags();
    match &cli.command {
        Command::Serve(args) => flags.extend(args.flags()),
        Command::Doctor(args) => flags.extend(args.flags()),
        Command::Config(command) => {
            flags.extend(command.flags());
            return Ok(config::run(command, flags, &root_key));
        }
        _ => {}
    }
    let config = Config::load(flags, std::env::vars_os(), &|name| root_key.lookup(name))?;
    let usual = if matches!(cli.command, Command::Serve(_)) { "info" } else { "warn" };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the runtime did not start")?;
    let traces = match cli.command {
        Command::Serve(_) => telemetry::start(&|name| std::env::var(name).ok(), runtime.handle())?,
        _ => None,
    };
    log::start(&config.log, usual, traces.as_ref())?;
    let context = Context { config, root_key };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(_) => serve::run(&context).await,
            Command::SignInLink(args) => sign_in_link::run(&context, args).await,
            Command::PersonToken(args) => person_token::run(&context, args).await,
            Command::Passkeys(command) => passkeys::run(&context, command).await,
            Command::Apply(args) => apply::run(&context, args).await,
            Command::Revoke(args) => revoke::run(&context, args).await,
            Command::Seal(args) => seal::run(&context, args).await,
            Command::Unseal(args) => unseal::run(&context, args).await,
            Command::Keys(command) => keys::run(&context, command).await,
            Command::Unblock(args) => unblock::run(&context, args).await,
            Command::LiftCoolDown(args) => unblock::lift(&context, args).await,
            Command::Audit(command) => audit::run(&context, command).await,
            Command::Health => health::run(&context).await,
            Command::Doctor(args) => doctor::run(&context, &args).await,
            // Both were done before the configuration was read.
            Command::Config(_) | Command::Confined(_) => Ok(ExitCode::SUCCESS),
            Command::Backup(command) => backup::run(&context, command).await,
        }
    });
    if let Some(traces) = traces {
        traces.end();
    }
    done
}

impl Settings {
    fn flags(&self) -> Flags {
        given(&[
            (settings::DATA, self.data.as_ref()),
            (settings::CONFIG, self.config.as_ref()),
            (settings::DATABASE, self.database.as_ref()),
            (settings::DATABASE_PASSWORD, self.database_password_file.as_ref()),
            (settings::ROOT_KEY, self.root_key.as_ref()),
            (settings::ANCHOR, self.anchor.as_ref()),
            (settings::PUBLIC_URL, self.public_url.as_ref()),
            (settings::LOG, self.log.as_ref()),
            (settings::LOG_LEVEL, self.log_level.as_ref()),
        ])
    }
}

fn given(flags: &[Given<'_>]) -> Flags {
    flags.iter().filter_map(|(key, value)| value.map(|value| (*key, value.clone()))).collect()
}

/// Prints a line that somebody reads. Nobody reading is no reason to stop.
fn say(line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The database, so that it can be read while it is in use, and not be changed.
async fn read_only(context: &Context) -> anyhow::Result<Store> {
    let storage = &context.config.storage;
    let file = storage.sqlite_file();
    if let Some(file) = &file {
        anyhow::ensure!(file.exists(), "there is no database at {}", shown(file));
    }
    Ok(Store::open_read_only(&storage.database.value, file.as_deref()).await?)
}

/// A path that a person typed, for messages.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}
