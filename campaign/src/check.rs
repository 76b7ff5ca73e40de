//! What must hold after each fault: the invariants, everything acknowledged in the record, and nothing at the service
//! that is not.
//!
//! The database of a broker that is down is copied first: opening it would bring it in order, which is the broker's
//! own task at its next start.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use broker::store::{Store, audit};
use protocol::GrantId;
use protocol::record::Record;
use tempfile::TempDir;

use crate::stage::Installation;
use crate::support::invariants;
use crate::witness::{Ack, Notes};

/// Records of one session that are read at most.
const MANY: i64 = 1_000_000;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What had been acknowledged when it was looked at.
    pub acknowledged: usize,
    /// What of it is not in the record.
    pub lost: Vec<String>,
    /// What must never be.
    pub violations: Vec<String>,
}

/// The database as it is now, and what was acknowledged and received up to now.
pub struct Still {
    url: String,
    notes: Notes,
    received: Vec<String>,
    /// What stands in logs and should not.
    told: Vec<String>,
    _copy: Option<TempDir>,
}

impl Still {
    /// Takes it. The broker must be down if its database is SQLite's.
    pub fn take(it: &Installation) -> Result<Self> {
        let (received, notes, told) = (it.upstream.received(), it.witness.notes(), told(it)?);
        if !it.broker.is_sqlite() {
            return Ok(Self { url: it.broker.database(), notes, received, told, _copy: None });
        }
        let folder = TempDir::new_in(it.folder())?;
        for name in ["countersign.db", "countersign.db-wal"] {
            let file = it.broker.data().join(name);
            if file.exists() {
                fs::copy(&file, folder.path().join(name)).with_context(|| file.display().to_string())?;
            }
        }
        let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
        Ok(Self { url, notes, received, told, _copy: Some(folder) })
    }

    /// Looks at everything.
    pub async fn check(self) -> Result<Findings> {
        let Notes { acknowledged, tried, refused, mut violations, .. } = self.notes;
        let store = Store::open(&self.url).await.context("the database of a broker that was stopped")?;
        violations.extend(invariants_of(&store).await);
        let grants: BTreeSet<GrantId> = acknowledged.iter().map(Ack::grant).collect();
        let tried: BTreeMap<String, GrantId> = tried.into_iter().map(|(grant, item)| (item, grant)).collect();
        let all = grants.iter().chain(tried.values()).cloned().collect::<BTreeSet<_>>();
        let mut records = BTreeMap::new();
        for grant in all {
            let of_grant = audit::of_grant(&mut store.read().await?, &grant, MANY).await?;
            records.insert(grant, of_grant);
        }
        let revocations = numbers(&store).await?;
        store.close().await;
        let lost = acknowledged.iter().filter(|ack| !is_there(ack, &records, revocations));
        let lost = lost.map(|ack| format!("{ack:?}")).collect();
        violations.extend(unrecorded(&self.received, &tried, &records));
        violations.extend(revived(&refused, &tried, &records));
        violations.extend(self.told);
        Ok(Findings { acknowledged: acknowledged.len(), lost, violations })
    }
}

/// The checker of the tests ends where something is wrong, so it runs in a task of its own.
async fn invariants_of(store: &Store) -> Option<String> {
    let store = store.clone();
    let here = tokio::runtime::Handle::current();
    let checked = tokio::task::spawn_blocking(move || here.block_on(invariants::check(&store))).await;
    let panicked = checked.err()?.into_panic();
    let words = panicked.downcast_ref::<String>().cloned();
    let words = words.or_else(|| panicked.downcast_ref::<&str>().map(|it| (*it).to_owned()));
    Some(words.unwrap_or_else(|| "the checker of the invariants gave up".to_owned()))
}

/// Revocations of agents belong to no session.
async fn numbers(store: &Store) -> Result<i64> {
    Ok(broker::store::watermarks::last(&mut store.read().await?).await?)
}

fn is_there(ack: &Ack, records: &BTreeMap<GrantId, Vec<Record>>, revocations: i64) -> bool {
    let records = records.get(&ack.grant()).map_or(&[][..], Vec::as_slice);
    let has = |kind: &str| records.iter().any(|record| record.kind == kind);
    match ack {
        Ack::Opened(_) => has("request.opened"),
        Ack::Approved(_) => has("request.approved"),
        Ack::Redeemed(_) => has("grant.redeemed"),
        Ack::Minted(_) => has("token.minted"),
        Ack::Called(_, item) => records.iter().any(|record| authorises(record, item)),
        Ack::Revoked(_, number) => *number <= revocations,
    }
}

