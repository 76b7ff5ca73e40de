//! Records and keyrings that get another key.

use super::*;

#[test]
fn a_rewrapped_record_needs_the_new_key_alone() {
    let b = bench();
    let old = b.seal();
    let second = keyring::new_row(&b.root, "inst-1", 2, DateTime::UNIX_EPOCH, &rng()).unwrap();
    unlock(&b.vault, &b.root, &[b.row.clone(), second.clone()]).unwrap();
    let elsewhere = SecretContext { connection: "paul-gitlab", ..ctx() };
    assert_eq!(b.vault.rewrap(&elsewhere, &old, &rng()).unwrap_err(), VaultError::DoesNotOpen);
    let new = b.vault.rewrap(&ctx(), &old, &rng()).unwrap();
    assert_eq!((key_of(&old), key_of(&new), key_of("no record")), (Some(1), Some(2), None));
    let (before, after) = (BASE64_STANDARD.decode(&old).unwrap(), BASE64_STANDARD.decode(&new).unwrap());
    assert_eq!(before[74..], after[74..], "the ciphertext stays as it is");
    assert_ne!(before[14..74], after[14..74]);
    // The old wrapping under the new key's name, and the other way round.
    let renamed = [&after[..14], &before[14..]].concat();
    let back = [&before[..14], &after[14..]].concat();
    for mixed in [renamed, back] {
        let opened = b.vault.open_secret(&ctx(), &BASE64_STANDARD.encode(mixed));
        assert_eq!(opened.unwrap_err(), VaultError::DoesNotOpen);
    }
    unlock(&b.vault, &b.root, &[second]).unwrap();
    assert_eq!(b.vault.open_secret(&ctx(), &new).unwrap().expose(), TEXT.as_bytes());
    assert_eq!(b.vault.open_secret(&ctx(), &old).unwrap_err(), VaultError::UnknownKey { id: 1 });
}

/// The data key alone is bound to its place, not only the ciphertext under it.
#[test]
fn a_data_key_is_rewrapped_for_its_own_place_alone() {
    let b = bench();
    let record = b.seal();
    let keyring = b.vault.open_keyring(&b.root, std::slice::from_ref(&b.row)).unwrap();
    assert!(envelope::rewrap(&keyring, &ctx(), &record, &rng()).is_ok());
    let elsewhere = SecretContext { connection: "paul-gitlab", ..ctx() };
    let told = envelope::rewrap(&keyring, &elsewhere, &record, &rng());
    assert_eq!(told.unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn a_record_is_bound_to_the_number_of_its_key() {
    let b = bench();
    let mut record = BASE64_STANDARD.decode(b.seal()).unwrap();
    // Even if two numbers had the very same key.
    let keyring = b.vault.open_keyring(&b.root, std::slice::from_ref(&b.row)).unwrap().doubled(1, 2);
    assert!(keyring.open_secret(&ctx(), &BASE64_STANDARD.encode(&record)).is_ok());
    record[6..14].copy_from_slice(&2_i64.to_be_bytes());
    let told = keyring.open_secret(&ctx(), &BASE64_STANDARD.encode(&record));
    assert_eq!(told.unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn a_keyring_under_another_root_key_holds_the_same_keys() {
    let b = bench();
    let (record, next) = (b.seal(), root());
    let rows = b.vault.under_root(&next, std::slice::from_ref(&b.row), &rng()).unwrap();
    assert_eq!((rows[0].root_id.as_str(), &rows[0].check), (next.id(), &b.row.check));
    assert!(b.vault.open_keyring(&b.root, &rows).is_err(), "the old root key opens it no more");
    let fresh = b.vault.open_keyring(&next, &rows).unwrap();
    assert_eq!(fresh.open_secret(&ctx(), &record).unwrap().expose(), TEXT.as_bytes());
    // What is open already stays open without the new root key; what is new to it does not open.
    assert!(b.vault.refresh_keyring(&b.root, &rows).is_ok());
    let third = keyring::new_row(&next, "inst-1", 2, DateTime::UNIX_EPOCH, &rng()).unwrap();
    assert!(b.vault.refresh_keyring(&b.root, &[rows[0].clone(), third.clone()]).is_err());
    assert!(b.vault.refresh_keyring(&next, &[rows[0].clone(), third]).is_ok());
    // A row that only claims to hold the known key is not taken for it.
    let other = keyring::new_row(&next, "inst-1", 1, DateTime::UNIX_EPOCH, &rng()).unwrap();
    let refreshed = b.vault.refresh_keyring(&next, &[other]).unwrap();
    assert!(refreshed.open_secret(&ctx(), &record).is_err());
}

#[test]
fn a_seal_counts_against_whoever_was_opening() {
    let b = bench();
    let ticket = b.vault.ticket();
    let keyring = b.vault.open_keyring(&b.root, std::slice::from_ref(&b.row)).unwrap();
    b.vault.seal();
    assert_eq!(b.vault.install(ticket, keyring), Err(VaultError::SealedMeanwhile));
    assert!(b.vault.is_sealed());
}
