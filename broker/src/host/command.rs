//! What the host may ask of the broker, and how it is done: the same code whether a broker runs or the command has
//! opened the database itself.

use super::{SecretText, passkeys};
use crate::{
    app::App,
    doctor::{self, Check},
    fault::Fault,
    grants,
    health::{self, Health},
    keys::{self, KeysStatus, Progress, Rooted, Step, UnsealError},
    ledger::{
        LedgerError, Plan, Revocation,
        acts::{Act, By, Declaration, Entering},
    },
    recovery, retention,
    services::{Difference, Wanted, apply},
    store::time,
    tokens::{OpaqueError, OpaqueKind, OpaqueToken},
};
use chrono::{DateTime, TimeDelta, Utc};
use protocol::{
    Digest, Slug,
    access::EndReason,
    me::PasskeySummary,
    record::Actor,
    revoke::{Stopped, Subject},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// The longest that a person's token works.
pub const MAX_TOKEN_SECONDS: u32 = 12 * 3_600;

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// A link that signs a person in, once.
    SignInLink {
        /// Who.
        person: Slug,
    },
    /// A bearer token for the people's API.
    PersonToken {
        /// Whose.
        person: Slug,
        /// For how long.
        seconds: u32,
    },
    /// The passkeys of a person.
    Passkeys {
        /// Whose.
        person: Slug,
    },
    /// Removes every passkey and recovery code of a person who lost them, and ends every way in that they have.
    RemovePasskeys {
        /// Whose.
        person: Slug,
    },
    /// Something ends early.
    Revoke {
        /// What.
        subject: Subject,
        /// Whether new requests are refused too.
        block: bool,
        /// Why, for the record.
        reason: Option<String>,
    },
    /// The kill switch: nothing is called until the vault is unsealed.
    Seal {
        /// Why, for the record.
        reason: Option<String>,
    },
    /// Opens the vault, and lifts a seal.
    Unseal {
        /// Where the root key is one.
        passphrase: Option<SecretText>,
    },
    /// Sets the passphrase of an installation that has no keys yet.
    InitKeys {
        /// It.
        passphrase: SecretText,
    },
    /// What keys there are.
    KeysStatus,
    /// One step of a new key for the keyring.
    RotateKeys {
        /// Which.
        step: Step,
    },
    /// A new root key.
    RotateRoot {
        /// If it is to be one.
        passphrase: Option<SecretText>,
    },
    /// A new signing key.
    RotateSigning {
        /// Whether tokens of the old one are worth nothing from now on.
        leaked: bool,
    },
    /// A database that is an older copy is accepted as it is.
    AcceptDatabase {
        /// Why, for the record.
        reason: Option<String>,
    },
    /// What of the record would be dropped next.
    LookAtOld {
        /// What was recorded before this.
        before: DateTime<Utc>,
    },
    /// Some of the record is dropped.
    DropOld {
        /// What was recorded before this.
        before: DateTime<Utc>,
        /// The folder that it is written to first.
        archive: Option<PathBuf>,
    },
    /// Whether the broker can serve.
    Health,
    /// Whether everything around the broker is as it must be.
    Examine,
    /// A block is lifted.
    Unblock {
        /// Of what.
        subject: Subject,
    },
    /// An agent's cool-down ends.
    LiftCoolDown {
        /// Whose.
        agent: Slug,
    },
    /// What would `apply` change?
    Compare {
        /// How things should be.
        wanted: Wanted,
    },
    /// Make it so.
    Apply {
        /// How things should be.
        wanted: Wanted,
        /// What was shown.
        shown: Digest,
        /// The secrets of the connections that need them.
        secrets: BTreeMap<Slug, SecretText>,
    },
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// A link or a token, shown once.
    Issued {
        /// It.
        text: SecretText,
        /// When it stops working.
        expires_at: DateTime<Utc>,
    },
    /// The passkeys of a person.
    Passkeys {
        /// They.
        passkeys: Vec<PasskeySummary>,
        /// How many recovery codes are left.
        codes_left: i64,
    },
    /// What a revocation stopped.
    Stopped {
        /// The counts.
        stopped: Stopped,
    },
    /// The vault is sealed.
    Sealed {
        /// How many calls were cut.
        streams: i64,
    },
    /// The vault is open.
    Unsealed {
        /// The id of the root key that opened it.
        root: String,
    },
    /// What keys there are.
    Keys {
        /// All of them.
        status: KeysStatus,
    },
    /// How far a rotation is.
    Rotating {
        /// The step that was done, and the next.
        progress: Progress,
    },
    /// The root key is another.
    Rooted {
        /// The id of the old one.
        from: String,
        /// The id of the new one.
        to: String,
        /// What is left to do by hand.
        to_do: Option<String>,
    },
    /// The signing key is another.
    Signing {
        /// Its id.
        kid: String,
        /// Until when tokens of the old one are accepted; none if not at all.
        until: Option<DateTime<Utc>>,
    },
    /// The root key is a passphrase, and none came with the command.
    PassphraseNeeded {
        /// The id of that root key.
        root: String,
    },
    /// What is dropped, or would be.
    Old {
        /// How many records.
        records: i64,
        /// In how many segments.
        segments: usize,
        /// When the newest of them was recorded; none if there is nothing to drop.
        last_at: Option<DateTime<Utc>>,
    },
    /// Whether the broker can serve.
    Health {
        /// What there is to know.
        health: Health,
    },
    /// What an examination found.
    Examined {
        /// Each check.
        checks: Vec<Check>,
    },
    /// It is done.
    Done,
    /// What would change.
    Compared {
        /// In words.
        differences: Vec<Difference>,
        /// To be sent back with the agreement to them.
        digest: Digest,
    },
    /// It is so.
    Applied {
        /// New secrets of agents, shown once.
        secrets: BTreeMap<Slug, SecretText>,
    },
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The use case refused.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What is declared cannot be applied.
    #[error(transparent)]
    Apply(#[from] apply::ApplyError),
    /// The vault was not opened.
    #[error(transparent)]
    Unseal(#[from] keys::UnsealError),
    /// Keys were not rotated.
    #[error(transparent)]
    Rotate(#[from] keys::RotateError),
    /// The seal was not recorded.
    #[error(transparent)]
    Seal(#[from] keys::SealError),
    /// Nothing was dropped.
    #[error(transparent)]
    Retention(#[from] retention::RetentionError),
    /// The random generator failed.
    #[error(transparent)]
    Token(#[from] OpaqueError),
    /// The command asks for too much.
    #[error("{0}")]
    Refused(String),
}

/// Does what the host asks.
pub async fn handle(app: &App, command: Command) -> Result<Reply, HostError> {
    match command {
        Command::SignInLink { person } => sign_in_link(app, person).await,
        Command::PersonToken { person, seconds } => person_token(app, person, seconds).await,
        Command::Passkeys { person } => passkeys::list(app, &person).await,
        Command::RemovePasskeys { person } => passkeys::remove_all(app, person).await,
        Command::Revoke { subject, block, reason } => {
            let reason = clean(app, reason)?;
            let end = EndReason::Revoked;
            let revocation = Revocation { subject, actor: Actor::Host, reason, block, end };
            let stopped = grants::revoke_as(app, revocation).await?;
            Ok(Reply::Stopped { stopped })
        }
        Command::Seal { reason } => {
            let streams = keys::seal(app, clean(app, reason)?).await?;
            Ok(Reply::Sealed { streams })
        }
        Command::Unseal { passphrase } => Ok(match keys::unseal(app, passphrase.as_ref()).await {
            Err(UnsealError::NeedsPassphrase(root)) => Reply::PassphraseNeeded { root },
            unsealed => Reply::Unsealed { root: unsealed? },
        }),
        Command::InitKeys { passphrase } => {
            let root = keys::init(app, &passphrase).await?;
            Ok(Reply::Unsealed { root })
        }
        Command::KeysStatus => Ok(Reply::Keys { status: keys::status(app).await? }),
        Command::RotateKeys { step } => Ok(Reply::Rotating { progress: keys::step(app, step).await? }),
        Command::RotateRoot { passphrase } => {
            let Rooted { from, to, to_do } = keys::reroot(app, passphrase.as_ref()).await?;
            Ok(Reply::Rooted { from, to, to_do })
        }
        Command::RotateSigning { leaked } => {
            let (kid, until) = keys::replace_signing_key(app, leaked).await?;
            Ok(Reply::Signing { kid, until })
        }
        Command::AcceptDatabase { reason } => {
            let stopped = recovery::accept(app, clean(app, reason)?).await?;
            Ok(Reply::Stopped { stopped })
        }
        Command::LookAtOld { before } => Ok(old(retention::look(app, before).await?.as_ref())),
        Command::DropOld { before, archive } => {
            let archive = archive.as_deref().or(app.keeping.archive.as_deref());
            Ok(old(retention::drop_some(app, before, archive, Actor::Host).await?.as_ref()))
        }
        Command::Health => Ok(Reply::Health { health: health::look(app).await }),
        Command::Examine => {
            let checks = doctor::inside(app).await;
            let none =
                || HostError::Refused("this broker was put together without a configuration".to_owned());
            Ok(Reply::Examined { checks: checks.ok_or_else(none)? })
        }
        Command::Unblock { subject } => declare(app, Declaration::Unblock(subject)).await,
        Command::LiftCoolDown { agent } => declare(app, Declaration::LiftCoolDown(agent)).await,
        Command::Compare { wanted } => {
            let changes = apply::changes(app, &wanted).await?;
            let digest = apply::digest(&changes);
            let differences = changes.into_iter().map(|it| it.difference).collect();
            Ok(Reply::Compared { differences, digest })
        }
        Command::Apply { wanted, shown, secrets } => {
            let secrets = apply::apply(app, &wanted, &shown, &secrets, &By::HOST).await?;
            Ok(Reply::Applied { secrets })
        }
    }
}

fn old(plan: Option<&Plan>) -> Reply {
    let Some(&Plan { records, segments, last_at, .. }) = plan else {
        return Reply::Old { records: 0, segments: 0, last_at: None };
    };
    Reply::Old { records, segments, last_at: Some(time(last_at)) }
}

async fn declare(app: &App, declaration: Declaration) -> Result<Reply, HostError> {
    app.ledger.act(Act::Declare(Box::new(declaration))).await?;
    Ok(Reply::Done)
}

async fn sign_in_link(app: &App, person: Slug) -> Result<Reply, HostError> {
    let link = OpaqueToken::mint(OpaqueKind::Link, app.rng.source())?;
    let expires_at = app.clock.now() + TimeDelta::seconds(app.policy.sign_in_link.into());
    let entering = Entering::Link { mac: link.mac(&app.mac_key), person, expires_at };
    app.ledger.act(Act::Enter(Box::new(entering))).await?;
    let url = format!("{}/sign-in/link?t={}", app.public_url, link.expose());
    Ok(Reply::Issued { text: SecretText::new(url), expires_at })
}

async fn person_token(app: &App, person: Slug, seconds: u32) -> Result<Reply, HostError> {
    if !(1..=MAX_TOKEN_SECONDS).contains(&seconds) {
        return Err(HostError::Refused("a person's token works for at most 12 hours".to_owned()));
    }
    let token = OpaqueToken::mint(OpaqueKind::Person, app.rng.source())?;
    let expires_at = app.clock.now() + TimeDelta::seconds(seconds.into());
    let entering = Entering::Token { mac: token.mac(&app.mac_key), person, expires_at };
    app.ledger.act(Act::Enter(Box::new(entering))).await?;
    Ok(Reply::Issued { text: SecretText::new(token.expose()), expires_at })
}

fn clean(app: &App, reason: Option<String>) -> Result<Option<String>, HostError> {
    let Some(reason) = reason.filter(|it| !it.trim().is_empty()) else { return Ok(None) };
    let cleaned = domain::text::clean(&reason, app.policy.max_purpose_chars);
    let text = cleaned.map_err(|why| HostError::Refused(format!("the reason {why}")))?.text;
    Ok(Some(text))
}
