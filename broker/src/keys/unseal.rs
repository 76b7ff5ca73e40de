//! Opening the vault: at the start, and when an operator says so.

use super::{install, signer};
use crate::{
    app::App,
    host::SecretText,
    ledger::{
        Answer, LedgerError,
        acts::{Act, KeyAct},
    },
    store::{
        Conn,
        keys::{self, Passphrase, WrappedKey},
    },
    tokens::{Signer, TokenError},
    vault::{Derivation, Keyring, KeyringRow, PassphraseError, RootKey, RootKeyError, VaultError},
};
use std::sync::Arc;

/// Why the vault stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// The root key is a passphrase, and none was given.
    #[error("the vault is sealed: root key {0} is a passphrase; enter it with: countersign-broker unseal")]
    NeedsPassphrase(String),
    /// There are no keys yet, and the broker may not make them by itself.
    #[error(
        "the vault is sealed: this installation has no keys yet; set a passphrase with: countersign-broker keys init --passphrase"
    )]
    NoKeys,
    /// An operator sealed it.
    #[error("the vault is sealed: an operator sealed it; lift that with: countersign-broker unseal")]
    Sealed,
    /// A passphrase was given where the root key is something else.
    #[error("nothing was done: the root key of this installation is in {0}, not a passphrase")]
    NotAPassphrase(String),
    /// The passphrase is another one.
    #[error("wrong passphrase; nothing was opened{}", later(*.0))]
    WrongPassphrase(i64),
    /// Too many wrong ones came before.
    #[error("nothing was tried: after wrong passphrases the next attempt is possible in {0} s")]
    TooSoon(i64),
    /// The installation has its keys already.
    #[error("nothing was changed: this installation has its keys already, under root key {0}")]
    Begun(String),
    /// No signing key is current.
    #[error("there is no signing key")]
    NoSigningKey,
    /// The place of the root key does not have it.
    #[error(transparent)]
    Root(#[from] RootKeyError),
    /// The passphrase is not fit.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// A key did not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A signing key is not one.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It could not be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database could not be read.
    #[error("the database could not be read: {0}")]
    Store(#[from] sqlx::Error),
}

fn later(seconds: i64) -> String {
    if seconds == 0 { String::new() } else { format!("; the next attempt is possible in {seconds} s") }
}

impl UnsealError {
    /// Whether a broker starts in spite of it, sealed: nothing is wrong, somebody has to do something.
    fn starts_sealed(&self) -> bool {
        match self {
            Self::NeedsPassphrase(_) | Self::NoKeys | Self::Sealed => true,
            Self::Root(error) => error.is_missing(),
            _ => false,
        }
    }
}

/// Keys that are open, and not yet installed.
pub struct Ready {
    pub(super) keyring: Keyring,
    pub(super) signer: Signer,
}

/// At the start: opens the vault unless an operator sealed it or its passphrase has to be entered.
pub(crate) async fn start(app: &App) -> Result<(), UnsealError> {
    let ticket = app.vault.ticket();
    let standing = keys::standing(&mut app.store.read().await?).await?;
    app.keys.know(standing);
    let opened = if standing.is_sealed() { Err(UnsealError::Sealed) } else { prepare(app, None).await };
    match opened {
        Ok(ready) => Ok(install(app, ticket, ready)?),
        Err(error) if error.starts_sealed() => {
            tracing::warn!("{error}; pages, the record and revoking work, calls do not");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// An operator opens this broker's vault, and lifts the seal of the installation if there is one. Says which root key
/// it was opened with.
pub async fn unseal(app: &App, passphrase: Option<&SecretText>) -> Result<String, UnsealError> {
    let ticket = app.vault.ticket();
    let ready = prepare(app, passphrase).await?;
    let root = ready.keyring.root().id().to_owned();
    // On the record first, and while every batch would still refuse a call.
    record_unseal(app).await?;
    match install(app, ticket, ready) {
        // Somebody sealed it while it was being opened, and ours may have lifted theirs: the seal counts.
        Err(VaultError::SealedMeanwhile) => {
            let reason = Some("sealed while it was being unsealed".to_owned());
            app.ledger.act(Act::Keys(Box::new(KeyAct::Seal { reason }))).await?;
            Err(VaultError::SealedMeanwhile.into())
        }
        other => Ok(other.map(|()| root)?),
    }
}

async fn record_unseal(app: &App) -> Result<(), UnsealError> {
    let answer = app.ledger.act(Act::Keys(Box::new(KeyAct::Unseal))).await?;
    if let Answer::Number(number @ 1..) = answer {
        let mut known = app.keys.known();
        known.unsealed = known.unsealed.max(number);
        app.keys.know(known);
    }
    Ok(())
}

/// Sets the passphrase of an installation that has no keys yet, makes its first keys and opens the vault.
pub async fn init(app: &App, passphrase: &SecretText) -> Result<String, UnsealError> {
    Derivation::check(passphrase.expose())?;
    let ticket = app.vault.ticket();
    if let Some(row) = keys::keyring(&mut app.store.read().await?).await?.first() {
        return Err(UnsealError::Begun(row.root_id.clone()));
    }
    let derivation = Derivation::new(app.rng.source())?;
    let root = derive(app, &derivation, passphrase).await?;
    let stored = Passphrase { root_id: root.id().to_owned(), derivation, created_at: app.clock.now() };
    begin(app, &root, Some(stored)).await?;
    let ready = with_root(app, root).await?;
    let root = ready.keyring.root().id().to_owned();
    install(app, ticket, ready)?;
    Ok(root)
}

/// Opens everything that an open vault needs, and installs nothing.
pub(super) async fn prepare(app: &App, passphrase: Option<&SecretText>) -> Result<Ready, UnsealError> {
    let mut conn = app.store.read().await?;
    let rows = keys::keyring(&mut conn).await?;
    let Some(row) = rows.first() else {
        drop(conn);
        if passphrase.is_some() {
            return Err(UnsealError::NoKeys);
        }
        let root = app.keys.root.first(app.rng.source())?.ok_or(UnsealError::NoKeys)?;
        // Another broker that starts at the same moment may have been first: what counts is what is stored.
        let _ = begin(app, &root, None).await;
        return with_root(app, root).await;
    };
    let stored = keys::passphrase(&mut conn, &row.root_id).await?;
    drop(conn);
    let root = match (stored, passphrase) {
        (Some(stored), Some(passphrase)) => guarded(app, &stored, passphrase).await?,
        (Some(stored), None) => return Err(UnsealError::NeedsPassphrase(stored.root_id)),
        (None, Some(_)) => return Err(UnsealError::NotAPassphrase(app.keys.root.to_string())),
        (None, None) => {
            let root = app.keys.root.find(&row.root_id)?;
            // A change of the root key that was interrupted is finished here.
            if let Some(to_do) = app.keys.root.settle(root.id(), false) {
                tracing::debug!(to_do, "the root key was found beside its place");
            }
            root
        }
    };
    with_root(app, root).await
}

/// Makes the first key of the keyring.
async fn begin(app: &App, root: &RootKey, passphrase: Option<Passphrase>) -> Result<(), UnsealError> {
    let row = app.vault.create_key(root, 1, app.clock.now(), app.rng.source())?;
    let act = KeyAct::Begin { key: WrappedKey::from(row), passphrase };
    app.ledger.act(Act::Keys(Box::new(act))).await?;
    Ok(())
}

async fn with_root(app: &App, root: Arc<RootKey>) -> Result<Ready, UnsealError> {
    let mut conn = app.store.read().await?;
    let keyring = app.vault.open_keyring(&root, &rows(&mut conn).await?)?;
    let signer = signer::load(app, &mut conn, &keyring).await?;
    Ok(Ready { keyring, signer })
}

/// The keyring's rows as the vault takes them.
pub(super) async fn rows(conn: &mut Conn) -> sqlx::Result<Vec<KeyringRow>> {
    Ok(keys::keyring(conn).await?.into_iter().map(KeyringRow::from).collect())
}

/// The root key of a passphrase that somebody typed. Wrong ones make the next attempt wait.
async fn guarded(app: &App, stored: &Passphrase, typed: &SecretText) -> Result<Arc<RootKey>, UnsealError> {
    // One at a time, and judged in turn: a crowd of attempts is slowed down like a single file.
    let _turn = app.keys.deriving.acquire().await.map_err(|_| PassphraseError::Crypto)?;
    app.keys.attempts.check(app.clock.now()).map_err(UnsealError::TooSoon)?;
    let root = derive_now(&stored.derivation, typed).await?;
    if root.id() == stored.root_id {
        app.keys.attempts.right();
        return Ok(root);
    }
    let wait = app.keys.attempts.wrong(app.clock.now());
    tracing::warn!(wait, "a wrong passphrase was entered");
    Err(UnsealError::WrongPassphrase(wait))
}

/// The root key of a passphrase, one derivation at a time.
pub(super) async fn derive(
    app: &App,
    derivation: &Derivation,
    passphrase: &SecretText,
) -> Result<Arc<RootKey>, UnsealError> {
    let _turn = app.keys.deriving.acquire().await.map_err(|_| PassphraseError::Crypto)?;
    derive_now(derivation, passphrase).await
}

async fn derive_now(derivation: &Derivation, passphrase: &SecretText) -> Result<Arc<RootKey>, UnsealError> {
    let (derivation, passphrase) = (derivation.clone(), passphrase.clone());
    let derived = tokio::task::spawn_blocking(move || derivation.root_key(passphrase.expose()));
    Ok(Arc::new(derived.await.map_err(|_| PassphraseError::Crypto)??))
}
