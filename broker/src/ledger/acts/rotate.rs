//! Keys are replaced by newer ones. What was read is compared with what is stored, so that nothing is overwritten that
//! somebody changed in between.

use super::{Acting, Why, keys::Rewrapped};
use crate::{
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    store::{
        connections,
        keys::{self, Passphrase, SigningKey, WrappedKey},
        passkeys,
    },
};
use chrono::{DateTime, Utc};
use protocol::record::Actor;
use serde_json::json;

impl Acting<'_> {
    pub(super) async fn add_key(&mut self, key: &WrappedKey) -> sqlx::Result<Outcome> {
        let rows = keys::keyring(self.conn).await?;
        let follows =
            matches!(rows.as_slice(), [only] if only.id + 1 == key.id && only.root_id == key.root_id);
        if !follows {
            return Ok(Err(outdated("the keys changed since they were read")));
        }
        keys::add(self.conn, key).await?;
        keys::changed(self.conn).await?;
        let facts = [("key".to_owned(), json!(key.id)), ("root".to_owned(), json!(key.root_id))];
        self.keep("vault.key_added", Actor::Host, Facts::from_iter(facts));
        Ok(Ok(Answer::Done))
    }

    pub(super) async fn rewrap(
        &mut self,
        connections: &[Rewrapped],
        signing: &[Rewrapped],
        of_people: &[Rewrapped],
        key: i64,
    ) -> sqlx::Result<Outcome> {
        let (mut of_connections, mut of_signing, mut of_passkeys) = (0, 0, 0);
        for it in connections {
            of_connections += i64::from(connections::rewrap(self.conn, &it.id, &it.before, &it.after).await?);
        }
        for it in signing {
            of_signing += i64::from(keys::rewrap_signing(self.conn, &it.id, &it.before, &it.after).await?);
        }
        for it in of_people {
            of_passkeys += i64::from(passkeys::rewrap(self.conn, &it.id, &it.before, &it.after).await?);
        }
        let all = of_connections + of_signing + of_passkeys;
        keys::count_wraps(self.conn, key, all).await?;
        let facts = Facts::from_iter([
            ("key".to_owned(), json!(key)),
            ("connections".to_owned(), json!(of_connections)),
            ("signing_keys".to_owned(), json!(of_signing)),
            ("passkeys".to_owned(), json!(of_passkeys)),
        ]);
        self.keep("vault.rewrapped", Actor::Host, facts);
        Ok(Ok(Answer::Number(all)))
    }

    pub(super) async fn retire(&mut self, ids: &[i64]) -> sqlx::Result<Outcome> {
        for id in ids {
            if !keys::retire(self.conn, *id).await? {
                return Ok(Err(outdated("a record needs the old key still")));
            }
            let facts = Facts::from_iter([("key".to_owned(), json!(id))]);
            self.keep("vault.key_retired", Actor::Host, facts);
        }
        keys::changed(self.conn).await?;
        Ok(Ok(Answer::Done))
    }

    pub(super) async fn root(
        &mut self,
        rows: &[(WrappedKey, WrappedKey)],
        passphrase: Option<&Passphrase>,
    ) -> sqlx::Result<Outcome> {
        let Some((first, fresh)) = rows.first() else { return Ok(Err(Why::Missing("key"))) };
        if keys::keyring(self.conn).await?.len() != rows.len() {
            return Ok(Err(outdated("the keys changed since they were read")));
        }
        for (before, after) in rows {
            if !keys::under_root(self.conn, &before.wrapped, after).await? {
                return Ok(Err(outdated("the keys changed since they were read")));
            }
        }
        if let Some(passphrase) = passphrase {
            keys::add_passphrase(self.conn, passphrase).await?;
        }
        keys::drop_passphrases(self.conn).await?;
        keys::changed(self.conn).await?;
        let facts = Facts::from_iter([
            ("from".to_owned(), json!(first.root_id)),
            ("to".to_owned(), json!(fresh.root_id)),
            ("passphrase".to_owned(), json!(passphrase.is_some())),
        ]);
        self.keep("vault.root_changed", Actor::Host, facts);
        Ok(Ok(Answer::Done))
    }

    pub(super) async fn replace(
        &mut self,
        key: &SigningKey,
        until: Option<DateTime<Utc>>,
    ) -> sqlx::Result<Outcome> {
        if !keys::holds(self.conn, &key.record).await? {
            return Ok(Err(outdated("the keys changed since they were read")));
        }
        let until = until.unwrap_or(self.pen.now);
        keys::retire_signing(self.conn, until).await?;
        keys::add_signing(self.conn, key).await?;
        let facts = [("kid".to_owned(), json!(key.kid)), ("others_until".to_owned(), json!(until))];
        self.keep("signing_key.added", Actor::Host, Facts::from_iter(facts));
        self.drop_signing().await
    }

    pub(super) async fn drop_signing(&mut self) -> sqlx::Result<Outcome> {
        for kid in keys::drop_signing(self.conn, self.pen.now).await? {
            let facts = Facts::from_iter([("kid".to_owned(), json!(kid))]);
            self.keep("signing_key.dropped", Actor::Broker, facts);
        }
        keys::changed(self.conn).await?;
        Ok(Ok(Answer::Done))
    }
}

fn outdated(what: &str) -> Why {
    Why::Outdated(format!("{what}; nothing was changed, run it again"))
}
