//! Decisions that take a passkey: an answer is good for exactly one decision of one person.

use super::{
    cast::{Heard, Member},
    forms::form_token,
    support::{Front, approval, line, on_each_front},
};
use crate::support::{
    installation::slug,
    soft_passkey::{Forged, SoftPasskey},
};
use axum::body::Body;
use broker::{
    ledger::{acts::Entering, verify::verify},
    people::passkeys::{self, Here},
    store::{people, web::NewSession},
    tokens::OpaqueKind,
};
use chrono::TimeDelta;
use protocol::{Card, RequestView, access::RequestStatus, card::PasskeyQuestion, problem::Code};
use serde_json::{Value, json};

on_each_front!(
    what_is_high_is_granted_by_a_passkey_and_proven_offline,
    without_the_answer_nothing_is_granted,
    an_answer_is_good_for_exactly_one_decision,
    what_a_passkey_cannot_be_asked_for_is_shown_disabled,
    what_is_critical_takes_two_passkeys,
    the_passkey_must_still_be_there_when_the_session_begins,
);

/// What an authenticator is made to do.
type Forge<'a> = &'a dyn Fn(&mut SoftPasskey);

/// A person with a passkey, in a browser.
pub struct Armed {
    pub member: Member,
    pub passkey: SoftPasskey,
}

pub async fn arm(front: &Front, id: &str) -> Armed {
    let app = &front.app;
    let before = front.token(OpaqueKind::WebSession);
    let link = front.link(id).await;
    let mac = broker::tokens::OpaqueToken::parse(OpaqueKind::Link, &link).unwrap().mac(&app.mac_key);
    let session = NewSession::from(before.mac(&app.mac_key));
    front.enter(Entering::UseLink { mac, session: session.clone() }).await;
    let person = people::find(&mut app.store.read().await.unwrap(), &slug(id)).await.unwrap().unwrap();
    let here = Here { person: &person, via: "link", session: &session.mac };
    let asked = passkeys::ask_enrol(app, here).await.unwrap();
    let mut passkey = SoftPasskey::at(&app.public_url);
    let made = passkey.enrol(&asked.options);
    let cookie = front.token(OpaqueKind::WebSession);
    let next = NewSession::from(cookie.mac(&app.mac_key));
    let added = passkeys::enrol(app, here, (&made, &asked.nonce, ""), next).await.unwrap();
    added.codes.iter().for_each(|code| front.keep(code));
    let member = Member { id: id.to_owned(), token: String::new(), cookie: cookie.expose().to_owned() };
    Armed { member, passkey }
}

impl Armed {
    pub async fn card(&self, front: &Front, request: &str, query: &str) -> Card {
        self.member.in_browser(front).get(&format!("/requests/{request}/preview{query}")).await.good()
    }

    /// Posts the approval of a card with this answer.
    pub async fn post(&self, front: &Front, card: &Card, answer: Option<(&str, &str)>) -> Heard {
        self.post_of(front, card, &[], answer).await
    }

    async fn post_of(
        &self,
        front: &Front,
        card: &Card,
        narrowing: &[(&str, &str)],
        answer: Option<(&str, &str)>,
    ) -> Heard {
        let token = form_token(front, &self.member).await;
        front.clock.advance(TimeDelta::milliseconds(900));
        let grant_digest = card.grant_digest.as_ref().unwrap();
        let mut fields = vec![
            ("form_token", token.as_str()),
            ("request_digest", card.request_digest.as_str()),
            ("grant_digest", grant_digest.as_str()),
        ];
        fields.extend(answer.into_iter().flat_map(|(nonce, answer)| [("nonce", nonce), ("answer", answer)]));
        fields.extend(narrowing);
        let path = format!("/requests/{}/approve", card.request);
        self.member.in_browser(front).form(&path, &fields).await
    }

    /// Approves a card as it is offered.
    pub async fn approve(&mut self, front: &Front, request: &str) -> Heard {
        let card = self.card(front, request, "").await;
        let PasskeyQuestion { nonce, options } = card.passkey.clone().expect("the passkey is asked");
        let answer = self.passkey.answer(&options);
        self.post(front, &card, Some((&nonce, &answer))).await
    }
}

pub fn deleting() -> Value {
    line("issues", &["items.read", "items.delete"], None)
}

pub async fn status(front: &Front, id: &str) -> RequestStatus {
    let view: RequestView = front.agent.at(front).get(&format!("/v1/requests/{id}")).await.good();
    view.status
}

pub fn done(heard: &Heard) {
    assert_eq!(heard.status.as_u16(), 303, "{}", heard.text());
}

