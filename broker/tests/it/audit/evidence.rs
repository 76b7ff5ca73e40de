//! What passkeys prove, and what only looks as if they did: found offline, by the record alone.

use super::{
    forged::{CHAIN, forge, undo},
    tampered::{Hand, fault},
};
use crate::support::{
    installation::{Installation, slug},
    soft_passkey::SoftPasskey,
};
use broker::{
    ledger::verify::verify,
    people::passkeys::{
        Passkey,
        relying::{Holder, Made, Relying},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::approval_challenge;
use protocol::{
    Digest, RequestId, Slug,
    record::{Actor, Record},
};
use serde_json::{Value, json};

const ORIGIN: &str = "http://localhost:8420";
const NONCE: &str = "1.2.3";

/// Somebody with a passkey, as the record knows them.
struct Signer {
    person: Slug,
    soft: SoftPasskey,
    passkey: Passkey,
}

impl Signer {
    fn new(person: &str) -> Self {
        let relying = Relying::new(ORIGIN).unwrap();
        let mut soft = SoftPasskey::at(ORIGIN);
        let holder = Holder { user: &[1; 32], name: person, title: person };
        let options = relying.enrol(holder, &[], &[7; 32]).unwrap();
        let made = Made::parse(&soft.enrol(&options)).unwrap();
        let enrolled = relying.enrolled(&[], &[7; 32], &made).unwrap();
        let passkey = Passkey {
            credential: enrolled.credential,
            person: slug(person),
            name: String::new(),
            public: enrolled.public,
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
            counter: 0,
            backed_up: false,
            record: String::new(),
            let_in_by: Vec::new(),
        };
        Self { person: slug(person), soft, passkey }
    }

    fn added(&self, at: DateTime<Utc>) -> Record {
        let public: Value = serde_json::from_str(&self.passkey.public).unwrap();
        let facts = json!({"person": self.person, "passkey": self.passkey.credential, "name": "", "public": public,
            "rp_id": "localhost", "origin": ORIGIN});
        record(at, "passkey.added", &self.person, None, facts)
    }

    fn removed(&self, at: DateTime<Utc>) -> Record {
        let facts = json!({"person": self.person, "passkey": self.passkey.credential});
        record(at, "passkey.removed", &self.person, None, facts)
    }

    /// What the passkey says to the approval of this digest.
    fn evidence(&mut self, grant: &Digest) -> Value {
        let challenge = approval_challenge(&asked(), grant, &self.person, NONCE);
        let options =
            Relying::new(ORIGIN).unwrap().ask(std::slice::from_ref(&self.passkey), &challenge).unwrap();
        let answer: Value = serde_json::from_str(&self.soft.answer(&options)).unwrap();
        json!({"credential": self.passkey.credential, "nonce": NONCE, "answer": answer})
    }

    fn approves(&mut self, at: DateTime<Utc>, kind: &str, change: impl FnOnce(&mut Value)) -> Record {
        let mut facts = json!({
            "agent": "bot", "owner": "paul", "duration": 60, "lines": [{"service": "tracker"}],
            "request_digest": asked(), "grant_digest": granted(), "tier": "high", "evidence": self.evidence(&granted()),
        });
        change(&mut facts);
        record(at, kind, &self.person, Some(RequestId::from_u128(77)), facts)
    }
}

fn asked() -> Digest {
    Digest::from_bytes(&[1; 32])
}

fn granted() -> Digest {
    Digest::from_bytes(&[2; 32])
}

fn record(at: DateTime<Utc>, kind: &str, person: &Slug, request: Option<RequestId>, facts: Value) -> Record {
    let Value::Object(facts) = facts else { panic!("{facts}") };
    Record {
        chain: CHAIN.to_owned(),
        seq: 0,
        at,
        watermark: 0,
        kind: kind.to_owned(),
        actor: Actor::Person { person: person.clone(), via: "passkey".to_owned() },
        grant: request.map(|it| it.grant()),
        call: None,
        facts,
    }
}

const APPROVED: &str = "request.approved";
const CONSENTED: &str = "request.consented";

/// Each record that only looks proven, and what is said of it.
fn forgeries(now: DateTime<Utc>) -> Vec<(Vec<Record>, &'static str)> {
    let (mut ana, mut paul) = (Signer::new("ana"), Signer::new("paul"));
    let later = now + TimeDelta::minutes(10);
    let keys = [ana.added(now), paul.added(now)];
    let with = |more: Vec<Record>| [keys.to_vec(), more].concat();
    let other = Digest::from_bytes(&[3; 32]);
    let foreign = paul.evidence(&granted());
    let elsewhere = ana.evidence(&other);
    let bare = |it: &mut Value| drop(it.as_object_mut().unwrap().remove("evidence"));
    let joint = |it: &mut Value| it["earlier"] = json!(["ana"]);
    let good = ana.approves(now, APPROVED, |_| ());
    let (early, gone) = (ana.added(later), ana.removed(now));
    vec![
        (with(vec![ana.approves(now, APPROVED, bare)]), "without a passkey"),
        (with(vec![ana.approves(now, APPROVED, |it| it["evidence"] = foreign.clone())]), "is paul’s"),
        (with(vec![ana.approves(now, APPROVED, |it| it["evidence"] = elsewhere)]), "another question"),
        (with(vec![ana.approves(now, APPROVED, |it| it["grant_digest"] = json!(other))]), "another question"),
        (
            with(vec![ana.approves(now, APPROVED, |it| it["evidence"]["nonce"] = json!("4"))]),
            "another question",
        ),
        (vec![good.clone()], "never added"),
        (vec![good, early], "added later"),
        (with(vec![gone, ana.approves(later, APPROVED, |_| ())]), "had been removed"),
        (with(vec![paul.approves(now, APPROVED, joint)]), "ana had not approved exactly this"),
        (
            with(vec![
                ana.approves(now, CONSENTED, |it| {
                    it["grant_digest"] = json!(other);
                    it["tier"] = json!("medium");
                    bare(it);
                }),
                paul.approves(now, APPROVED, joint),
            ]),
            "ana had not approved exactly this",
        ),
        (with(vec![ana.added(now)]), "added twice"),
    ]
}

pub async fn what_is_not_proven_is_found(it: &Installation) {
    let mut hand = Hand::reach_in(it).await;
    let store = broker::store::Store::open(&it.url).await.unwrap();
    let mut conn = store.writer().await.unwrap();
    let now = it.clock.now();
    // What is proven is not found: one alone, and two who approved the same.
    let (mut ana, mut paul) = (Signer::new("ana"), Signer::new("paul"));
    let joint = |it: &mut Value| it["earlier"] = json!(["ana"]);
    let good = [
        ana.added(now),
        paul.added(now),
        ana.approves(now, CONSENTED, |_| ()),
        paul.approves(now, APPROVED, joint),
        ana.removed(now),
    ];
    forge(&mut conn, &good).await;
    let report = verify(&it.app.store, |_| {}).await.unwrap();
    assert_eq!((report.first_fault, report.proven), (None, 2));
    undo(&mut hand).await;
    for (records, what) in forgeries(now) {
        forge(&mut conn, &records).await;
        let found = fault(&it.app.store).await.unwrap_or_else(|| panic!("not found: {what}"));
        assert!(found.what.contains(what), "{what}: {found}");
        undo(&mut hand).await;
        assert_eq!(fault(&it.app.store).await, None);
    }
    drop(conn);
    store.close().await;
}
