//! A passphrase as the root key: Argon2id (RFC 9106), with numbers that are stored beside the keyring so that later
//! versions can raise them without locking anybody out.

use super::rootkey::RootKey;
use super::secret::{KEY_BYTES, Key};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::SecureRandom;
use base64::{Engine, prelude::BASE64_STANDARD};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Shorter passphrases are refused: whoever has a copy of the database can guess as fast as they can pay for.
pub const MIN_PASSPHRASE: usize = 15;
/// Longer ones are not passphrases, but the wrong file.
const MAX_PASSPHRASE: usize = 1024;
/// RFC 9106, section 4, the second recommended option: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SALT_BYTES: usize = 16;
/// Whoever can write the database could otherwise make the broker ask for all memory there is.
const MOST_MEMORY_KIB: u32 = 4 * 1024 * 1024;
const MOST_PASSES: u32 = 64;

/// How a passphrase becomes a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// Random, base64.
    pub salt: String,
    /// KiB.
    pub memory: u32,
    /// Over that memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Why a passphrase gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// It could be guessed.
    #[error("a passphrase needs at least {MIN_PASSPHRASE} characters; six random words are good")]
    TooShort,
    /// It is not one.
    #[error("this is too long for a passphrase (more than {MAX_PASSPHRASE} bytes)")]
    TooLong,
    /// The stored numbers are not what this broker would write, or allow.
    #[error("the stored numbers of the passphrase are damaged: {0}")]
    Damaged(&'static str),
    /// The random generator or the derivation failed.
    #[error("the cryptographic library failed")]
    Crypto,
}

impl Derivation {
    /// For a new passphrase, as strong as this version makes it.
    pub fn new(rng: &dyn SecureRandom) -> Result<Self, PassphraseError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill(&mut salt).map_err(|_| PassphraseError::Crypto)?;
        let salt = BASE64_STANDARD.encode(salt);
        Ok(Self { salt, memory: MEMORY_KIB, passes: PASSES, lanes: LANES })
    }

    /// Whether a new passphrase would be made harder to guess than this one.
    pub fn is_weak(&self) -> bool {
        self.memory < MEMORY_KIB || self.passes < PASSES
    }

    /// Refuses what nobody should choose for a new installation or a new root key.
    pub fn check(passphrase: &str) -> Result<(), PassphraseError> {
        if passphrase.chars().count() < MIN_PASSPHRASE { Err(PassphraseError::TooShort) } else { Ok(()) }
    }

    /// The root key. Takes the memory and about the tenth of a second that make guessing expensive: not to be called
    /// where other work waits. The text is normalised first (NFC, as RFC 8265 has it for passwords), since keyboards
    /// write the same letter in different ways.
    pub fn root_key(&self, passphrase: &str) -> Result<RootKey, PassphraseError> {
        if passphrase.len() > MAX_PASSPHRASE {
            return Err(PassphraseError::TooLong);
        }
        let damaged = PassphraseError::Damaged;
        if self.memory > MOST_MEMORY_KIB || self.passes > MOST_PASSES {
            return Err(damaged("they ask for more than any broker writes"));
        }
        let salt = BASE64_STANDARD.decode(&self.salt).map_err(|_| damaged("the salt is not base64"))?;
        let params = Params::new(self.memory, self.passes, self.lanes, Some(KEY_BYTES));
        let params = params.map_err(|_| damaged("Argon2 does not take them"))?;
        // As long as it may get, so that no copy is left behind when it grows.
        let mut text = Zeroizing::new(String::with_capacity(passphrase.len() * 4));
        text.extend(passphrase.nfc());
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(text.as_bytes(), &salt, &mut *key)
            .map_err(|_| PassphraseError::Crypto)?;
        let key = Key::from_slice(&*key).ok_or(PassphraseError::Crypto)?;
        Ok(RootKey::of(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;

    fn derivation() -> Derivation {
        let salt = BASE64_STANDARD.encode([2; SALT_BYTES]);
        Derivation { salt, memory: 32, passes: 3, lanes: 4 }
    }

    #[test]
    fn it_is_argon2id() {
        // RFC 9106, section 5.3, without secret and associated data; checked against the reference implementation.
        let key = derivation().root_key("\u{1}".repeat(32).as_str()).unwrap();
        assert_eq!(*key.key().expose(), EXPECTED);
    }

    const EXPECTED: [u8; 32] = [
        0x03, 0xaa, 0xb9, 0x65, 0xc1, 0x20, 0x01, 0xc9, 0xd7, 0xd0, 0xd2, 0xde, 0x33, 0x19, 0x2c, 0x04, 0x94,
        0xb6, 0x84, 0xbb, 0x14, 0x81, 0x96, 0xd7, 0x3c, 0x1d, 0xf1, 0xac, 0xaf, 0x6d, 0x0c, 0x2e,
    ];

    #[test]
    fn the_same_words_give_the_same_key_however_they_are_typed() {
        let id = |text: &str| derivation().root_key(text).unwrap().id().to_owned();
        assert_eq!(id("caf\u{e9} au lait, encore"), id("cafe\u{301} au lait, encore"));
        assert_ne!(id("caf\u{e9} au lait, encore"), id("cafe au lait, encore"));
        assert_ne!(id("correct horse battery"), id("correct horse battery "), "nothing is trimmed");
    }

    #[test]
    fn every_number_counts_and_the_usual_ones_are_strong() {
        let id = |it: &Derivation| it.root_key("correct horse battery").unwrap().id().to_owned();
        let base = derivation();
        let salt = Derivation::new(&SystemRandom::new()).unwrap().salt;
        let others = [
            Derivation { memory: 64, ..base.clone() },
            Derivation { passes: 4, ..base.clone() },
            Derivation { lanes: 2, ..base.clone() },
            Derivation { salt, ..base.clone() },
        ];
        for other in &others {
            assert_ne!(id(other), id(&base), "{other:?}");
        }
        let usual = Derivation::new(&SystemRandom::new()).unwrap();
        assert!(usual.memory >= 64 * 1024 && usual.passes >= 3 && !usual.is_weak());
        assert!(base.is_weak());
        assert_ne!(usual.salt, Derivation::new(&SystemRandom::new()).unwrap().salt);
    }

    #[test]
    fn what_was_tampered_with_is_refused_before_it_costs_anything() {
        let greedy = [
            Derivation { memory: u32::MAX, ..derivation() },
            Derivation { passes: u32::MAX, ..derivation() },
            Derivation { lanes: 0, ..derivation() },
            Derivation { memory: 0, ..derivation() },
            Derivation { salt: "?".to_owned(), ..derivation() },
        ];
        for it in greedy {
            let told = it.root_key("correct horse battery");
            assert!(matches!(told, Err(PassphraseError::Damaged(_))), "{it:?}: {told:?}");
        }
        let long = derivation().root_key(&"x".repeat(MAX_PASSPHRASE + 1));
        assert_eq!(long.unwrap_err(), PassphraseError::TooLong);
        assert_eq!(Derivation::check("fourteen chars"), Err(PassphraseError::TooShort));
        assert_eq!(Derivation::check("fifteen chars !"), Ok(()));
    }
}
