//! Agents.

use super::{filled, person, post, record, said, send, set};
use crate::front::{
    cast::{Heard, Member},
    forms::form_token,
    support::{Front, on_each_front},
};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::{
    ledger::{
        LedgerError, Why,
        acts::{Act, Before, By, Credentials, Declaration, Declaring},
    },
    store::{
        agent_keys::{self, Key},
        agents,
    },
    tokens::AgentKey,
};
use protocol::Slug;

on_each_front!(
    a_developer_registers_their_own_agent,
    nobody_registers_for_others_but_admins,
    a_new_secret_is_shown_once_and_the_old_one_is_dead,
    keys_come_and_go,
    a_private_key_is_refused_and_never_told,
    who_was_overtaken_changes_nothing,
    of_two_at_once_one_changes_the_keys,
    the_ledger_holds_keys_against_what_was_seen,
    a_paused_agent_asks_again_when_an_admin_lets_it,
    a_click_that_was_meant_for_another_page_lets_nobody_in,
);

const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"2026"}"#;
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn new<'a>(name: &'a str, owner: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("name", name), ("title", "A bot"), ("owner", owner), ("credential", "secret")]
}

/// The secret that a page shows.
fn shown(heard: &Heard) -> String {
    let html = heard.text();
    let from = html.find("csn_a_").unwrap_or_else(|| panic!("no secret in {html}"));
    let secret = &html[from..][..html[from..].find('<').unwrap()];
    assert_eq!(heard.header("cache-control"), "no-store");
    secret.to_owned()
}

async fn works(front: &Front, secret: &str) -> bool {
    front.with(secret).get("/v1/me").await.status == 200
}

async fn owner_of(front: &Front, id: &str) -> Option<String> {
    let found = agents::find(&mut front.app.store.read().await.unwrap(), &id.parse().unwrap()).await.unwrap();
    found.map(|it| it.owner.to_string())
}

async fn a_developer_registers_their_own_agent(front: &Front) {
    let heard = send(front, &front.owner, "/agents/new", &new("scout", "otto")).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let secret = shown(&heard);
    front.keep(&secret);
    assert!(works(front, &secret).await);
    assert_eq!(owner_of(front, "scout").await.as_deref(), Some("otto"));
    let saved = record(front, "agent.saved").await.unwrap();
    assert_eq!((saved.actor, saved.facts["new_secret"].as_bool()), (person("otto"), Some(true)));
    // From now on the front listens for it in every answer.
    for page in ["/agents", "/agents/scout", "/connect?agent=scout&client=http"] {
        assert_eq!(front.owner.in_browser(front).get(page).await.status, 200);
    }
    let by_key = [("name", "keyed"), ("title", "Keyed"), ("credential", "key"), ("jwk", KEY)];
    let done = send(front, &front.owner, "/agents/new", &by_key).await;
    assert_eq!(done.header("location"), "/agents/keyed", "{}", done.text());
    let html = said(front, &front.owner, &done).await;
    assert!(html.contains(THUMBPRINT) && html.contains("No secret"), "{html}");
}

async fn nobody_registers_for_others_but_admins(front: &Front) {
    let heard = send(front, &front.owner, "/agents/new", &new("scout", "mallory")).await;
    assert!(heard.status == 422 && heard.text().contains("It must be yourself"), "{}", heard.text());
    for who in [&front.approver, &front.auditor] {
        assert_eq!(send(front, who, "/agents/new", &new("scout", &who.id)).await.status, 403, "{}", who.id);
    }
    assert_eq!(owner_of(front, "scout").await, None);
    let taken = send(front, &front.other_owner, "/agents/new", &new("helper", "mallory")).await;
    assert!(taken.status == 422 && taken.text().contains("This name is taken."), "{}", taken.text());
    assert_eq!(owner_of(front, "helper").await.as_deref(), Some("otto"));
    let heard = send(front, &front.admin, "/agents/new", &new("scout", "mallory")).await;
    front.keep(&shown(&heard));
    assert_eq!(owner_of(front, "scout").await.as_deref(), Some("mallory"));
    for (field, value) in
        [("name", "A b"), ("name", "new"), ("title", "<script>alert(1)</script>\u{202e}"), ("title", "")]
    {
        let mut form = new("other", "otto");
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let heard = send(front, &front.owner, "/agents/new", &form).await;
        assert_eq!(heard.status, 422, "{field} {value}");
        assert!(
            !heard.text().contains("<script>alert") && heard.text().contains(&format!("f-{field}-wrong"))
        );
    }
}