pub fn not_done(heard: &Heard, says: &str) {
    assert!(heard.status.is_client_error(), "{} {}", heard.status, heard.text());
    assert!(heard.text().contains(says), "{says} is not said in {}", heard.text());
}

async fn what_is_high_is_granted_by_a_passkey_and_proven_offline(front: &Front) {
    let mut ana = arm(front, "ana").await;
    let asked = front.ask(&front.agent, &[deleting()]).await;
    let card = ana.card(front, asked.id.as_str(), "").await;
    assert!(card.lines[0].actions.iter().all(|it| it.ticked && it.disabled_because.is_none()));
    assert_eq!(card.approve_label, "Approve “delete items”");
    done(&ana.approve(front, asked.id.as_str()).await);
    assert_eq!(status(front, asked.id.as_str()).await, RequestStatus::Approved);
    let session = front.redeem(&front.agent, asked.id.as_str()).await;
    let token = front.call_token(&session, "issues", "items.delete").await;
    let path = "/proxy/issues/projects/acme/items/7";
    assert_eq!(front.with(&token).send("DELETE", path, Body::empty()).await.status, 200);
    let record = front.record(&session.grant).await;
    let approved = record.iter().find(|it| it.kind == "request.approved").unwrap();
    assert_eq!((&approved.facts["tier"], approved.facts["took_ms"].is_number()), (&json!("high"), true));
    assert_eq!(approved.facts["evidence"]["credential"], json!(ana.passkey.credential()));
    let report = verify(&front.app.store, |_| {}).await.unwrap();
    assert_eq!((report.first_fault, report.proven), (None, 1));
}

async fn without_the_answer_nothing_is_granted(front: &Front) {
    let ana = arm(front, "ana").await;
    let asked = front.ask(&front.agent, &[deleting()]).await;
    let card = ana.card(front, asked.id.as_str(), "").await;
    not_done(&ana.post(front, &card, None).await, "passkey");
    assert_eq!(status(front, asked.id.as_str()).await, RequestStatus::Pending);
    // Medium too, since she has one; reading is a click.
    let medium = front.ask(&front.agent, &[line("issues", &["items.comment"], None)]).await;
    let card = ana.card(front, medium.id.as_str(), "").await;
    assert!(card.passkey.is_some());
    not_done(&ana.post(front, &card, None).await, "passkey");
    let low = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    let card = ana.card(front, low.id.as_str(), "").await;
    assert!(card.passkey.is_none());
    done(&ana.post(front, &card, None).await);
}

async fn an_answer_is_good_for_exactly_one_decision(front: &Front) {
    let mut ana = arm(front, "ana").await;
    let mut paul = arm(front, "paul").await;
    let one = front.ask(&front.agent, &[deleting()]).await;
    let other = front.ask(&front.agent, &[deleting()]).await;
    let card = ana.card(front, one.id.as_str(), "").await;
    let PasskeyQuestion { nonce, options } = card.passkey.clone().unwrap();
    let answer = ana.passkey.answer(&options);
    let good = Some((nonce.as_str(), answer.as_str()));

    let elsewhere = ana.card(front, other.id.as_str(), "").await;
    not_done(&ana.post(front, &elsewhere, good).await, "another question");
    let less = ana.card(front, one.id.as_str(), "?line=1&action.1=items.delete&resource.1=acme").await;
    assert_ne!(less.grant_digest, card.grant_digest);
    let narrowing = [("line", "1"), ("action.1", "items.delete"), ("resource.1", "acme")];
    not_done(&ana.post_of(front, &less, &narrowing, good).await, "another question");
    not_done(&paul.post(front, &card, good).await, "not one of yours");
    // Its own answer, but to another nonce, in another place, without asking who holds it.
    let fresh = ana.card(front, one.id.as_str(), "").await.passkey.unwrap();
    not_done(&ana.post(front, &card, Some((&fresh.nonce, &answer))).await, "another question");
    let forged = |forge: Forge<'_>, it: &mut SoftPasskey| {
        forge(it);
        let answer = it.answer(&options);
        it.forged = Forged::default();
        answer
    };
    let random = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let wrong: [(Forge<'_>, &str); 3] = [
        (&|it| it.forged.challenge = Some(random.to_owned()), "another question"),
        (&|it| it.forged.origin = Some("http://localhost:9999".to_owned()), "another site"),
        (&|it| it.forged.unverified = true, "finger, face or PIN"),
    ];
    for (forge, says) in wrong {
        let answer = forged(forge, &mut ana.passkey);
        not_done(&ana.post(front, &card, Some((&nonce, &answer))).await, says);
    }
    assert_eq!(status(front, one.id.as_str()).await, RequestStatus::Pending);
    // The right one, and then again.
    done(&ana.post(front, &card, good).await);
    let again = ana.post(front, &card, good).await;
    assert!(again.status.is_client_error(), "{}", again.text());
    // Too late: a question is good for five minutes.
    let card = paul.card(front, other.id.as_str(), "").await;
    let PasskeyQuestion { nonce, options } = card.passkey.clone().unwrap();
    let answer = paul.passkey.answer(&options);
    front.clock.advance(TimeDelta::minutes(5));
    let late = paul.post(front, &card, Some((&nonce, &answer))).await;
    assert!(late.status.is_client_error(), "{}", late.text());
    assert_eq!(status(front, other.id.as_str()).await, RequestStatus::Pending);
}

