//! What is kept is changed with a passkey's answer of the last five minutes, by whoever has a passkey.

use super::support::{Asked, HERE, Holder, cookie_of, enrol, later};
use crate::{
    front::{
        cast::{Heard, Member},
        forms::{READING, form_token},
        keeping::{filled, set},
        support::{Front, on_each_front},
    },
    support::installation::{CANARY, slug},
};
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, By, Declaration, Declaring, PersonAct, PersonChange},
    },
    store::{connections, people},
};
use protocol::{
    record::Actor,
    revoke::{Stopped, Subject},
};

on_each_front!(
    every_change_of_what_is_kept_asks_for_the_passkey,
    a_form_goes_on_where_it_was,
    a_secret_is_typed_again_and_nothing_else,
    pages_that_take_a_secret_ask_before,
    whoever_has_no_passkey_goes_on_as_before,
    the_ledger_asks_itself,
    stopping_goes_on_with_a_token,
);

type Fields<'a> = &'a [(&'a str, &'a str)];

/// Every form that changes what is kept, as far as it gets without being filled in.
const FORMS: &[(&str, Fields<'_>)] = &[
    ("/services/new", &[("do", "review")]),
    ("/services/notes/edit", &[("do", "review")]),
    ("/services/notes/edit", &[("do", "save")]),
    ("/services/notes/unblock", &[]),
    ("/services/notes/connect", &[("name", "new-one")]),
    ("/connections/notes/reconnect", &[("version", "1")]),
    ("/agents/new", &[("name", "scout")]),
    ("/agents/helper/resume", &[]),
    ("/people", &[("name", "mo")]),
    ("/people/ana", &[("role", "admin")]),
    ("/people/ana/block", &[]),
    ("/people/ana/let-in", &[]),
    ("/people/ana/link", &[]),
    ("/people/ana/vouch", &[]),
    ("/people/ana/decides", &[("do", "review")]),
    ("/connections/issues/edit", &[("account", "@other")]),
    ("/connections/issues/remove", &[]),
];
/// Those of an agent carry how it was seen.
const OF_AN_AGENT: [&str; 4] =
    ["/agents/helper/edit", "/agents/helper/secret", "/agents/helper/keys", "/agents/helper/keys/remove"];

async fn post(front: &Front, member: &Member, path: &str, form: Fields<'_>) -> Heard {
    let token = form_token(front, member).await;
    let all: Vec<_> = form.iter().copied().chain([("form_token", token.as_str())]).collect();
    front.wait(READING);
    member.in_browser(front).form(path, &all).await
}

/// The form that asks for the passkey and goes on to a path.
fn asked(heard: &Heard, path: &str) -> Asked {
    assert_eq!(heard.status, 403, "{path}: {}", heard.text());
    let html = heard.text();
    assert!(html.contains("Nothing has been done yet") && html.contains("data-passkey=\"ask\""), "{html}");
    Asked::on(&Heard { status: http::StatusCode::OK, ..heard.clone() }, path)
}

/// Answers it; the session goes on as another.
async fn answer(front: &Front, holder: &mut Holder, asked: &Asked, path: &str) -> Heard {
    let answer = holder.soft.answer(&asked.options);
    let heard = holder.member.in_browser(front).form(path, &asked.with(&answer)).await;
    holder.member.cookie = cookie_of(front, &heard);
    heard
}

async fn every_change_of_what_is_kept_asks_for_the_passkey(front: &Front) {
    let holder = enrol(front, &front.admin, "").await;
    later(front);
    for (path, form) in FORMS {
        asked(&post(front, &holder.member, path, form).await, path);
    }
    let page = holder.member.in_browser(front).get("/agents/helper").await.text();
    for path in OF_AN_AGENT {
        let form = if path.ends_with("/remove") { "/agents/helper/keys" } else { path };
        let fields = crate::front::forms::fields(&page, form);
        let borrowed: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        front.wait(READING);
        asked(&holder.member.in_browser(front).form(path, &borrowed).await, path);
    }
    let mut conn = front.app.store.read().await.unwrap();
    assert!(people::find(&mut conn, &slug("mo")).await.unwrap().is_none());
    assert!(!people::find(&mut conn, &slug("ana")).await.unwrap().unwrap().blocked);
    // What only edits the form asks for nothing.
    let heard = post(front, &holder.member, "/services/new", &[("do", "add_row")]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
}

async fn a_form_goes_on_where_it_was(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    later(front);
    let fields = [("name", "mo"), ("title", "Mo <b>"), ("role", "auditor"), ("role", "developer")];
    let heard = post(front, &holder.member, "/people", &fields).await;
    let question = asked(&heard, "/people");
    let wrong = holder.member.in_browser(front).form("/people", &question.with("{}")).await;
    let question = asked(&wrong, "/people");
    let mut stranger = enrol(front, &front.approver, "").await;
    let theirs = stranger.soft.answer(&question.options);
    let wrong = holder.member.in_browser(front).form("/people", &question.with(&theirs)).await;
    let question = asked(&wrong, "/people");
    let heard = answer(front, &mut holder, &question, "/people").await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/people/mo"), "{}", heard.text());
    let mo = people::find(&mut front.app.store.read().await.unwrap(), &slug("mo")).await.unwrap().unwrap();
    assert_eq!((mo.title.as_str(), mo.roles.len()), ("Mo <b>", 2));
    // A review is shown before it is saved, whatever was pressed.
    later(front);
    let edit = "/services/issues/edit";
    let mut form = filled(front, &holder.member, edit, edit).await;
    for (name, value) in [("title", "Tickets"), ("do", "save"), ("shown", "0")] {
        set(&mut form, name, value);
    }
    let borrowed: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    front.wait(READING);
    let heard = holder.member.in_browser(front).form(edit, &borrowed).await;
    let question = asked(&heard, edit);
    let html = answer(front, &mut holder, &question, edit).await.text();
    assert!(html.contains("→ Tickets") && html.contains("name=\"shown\""), "{html}");
}

async fn a_secret_is_typed_again_and_nothing_else(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    later(front);
    let path = "/services/down/connect";
    let form = [("name", "team"), ("account", "@team"), ("whose", "shared"), ("secret", CANARY)];
    let heard = post(front, &holder.member, path, &form).await;
    // (The front listens to every answer for the secret.)
    let question = asked(&heard, path);
    assert!(heard.text().contains("you enter it again"), "{}", heard.text());
    let heard = answer(front, &mut holder, &question, path).await;
    let html = heard.text();
    assert_eq!(heard.status, 422, "{html}");
    assert!(html.contains("f-secret-wrong") && html.contains("value=\"@team\""), "{html}");
    let heard = post(front, &holder.member, path, &form).await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let found = connections::find(&mut front.app.store.read().await.unwrap(), &slug("team")).await.unwrap();
    assert!(found.is_some());
}

async fn pages_that_take_a_secret_ask_before(front: &Front) {
    let mut holder = enrol(front, &front.admin, "").await;
    for page in ["/services/down/connect", "/connections/issues/reconnect"] {
        later(front);
        let shown = holder.member.in_browser(front).get(page).await;
        assert!(!shown.text().contains("name=\"secret\""), "{}", shown.text());
        let question = Asked::on(&shown, "/me/prove");
        let heard = answer(front, &mut holder, &question, "/me/prove").await;
        assert_eq!((heard.status.as_u16(), heard.header("location")), (303, page), "{}", heard.text());
        let shown = holder.member.in_browser(front).get(page).await;
        assert!(shown.text().contains("name=\"secret\""), "{}", shown.text());
    }
    let next = [("next", "/services/../connect"), ("next", "//evil.example/x/connect"), ("next", "/people")];
    for elsewhere in next {
        let heard = post(front, &holder.member, "/me/prove", &[elsewhere]).await;
        assert_eq!(heard.header("location"), "/me", "{elsewhere:?}");
    }
}

async fn whoever_has_no_passkey_goes_on_as_before(front: &Front) {
    enrol(front, &front.approver, "").await;
    later(front);
    assert_eq!(post(front, &front.admin, "/people", &[("name", "mo")]).await.status, 303);
    assert_eq!(post(front, &front.admin, "/people/mo/link", &[]).await.status, 303);
}

async fn the_ledger_asks_itself(front: &Front) {
    let holder = enrol(front, &front.admin, "").await;
    let session = |cookie: &str| {
        let token = broker::tokens::OpaqueToken::parse(broker::tokens::OpaqueKind::WebSession, cookie);
        token.unwrap().mac(&front.app.mac_key)
    };
    let theirs = session(&front.auditor.cookie);
    let own = session(&holder.member.cookie);
    let act = async |session: Option<&String>, declared: bool| {
        let session = session.cloned();
        let actor = Actor::Person { person: slug("adm"), via: "passkey".to_owned() };
        let act = if declared {
            let declaration = Declaration::Unblock(Subject::Service { service: slug("notes") });
            Act::DeclareAs(Box::new(Declaring { declaration, by: By { actor, session }, before: None }))
        } else {
            let change = PersonChange::LetIn(slug("ana"));
            Act::Person(Box::new(PersonAct { by: slug("adm"), via: "passkey".to_owned(), session, change }))
        };
        front.app.ledger.act(act).await
    };
    for declared in [true, false] {
        act(Some(&own), declared).await.unwrap();
        for session in [None, Some(&theirs)] {
            let refused = act(session, declared).await.unwrap_err();
            assert!(matches!(refused, LedgerError::Refused(Why::NeedsProof)), "{refused:?}");
        }
    }
    later(front);
    for declared in [true, false] {
        let refused = act(Some(&own), declared).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Refused(Why::NeedsProof)), "{refused:?}");
    }
    assert_eq!(HERE, front.app.public_url);
}

async fn stopping_goes_on_with_a_token(front: &Front) {
    // Adding a passkey ends tokens of before; one that the host makes later is good.
    enrol(front, &front.admin, "").await;
    let token = front.token_of("adm").await;
    front.usual().await;
    later(front);
    let by_token = Member { token, ..front.admin.clone() };
    let stopped: Stopped = by_token.at(front).post("/v1/stop-all", &serde_json::json!({})).await.good();
    assert_eq!(stopped.sessions, 1);
    let record = crate::front::keeping::record(front, "revoked").await.unwrap();
    assert_eq!(record.actor, Actor::Person { person: slug("adm"), via: "token".to_owned() });
}