async fn a_new_secret_is_shown_once_and_the_old_one_is_dead(front: &Front) {
    front.usual().await;
    let form = filled(front, &front.owner, "/agents/helper", "/agents/helper/secret").await;
    let heard = post(front, &front.owner, "/agents/helper/secret", &form).await;
    let secret = shown(&heard);
    front.keep(&secret);
    assert!(works(front, &secret).await && !works(front, &front.agent.token).await);
    // Sessions go on: they belong to the agent.
    assert_eq!(live(front).await, 1);
    // The same form again was made from another state: no second secret.
    let again = post(front, &front.owner, "/agents/helper/secret", &form).await;
    assert!(again.status == 409 && !again.text().contains("csn_a_"), "{}", again.text());
    assert!(works(front, &secret).await);
    let mut form = filled(front, &front.owner, "/agents/helper", "/agents/helper/secret").await;
    set(&mut form, "end_sessions", "yes");
    let heard = post(front, &front.owner, "/agents/helper/secret", &form).await;
    front.keep(&shown(&heard));
    assert!(heard.text().contains("Sessions that ended: 1"), "{}", heard.text());
    assert_eq!(live(front).await, 0);
}

async fn live(front: &Front) -> i64 {
    let id = "helper".parse().unwrap();
    let mut conn = front.app.store.read().await.unwrap();
    broker::store::history::live_of_agent(&mut conn, &id, front.clock.now()).await.unwrap()
}

async fn keys(front: &Front) -> usize {
    let id = "helper".parse().unwrap();
    agent_keys::of_agent(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().len()
}

async fn keys_come_and_go(front: &Front) {
    let path = "/agents/helper/keys";
    let mut form = filled(front, &front.owner, "/agents/helper", path).await;
    set(&mut form, "jwk", KEY);
    let done = post(front, &front.owner, path, &form).await;
    assert!(said(front, &front.owner, &done).await.contains(THUMBPRINT));
    assert_eq!(keys(front).await, 1);
    assert_eq!(record(front, "agent.credentials").await.unwrap().actor, person("otto"));
    let remove = "/agents/helper/keys/remove";
    let mut form = filled(front, &front.owner, "/agents/helper", remove).await;
    set(&mut form, "thumbprint", "another");
    assert_eq!(post(front, &front.owner, remove, &form).await.status, 404);
    set(&mut form, "thumbprint", THUMBPRINT);
    assert_eq!(post(front, &front.owner, remove, &form).await.status, 303);
    assert_eq!(keys(front).await, 0);
    assert!(works(front, &front.agent.token).await, "its secret is another thing");
}

async fn a_private_key_is_refused_and_never_told(front: &Front) {
    let private = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    front.keep(private);
    let pasted = KEY.replace('}', &format!(",\"d\":\"{private}\"}}"));
    let path = "/agents/helper/keys";
    let mut form = filled(front, &front.owner, "/agents/helper", path).await;
    set(&mut form, "jwk", &pasted);
    let heard = post(front, &front.owner, path, &form).await;
    assert!(heard.status == 422 && heard.text().contains("this is a private key"), "{}", heard.text());
    assert_eq!(keys(front).await, 0);
}

async fn who_was_overtaken_changes_nothing(front: &Front) {
    let path = "/agents/helper/edit";
    let mut form = filled(front, &front.owner, "/agents/helper", path).await;
    set(&mut form, "title", "Mine");
    let mut others = filled(front, &front.admin, "/agents/helper", path).await;
    set(&mut others, "title", "Theirs");
    assert_eq!(post(front, &front.admin, path, &others).await.status, 303);
    let heard = post(front, &front.owner, path, &form).await;
    assert!(heard.status == 409 && heard.text().contains("omebody changed this agent"), "{}", heard.text());
    assert!(heard.text().contains("Theirs") && !heard.text().contains("Mine"), "it shows how it is now");
    // Whose it is not cannot even look.
    assert_eq!(post(front, &front.other_owner, path, &others).await.status, 403);
    let token = super::form_token(front, &front.other_owner).await;
    set(&mut others, "form_token", &token);
    assert_eq!(post(front, &front.other_owner, path, &others).await.status, 404);
}

async fn a_paused_agent_asks_again_when_an_admin_lets_it(front: &Front) {
    front.usual().await;
    let done = send(front, &front.owner, "/agents/helper/pause", &[]).await;
    let html = said(front, &front.owner, &done).await;
    assert!(html.contains("Paused. 1 session and 0 open requests ended"), "{html}");
    assert!(!works(front, &front.agent.token).await);
    assert_eq!(send(front, &front.owner, "/agents/helper/resume", &[]).await.status, 403);
    assert!(!works(front, &front.agent.token).await);
    let done = send(front, &front.admin, "/agents/helper/resume", &[]).await;
    assert_eq!(done.status, 303);
    assert!(works(front, &front.agent.token).await);
    assert_eq!(record(front, "unblocked").await.unwrap().actor, person("adm"));
    assert_eq!(live(front).await, 0, "what was stopped stays stopped");
}

async fn a_click_that_was_meant_for_another_page_lets_nobody_in(front: &Front) {
    let at_once = async |who: &Member, path: &str| {
        let token = form_token(front, who).await;
        who.in_browser(front).form(path, &[("form_token", token.as_str())]).await
    };
    assert_eq!(
        at_once(&front.owner, "/agents/helper/pause").await.status,
        303,
        "what only takes away may hurry"
    );
    let hasty = at_once(&front.admin, "/agents/helper/resume").await;
    assert_eq!(hasty.status, 409);
    assert!(hasty.text().contains("faster than a person can read"), "{}", hasty.text());
    assert!(!works(front, &front.agent.token).await);
    assert_eq!(send(front, &front.admin, "/agents/helper/resume", &[]).await.status, 303);
    assert!(works(front, &front.agent.token).await);
}

async fn keys_of(front: &Front, id: &str) -> Vec<String> {
    let keys = agent_keys::of_agent(&mut front.app.store.read().await.unwrap(), &id.parse().unwrap()).await;
    keys.unwrap().into_iter().map(|it| it.thumbprint).collect()
}

/// A key that is nobody's.
fn fresh_key(front: &Front) -> String {
    let bytes: [u8; 32] = front.app.rng.bytes().unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)
}