async fn what_a_passkey_cannot_be_asked_for_is_shown_disabled(front: &Front) {
    let asked = front.ask(&front.agent, &[deleting()]).await;
    let why = |card: &Card| {
        let delete = card.lines[0].actions.iter().find(|it| it.name == "items.delete").unwrap();
        assert!(!delete.ticked);
        delete.disabled_because.clone().unwrap()
    };
    assert_eq!(why(&front.card(&front.approver, asked.id.as_str()).await), "needs a passkey");
    arm(front, "ana").await;
    let token = front.token(OpaqueKind::Person);
    let expires_at = front.clock.now() + TimeDelta::hours(1);
    let mac = token.mac(&front.app.mac_key);
    front.enter(Entering::Token { mac, person: slug("ana"), expires_at }).await;
    let member = Member { token: token.expose().to_owned(), ..front.approver.clone() };
    let card = front.card(&member, asked.id.as_str()).await;
    assert!(why(&card).contains("cannot be used here"), "{card:?}");
    // What is left can be granted by a token: it is a click's worth.
    let path = format!("/v1/inbox/{}/approve", asked.id);
    member.at(front).post(&path, &approval(&card, None)).await.good::<Card>();
    let medium = front.ask(&front.agent, &[line("issues", &["items.comment"], None)]).await;
    let none = front.card(&member, medium.id.as_str()).await;
    assert!(none.grant_digest.is_none(), "with a passkey, medium is not a token's any more");
}

async fn what_is_critical_takes_two_passkeys(front: &Front) {
    let mut everywhere = deleting();
    everywhere["resources"] = json!([]);
    let mut ana = arm(front, "ana").await;
    let asked = front.ask(&front.agent, &[everywhere]).await;
    let card = ana.card(front, asked.id.as_str(), "").await;
    assert_eq!((card.quorum.approvals, card.worst.tier), (2, protocol::Tier::Critical));
    done(&ana.approve(front, asked.id.as_str()).await);
    assert_eq!(status(front, asked.id.as_str()).await, RequestStatus::Pending);
    // The second one needs a passkey as well: without it the same is not to be had.
    let paul = front.person("paul").await;
    let shown = front.card(&paul, asked.id.as_str()).await;
    assert!(
        shown.grant_digest.is_none() && shown.blocked_because[0].contains("needs a passkey"),
        "{shown:?}"
    );
    let mut paul = arm(front, "paul").await;
    let shown = paul.card(front, asked.id.as_str(), "").await;
    assert_eq!((shown.grant_digest, shown.quorum.given.len()), (card.grant_digest, 1));
    done(&paul.approve(front, asked.id.as_str()).await);
    front.redeem(&front.agent, asked.id.as_str()).await;
    let report = verify(&front.app.store, |_| {}).await.unwrap();
    assert_eq!((report.first_fault, report.proven), (None, 2));
}

pub async fn try_to_redeem(front: &Front, id: &str) -> Heard {
    front.agent.at(front).send("POST", &format!("/v1/requests/{id}/redeem"), Body::empty()).await
}

async fn the_passkey_must_still_be_there_when_the_session_begins(front: &Front) {
    let mut ana = arm(front, "ana").await;
    let asked = front.ask(&front.agent, &[deleting()]).await;
    done(&ana.approve(front, asked.id.as_str()).await);
    let act = broker::ledger::acts::PasskeyAct::RemoveAll { person: slug("ana") };
    front.app.ledger.act(broker::ledger::acts::Act::Passkey(Box::new(act))).await.unwrap();
    let problem = try_to_redeem(front, asked.id.as_str()).await;
    assert!(problem.refused(403, Code::Forbidden).detail.contains("no longer there"));
    // The record tells it as it was: proven when it was decided.
    let report = verify(&front.app.store, |_| {}).await.unwrap();
    assert_eq!((report.first_fault, report.proven), (None, 1));
}
