//! The keys of a running broker: where its root key is, when the vault is open, what signs.
//!
//! 1. At the start, and by `unseal`, the root key is found ([`RootKeys`]) or derived from a passphrase, the keyring is
//!    opened with it and the signing keys with that (`unseal`); only then both are installed together.
//! 2. `seal` drops all of it at once, then has it recorded. The record carries a number like a revocation's, so every
//!    batch of every broker knows it before it judges: nothing is called after the seal was acknowledged (`seal`).
//! 3. `rotate` replaces the keyring's key, `reroot` the root key, `signer` the signing key, all while serving; `status`
//!    says when it is time.
//! 4. Every broker compares how the vault stands with what it did last, on an event and every second (`watch`).

mod attempts;
mod reroot;
mod root;
mod rotate;
mod seal;
mod signer;
pub mod status;
mod unseal;
mod watch;

pub use reroot::{Rooted, reroot};
pub use root::RootKeys;
pub use rotate::{Progress, RotateError, Step, step};
pub use seal::{SealError, seal};
pub use signer::replace as replace_signing_key;
pub use status::{KeyStatus, KeysStatus, SigningStatus, status, status_of};
pub use unseal::{Ready, UnsealError, init, unseal};
pub use watch::{follow, watch};

pub(crate) use signer::drop_due;
pub(crate) use unseal::start;
pub(crate) use watch::look_again;

use crate::{app::App, store::keys::Standing, tokens::Signer, vault::Ticket};
use attempts::Attempts;
use std::sync::{Mutex, PoisonError, RwLock};
use tokio::{sync::Semaphore, time::Instant};

/// What the broker knows of its keys. The keys themselves are in the vault and in the signer, and are dropped together.
pub struct Keys {
    /// Where the root key is.
    pub root: RootKeys,
    signer: RwLock<Option<Signer>>,
    attempts: Attempts,
    /// One derivation at a time: each takes as much memory as its numbers say.
    deriving: Semaphore,
    /// When a token of an unknown key last made this broker look for new ones.
    looked: Mutex<Option<Instant>>,
    /// How the vault stood when this broker last acted on it.
    known: Mutex<Standing>,
}

impl Keys {
    /// Of a broker that is still sealed.
    pub fn sealed(root: RootKeys) -> Self {
        Self {
            root,
            signer: RwLock::new(None),
            attempts: Attempts::default(),
            deriving: Semaphore::new(1),
            looked: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// What signs and checks tokens.
    pub(crate) fn signer(&self) -> Option<Signer> {
        self.signer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn known(&self) -> Standing {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, standing: Standing) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}

/// Works with these keys from now on, unless the vault was sealed since the ticket was taken.
fn install(app: &App, ticket: Ticket, ready: Ready) -> Result<(), crate::vault::VaultError> {
    // Held over both, as in `drop_keys`: never one without the other.
    let mut signer = app.keys.signer.write().unwrap_or_else(PoisonError::into_inner);
    app.vault.install(ticket, ready.keyring)?;
    *signer = Some(ready.signer);
    Ok(())
}

/// Drops every key and cuts every call in flight; says how many.
fn drop_keys(app: &App) -> i64 {
    let mut signer = app.keys.signer.write().unwrap_or_else(PoisonError::into_inner);
    app.vault.seal();
    *signer = None;
    drop(signer);
    // After the vault: whoever opened a secret before has a place among these.
    app.inflight.cut_all()
}
