//! Whoever can write the database but lacks the root key adds no passkey that counts for a decision.

use super::support::{enrol, sign_in};
use crate::{
    audit::tampered::Hand,
    front::support::Front,
    support::{
        self,
        installation::{Installation, slug},
        on_each_engine,
    },
};
use broker::{
    keys::{self, Step},
    people::passkeys::trusted,
};

on_each_engine!(an_edited_row_counts_for_nothing, new_keys_carry_the_seals, a_sealed_vault_trusts_nothing);

async fn count_of(it: &Installation, person: &str) -> usize {
    trusted(&it.app, &slug(person)).await.unwrap().len()
}

async fn an_edited_row_counts_for_nothing(it: &Installation) {
    let front = Front::open(it).await;
    let ana = enrol(&front, &front.approver, "").await;
    let adm = enrol(&front, &front.admin, "").await;
    let (ana, adm) = (ana.soft.credential(), adm.soft.credential());
    assert_eq!((count_of(it, "ana").await, count_of(it, "adm").await), (1, 1));
    let mut hand = Hand::reach_in(it).await;
    let of = |credential: &str, what: &str| {
        format!("(SELECT {what} FROM passkeys WHERE credential = '{credential}')")
    };
    // Each edit, and what undoes it: another's person, key, seal; a row of their own with a seal that is another's.
    hand.run("CREATE TABLE kept AS SELECT * FROM passkeys").await;
    let back = [
        "DELETE FROM passkeys WHERE credential IN (SELECT credential FROM passkeys)",
        "INSERT INTO passkeys SELECT * FROM kept",
    ];
    let edits = [
        format!("UPDATE passkeys SET person = 'adm' WHERE credential = '{ana}'"),
        format!("UPDATE passkeys SET public = {} WHERE credential = '{adm}'", of(&ana, "public")),
        format!("UPDATE passkeys SET record = {} WHERE credential = '{adm}'", of(&ana, "record")),
        format!("UPDATE passkeys SET public = replace(public, 'ES256', 'ES384') WHERE credential = '{adm}'"),
        format!(
            "INSERT INTO passkeys SELECT 'mine', person, name, public, record, key_id, counter, backed_up, created_at, \
             last_used_at, removed_at, let_in_by FROM passkeys WHERE credential = '{adm}'"
        ),
        format!("UPDATE passkeys SET record = '' WHERE credential = '{adm}'"),
    ];
    for edit in edits {
        hand.run(&edit).await;
        let left = count_of(it, "adm").await;
        let expected = usize::from(edit.starts_with("INSERT") || edit.contains("person = 'adm'"));
        assert_eq!(left, expected, "{edit}");
        for sql in back {
            hand.run(sql).await;
        }
        assert_eq!(count_of(it, "adm").await, 1);
    }
    hand.run("DROP TABLE kept").await;
}

async fn new_keys_carry_the_seals(it: &Installation) {
    let front = Front::open(it).await;
    enrol(&front, &front.approver, "").await;
    let adm = enrol(&front, &front.admin, "").await.soft.credential();
    let mut hand = Hand::reach_in(it).await;
    // A row of somebody without the root key does not hold the old key back.
    hand.run(&format!("UPDATE passkeys SET person = 'aud' WHERE credential = '{adm}'")).await;
    let mut next = Some(Step::Begin);
    while let Some(step) = next.take() {
        next = keys::step(&it.app, step).await.unwrap().next;
    }
    assert_eq!((count_of(it, "ana").await, count_of(it, "aud").await), (1, 0));
    let under = [
        "SELECT COUNT(*) FROM passkeys WHERE key_id = 2",
        "SELECT COUNT(*) FROM passkeys WHERE key_id = 0 AND record = ''",
    ];
    for sql in under {
        assert_eq!(support::invariants::count(&it.app.store, sql).await, 1, "{sql}");
    }
}

async fn a_sealed_vault_trusts_nothing(it: &Installation) {
    let front = Front::open(it).await;
    let mut ana = enrol(&front, &front.approver, "").await;
    keys::seal(&it.app, None).await.unwrap();
    trusted(&it.app, &slug("ana")).await.unwrap_err();
    sign_in(&front, &mut ana).await;
    keys::unseal(&it.app, None).await.unwrap();
    assert_eq!(count_of(it, "ana").await, 1);
}
