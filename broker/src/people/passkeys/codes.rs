//! Recovery codes: ten, each good once, shown once. `XXXX-XXXX-XXXX-XXXX` in Crockford's base 32: the first group says
//! which of the person's codes it is, the other sixty bits are hashed with Argon2id.

use crate::{
    app::App,
    fault::Fault,
    host::set_up::{LETTERS, as_meant},
    ledger::acts::{Act, PasskeyAct},
    store::{
        recovery_codes::{self, StoredCode},
        web::NewSession,
    },
};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{constant_time::verify_slices_are_equal, error::Unspecified, rand::SecureRandom};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use protocol::Slug;
use std::collections::BTreeSet;

/// How many a person gets.
pub const HOW_MANY: usize = 10;
/// Fewer than this, and the person is told to make new ones.
pub const FEW: i64 = 3;
const LENGTH: usize = 16;
const SLOT: usize = 4;
/// What OWASP asks of Argon2id: 19 MiB, two passes, one lane. What is hashed has sixty random bits, so it need not be
/// as slow as for a passphrase.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Ten new codes, as they are shown and as they are kept.
pub async fn mint(app: &App) -> Result<Vec<(String, StoredCode)>, Fault> {
    let rng = app.rng.clone();
    let minted = tokio::task::spawn_blocking(move || fresh(rng.source()));
    minted.await.map_err(|error| Fault::Internal(error.to_string()))?
}

fn fresh(rng: &dyn SecureRandom) -> Result<Vec<(String, StoredCode)>, Fault> {
    let mut slots = BTreeSet::new();
    let mut codes = Vec::with_capacity(HOW_MANY);
    while codes.len() < HOW_MANY {
        let (mut random, mut salt) = ([0; LENGTH], [0; SALT_BYTES]);
        rng.fill(&mut random)?;
        rng.fill(&mut salt)?;
        let code: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        let (slot, rest) = code.split_at(SLOT);
        if slots.insert(slot.to_owned()) {
            let shown: Vec<&str> = (0..LENGTH).step_by(SLOT).map(|at| &code[at..at + SLOT]).collect();
            let hash = format!("{}.{}", BASE64_STANDARD_NO_PAD.encode(salt), hash(rest, &salt)?);
            codes.push((shown.join("-"), StoredCode { slot: slot.to_owned(), hash }));
        }
    }
    Ok(codes)
}

fn hash(rest: &str, salt: &[u8]) -> Result<String, Unspecified> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(HASH_BYTES)).map_err(|_| Unspecified)?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(rest.as_bytes(), salt, &mut hash)
        .map_err(|_| Unspecified)?;
    Ok(BASE64_STANDARD_NO_PAD.encode(hash))
}

fn is_it(rest: &str, stored: &str) -> bool {
    let Some((salt, kept)) = stored.split_once('.') else { return false };
    let Ok(salt) = BASE64_STANDARD_NO_PAD.decode(salt) else { return false };
    hash(rest, &salt).is_ok_and(|found| verify_slices_are_equal(found.as_bytes(), kept.as_bytes()).is_ok())
}

/// Lets somebody back in who has a link and one of their codes; all that they can do then is to make a new passkey.
pub async fn recover(
    app: &App,
    person: &Slug,
    link: String,
    typed: &str,
    session: NewSession,
) -> Result<(), Fault> {
    let code = as_meant(typed);
    let wrong = || Fault::Forbidden("this is none of your recovery codes, or it was used".to_owned());
    let (slot, rest) = code.split_at_checked(SLOT).ok_or_else(wrong)?;
    let found = recovery_codes::find(&mut app.store.read().await?, person, slot).await?;
    let hash = found.ok_or_else(wrong)?;
    let (kept, rest) = (hash.clone(), rest.to_owned());
    let good = tokio::task::spawn_blocking(move || is_it(&rest, &kept));
    if !good.await.map_err(|error| Fault::Internal(error.to_string()))? {
        return Err(wrong());
    }
    let code = StoredCode { slot: slot.to_owned(), hash };
    let act = PasskeyAct::Recover { person: person.clone(), link, code, session };
    app.ledger.act(Act::Passkey(Box::new(act))).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;

    #[test]
    fn each_of_ten_codes_is_good_for_its_own_hash_only() {
        let codes = fresh(&SystemRandom::new()).unwrap();
        assert_eq!(codes.len(), HOW_MANY);
        let typed: Vec<String> = codes.iter().map(|(shown, _)| as_meant(&shown.to_lowercase())).collect();
        for ((shown, stored), typed) in codes.iter().zip(&typed) {
            assert_eq!((shown.len(), &shown[..SLOT]), (19, stored.slot.as_str()));
            assert!(!stored.hash.contains(&typed[SLOT..]));
            assert!(is_it(&typed[SLOT..], &stored.hash));
        }
        assert!(!is_it(&typed[0][SLOT..], &codes[1].1.hash));
        for damaged in ["", ".", "x", "!.x", &codes[0].1.hash[..30]] {
            assert!(!is_it(&typed[0][SLOT..], damaged), "{damaged}");
        }
    }
}