fn authorises(record: &Record, item: &str) -> bool {
    record.kind == "call.authorised" && record.facts["names"]["item"] == item
}

fn is_authorised(
    item: &str,
    tried: &BTreeMap<String, GrantId>,
    records: &BTreeMap<GrantId, Vec<Record>>,
) -> bool {
    let of_grant = tried.get(item).and_then(|grant| records.get(grant));
    of_grant.is_some_and(|records| records.iter().any(|record| authorises(record, item)))
}

/// What was said not to have happened, and is on the record.
fn revived(
    refused: &[String],
    tried: &BTreeMap<String, GrantId>,
    records: &BTreeMap<GrantId, Vec<Record>>,
) -> Vec<String> {
    let there = refused.iter().filter(|item| is_authorised(item, tried, records));
    there.map(|item| format!("call {item} was refused (nothing happened), and is on the record")).collect()
}

/// What reached the service without a record, or twice.
fn unrecorded(
    received: &[String],
    tried: &BTreeMap<String, GrantId>,
    records: &BTreeMap<GrantId, Vec<Record>>,
) -> Vec<String> {
    let (mut seen, mut wrong) = (HashSet::new(), Vec::new());
    for item in received {
        if !seen.insert(item) {
            wrong.push(format!("I6: call {item} reached the service twice"));
        }
        if !is_authorised(item, tried, records) {
            wrong.push(format!("I4: call {item} reached the service and is not on the record"));
        }
    }
    wrong
}

/// Secrets in logs, and panics.
fn told(it: &Installation) -> Result<Vec<String>> {
    let (secrets, mut wrong) = (it.secrets(), Vec::new());
    for log in it.logs() {
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let name = Path::new(log.file_name().unwrap_or_default()).display().to_string();
        if secrets.iter().any(|secret| text.contains(secret.as_str())) {
            wrong.push(format!("I1: a secret stands in {name}"));
        }
        wrong.extend(text.lines().filter(|line| line.contains("panicked at")).map(str::to_owned));
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use protocol::record::Actor;
    use serde_json::json;

    use super::*;

    const GRANT: &str = "ses_0192f0c1a2b37c4d8e5f60718293a4b5";

    fn record(kind: &str, item: &str) -> Record {
        Record {
            chain: "c".to_owned(),
            seq: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            watermark: 0,
            kind: kind.to_owned(),
            actor: Actor::Broker,
            grant: None,
            call: None,
            facts: serde_json::Map::from_iter([("names".to_owned(), json!({"item": item}))]),
        }
    }

    #[test]
    fn what_is_not_on_the_record_is_missed() {
        let grant: GrantId = GRANT.parse().unwrap();
        let there = vec![record("request.opened", ""), record("call.authorised", "1")];
        let records = BTreeMap::from([(grant.clone(), there)]);
        let has = |ack: &Ack| is_there(ack, &records, 3);
        assert!(has(&Ack::Opened(grant.request())) && has(&Ack::Called(grant.clone(), "1".to_owned())));
        assert!(has(&Ack::Revoked(grant.clone(), 3)) && !has(&Ack::Revoked(grant.clone(), 4)));
        assert!(!has(&Ack::Approved(grant.request())) && !has(&Ack::Redeemed(grant.clone())));
        assert!(!has(&Ack::Called(grant.clone(), "2".to_owned())) && !has(&Ack::Minted(grant)));
    }

    #[test]
    fn what_reached_the_service_must_be_recorded_and_come_once() {
        let grant: GrantId = GRANT.parse().unwrap();
        let tried = BTreeMap::from([("1".to_owned(), grant.clone()), ("2".to_owned(), grant.clone())]);
        let records =
            BTreeMap::from([(grant, vec![record("call.authorised", "1"), record("call.refused", "2")])]);
        let wrong = |items: &[&str]| {
            let items: Vec<String> = items.iter().map(|it| (*it).to_owned()).collect();
            unrecorded(&items, &tried, &records).len()
        };
        let revived = |item: &str| revived(&[item.to_owned()], &tried, &records).len();
        assert_eq!([revived("1"), revived("2")], [1, 0]);
        assert_eq!([wrong(&["1"]), wrong(&["1", "1"]), wrong(&["2"]), wrong(&["3"])], [0, 1, 1, 1]);
    }
}
