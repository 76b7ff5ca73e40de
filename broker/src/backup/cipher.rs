//! Who can open a backup: age, to the public keys of its owners or by a passphrase.

use super::BackupError;
use crate::host::SecretText;
use age::{Decryptor, Encryptor, IdentityFile, Recipient, scrypt, secrecy::SecretString, stream, x25519};
use std::{
    fs::File,
    io::{BufReader, BufWriter},
    path::Path,
};

/// What a new backup is encrypted for.
pub enum Lock {
    /// The owners of these keys, each of whom can open it.
    Recipients(Vec<x25519::Recipient>),
    /// Whoever knows the passphrase.
    Passphrase(SecretText),
}

impl Lock {
    /// For the owners of public keys, as `age1…`.
    pub fn recipients(keys: &[String]) -> Result<Self, BackupError> {
        let parsed = keys.iter().map(|key| {
            key.trim().parse::<x25519::Recipient>().map_err(|why| {
                BackupError::Key(format!("{key} is not the public key of an age identity ({why})"))
            })
        });
        Ok(Self::Recipients(parsed.collect::<Result<_, _>>()?))
    }

    /// Encrypts what is written to the file.
    pub(super) fn wrap(
        &self,
        out: BufWriter<File>,
    ) -> Result<stream::StreamWriter<BufWriter<File>>, BackupError> {
        let encryptor = match self {
            Self::Recipients(keys) => {
                Encryptor::with_recipients(keys.iter().map(|key| key as &dyn Recipient))
                    .map_err(|why| BackupError::Key(why.to_string()))?
            }
            Self::Passphrase(text) => Encryptor::with_user_passphrase(secret(text)),
        };
        encryptor.wrap_output(out).map_err(BackupError::file("the backup"))
    }
}

/// What opens a backup.
pub enum Opener {
    /// Identities of a file as `age-keygen` writes it.
    Identities(Vec<Box<dyn age::Identity + Send + Sync>>),
    /// A passphrase.
    Passphrase(SecretText),
}

impl Opener {
    /// The identities of a file.
    pub fn file(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(BackupError::file(path))?;
        let read = IdentityFile::from_buffer(BufReader::new(file)).map_err(BackupError::file(path))?;
        let found = read.into_identities().map_err(|why| BackupError::Key(why.to_string()))?;
        if found.is_empty() {
            return Err(BackupError::Key(format!("{} holds no age identity", path.display())));
        }
        Ok(Self::Identities(found))
    }

    pub(super) fn unwrap(&self, path: &Path) -> Result<stream::StreamReader<BufReader<File>>, BackupError> {
        let file = File::open(path).map_err(BackupError::file(path))?;
        let decryptor = Decryptor::new_buffered(BufReader::new(file))
            .map_err(|why| BackupError::damaged(format!("age does not know it ({why})")))?;
        let opened = match (self, decryptor.is_scrypt()) {
            (Self::Identities(all), false) => {
                decryptor.decrypt(all.iter().map(|it| it.as_ref() as &dyn age::Identity))
            }
            (Self::Passphrase(text), true) => {
                let identity = scrypt::Identity::new(secret(text));
                decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
            }
            (Self::Identities(_), true) => {
                return Err(BackupError::Locked("it was encrypted by a passphrase".to_owned()));
            }
            (Self::Passphrase(_), false) => {
                let why = "it was encrypted for age identities; give their file with --identity";
                return Err(BackupError::Locked(why.to_owned()));
            }
        };
        opened.map_err(|why| BackupError::Locked(why.to_string()))
    }
}

/// Whether a backup was encrypted by a passphrase.
pub fn wants_passphrase(path: &Path) -> Result<bool, BackupError> {
    let file = File::open(path).map_err(BackupError::file(path))?;
    let decryptor = Decryptor::new_buffered(BufReader::new(file))
        .map_err(|why| BackupError::damaged(format!("age does not know it ({why})")))?;
    Ok(decryptor.is_scrypt())
}

fn secret(text: &SecretText) -> SecretString {
    SecretString::from(text.expose().to_owned())
}