async fn of_two_at_once_one_changes_the_keys(front: &Front) {
    for round in 0..8 {
        let mut add = filled(front, &front.owner, "/agents/helper", "/agents/helper/keys").await;
        set(&mut add, "jwk", KEY);
        assert_eq!(post(front, &front.owner, "/agents/helper/keys", &add).await.status, 303);
        // Both look at the same page: one takes the key away, the other adds another.
        let mut add = filled(front, &front.owner, "/agents/helper", "/agents/helper/keys").await;
        set(&mut add, "jwk", &fresh_key(front));
        let mut remove = add.clone();
        remove.retain(|(name, _)| name != "jwk");
        set(&mut remove, "thumbprint", THUMBPRINT);
        let before = keys_of(front, "helper").await.len();
        let add = with_token(front, &front.admin, &add).await;
        let (removed, added) = futures::join!(
            post(front, &front.owner, "/agents/helper/keys/remove", &remove),
            post(front, &front.admin, "/agents/helper/keys", &add),
        );
        let statuses = (removed.status.as_u16(), added.status.as_u16());
        assert!(matches!(statuses, (303, 409) | (409, 303)), "round {round}: {statuses:?}");
        let keys = keys_of(front, "helper").await;
        let is_there = keys.iter().any(|it| it == THUMBPRINT);
        let (expected, there) = if statuses.0 == 303 { (before - 1, false) } else { (before + 1, true) };
        assert_eq!((keys.len(), is_there), (expected, there), "round {round}: {statuses:?}");
        if is_there {
            let remove = filled(front, &front.owner, "/agents/helper", "/agents/helper/keys/remove").await;
            let of_it = remove.into_iter().filter(|(name, _)| name != "thumbprint");
            let of_it: Vec<_> = of_it.chain([("thumbprint".to_owned(), THUMBPRINT.to_owned())]).collect();
            assert_eq!(post(front, &front.owner, "/agents/helper/keys/remove", &of_it).await.status, 303);
        }
    }
}

/// The fields with the token of somebody else's page.
async fn with_token(front: &Front, who: &Member, form: &[(String, String)]) -> Vec<(String, String)> {
    let mut form = form.to_vec();
    set(&mut form, "form_token", &form_token(front, who).await);
    form
}

async fn the_ledger_holds_keys_against_what_was_seen(front: &Front) {
    let id: Slug = "helper".parse().unwrap();
    let agent = agents::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().unwrap();
    let key = AgentKey::from_jwk(KEY).unwrap();
    let key = Key { thumbprint: THUMBPRINT.to_owned(), kid: key.kid().to_owned(), jwk: key.jwk().to_owned() };
    let adds = |before: &[Key]| {
        let credentials = Credentials {
            agent: id.clone(),
            added: vec![key.clone()],
            removed: Vec::new(),
            no_secret: false,
            end_sessions: false,
        };
        let declaration =
            Declaration::Agent { agent: agent.clone(), secret_mac: None, credentials: Some(credentials) };
        let before = Some(Before::Agent(Some(agent.clone()), before.to_vec()));
        let by = By { actor: person("otto"), session: None };
        front.app.ledger.act(Act::DeclareAs(Box::new(Declaring { declaration, by, before })))
    };
    let other = Key { thumbprint: "other".to_owned(), ..key.clone() };
    let refused = adds(&[other]).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Refused(Why::Changed)), "{refused:?}");
    assert!(keys_of(front, "helper").await.is_empty(), "something was done");
    adds(&[]).await.unwrap();
    let refused = adds(&[]).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Refused(Why::Changed)), "{refused:?}");
}
