//! What may be asked at `/oauth/bc-authorize`, field by field; that nobody learns there who exists; and how often.

use super::{
    super::{
        agent_keys::Signing,
        cast::{Heard, anonymous},
        support::{Front, on_each_front, service},
    },
    approved, asked, begun, good, open, poll, poll_as, refused, with,
};
use broker::ledger::acts::Declaration;
use protocol::services::ServiceDefinition;
use serde_json::{Value, json};

on_each_front!(
    each_parameter_is_checked,
    each_value_is_checked,
    each_detail_is_checked,
    what_need_not_be_there_may_be,
    the_client_authenticates,
    a_key_asks_and_only_that_key_fetches,
    nobody_learns_who_exists,
    an_id_token_of_ours_is_a_hint,
    a_person_is_asked_so_often,
    an_agent_has_so_many_open_and_cools_down,
);

async fn each_parameter_is_checked(front: &Front) {
    for (at, (name, value)) in good().into_iter().enumerate() {
        let mut missing = good();
        missing.remove(at);
        let expected = if name == "authorization_details" { "invalid_scope" } else { "invalid_request" };
        refused(&asked(front, &front.agent, &missing).await, expected);
        let mut twice = good();
        twice.push((name, value));
        refused(&asked(front, &front.agent, &twice).await, "invalid_request");
    }
    let once = [
        "requested_expiry",
        "binding_message",
        "acr_values",
        "user_code",
        "purpose",
        "duration",
        "id_token_hint",
        "login_hint_token",
        "client_notification_token",
        "request",
        "anything",
    ];
    for name in once {
        let mut twice = good();
        twice.extend([(name, "5".to_owned()), (name, "5".to_owned())]);
        refused(&asked(front, &front.agent, &twice).await, "invalid_request");
    }
    let json = front.client(&front.agent).post("/oauth/bc-authorize", &json!({"scope": "openid"})).await;
    refused(&json, "invalid_request");
    assert_eq!(open(front).await, Vec::<String>::new(), "nobody was asked");
}

async fn each_value_is_checked(front: &Front) {
    let (long, huge) = ("x".repeat(65), "x".repeat(33 * 1024));
    let many = json!(vec![json!({"service": "issues", "actions": ["items.read"]}); 11]).to_string();
    let table: &[(&'static str, &str, &str)] = &[
        ("scope", "items.read", "invalid_scope"),
        ("scope", "OpenID", "invalid_scope"),
        ("scope", "openid items.fly", "invalid_scope"),
        ("scope", "openid nowhere:items.read", "invalid_scope"),
        ("scope", &huge, "invalid_scope"),
        ("login_hint_token", "x", "invalid_request"),
        ("id_token_hint", "x", "invalid_request"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://elsewhere.example/r", "request_not_supported"),
        ("client_notification_token", "x", "invalid_request"),
        ("binding_message", &long, "invalid_binding_message"),
        ("binding_message", "<b>K7</b>", "invalid_binding_message"),
        ("binding_message", "K7\u{202e}24", "invalid_binding_message"),
        ("binding_message", " ", "invalid_binding_message"),
        ("requested_expiry", "0", "invalid_request"),
        ("requested_expiry", "-60", "invalid_request"),
        ("requested_expiry", "60.5", "invalid_request"),
        ("requested_expiry", "soon", "invalid_request"),
        ("requested_expiry", "99999999999999999999", "invalid_request"),
        ("duration", "an hour", "invalid_request"),
        ("duration", "0", "invalid_request"),
        ("duration", "99999999", "invalid_request"),
        ("purpose", &huge, "invalid_request"),
        ("resource", "https://elsewhere.example/proxy/issues", "invalid_target"),
        ("resource", "http://localhost:8420/proxy/nowhere", "invalid_target"),
        ("resource", "http://localhost:8420/proxy/inside", "invalid_target"),
        ("resource", &huge, "invalid_target"),
        ("authorization_details", "x", "invalid_authorization_details"),
        ("authorization_details", "{}", "invalid_authorization_details"),
        ("authorization_details", "[]", "invalid_authorization_details"),
        ("authorization_details", "[1]", "invalid_authorization_details"),
        ("authorization_details", "[{}] x", "invalid_authorization_details"),
        ("authorization_details", &huge, "invalid_authorization_details"),
        ("authorization_details", &many, "invalid_authorization_details"),
    ];
    for (name, value, expected) in table {
        refused(&asked(front, &front.agent, &with(&[(name, value)])).await, expected);
    }
    assert_eq!(open(front).await, Vec::<String>::new(), "nobody was asked");
}

async fn each_detail_is_checked(front: &Front) {
    let objects = [
        json!({"type": "agent_session", "service": "issues", "actions": ["items.read"]}),
        json!({"service": "issues", "actions": ["items.read"], "approved": true}),
        json!({"service": "issues", "actions": []}),
        json!({"service": "issues", "actions": ["items.fly"]}),
        json!({"service": "issues", "actions": "items.read"}),
        json!({"service": "nowhere", "actions": ["items.read"]}),
        json!({"service": ["issues"], "actions": ["items.read"]}),
        json!({"service": "issues", "actions": ["items.read"], "limits": {"max_calls": 0}}),
    ];
    for object in objects {
        let fields = with(&[("authorization_details", &json!([object]).to_string())]);
        refused(&asked(front, &front.agent, &fields).await, "invalid_authorization_details");
    }
    assert_eq!(open(front).await, Vec::<String>::new(), "nobody was asked");
}

async fn what_need_not_be_there_may_be(front: &Front) {
    let all = with(&[
        ("acr_values", "urn:mace:incommon:iap:silver"),
        ("user_code", "1234"),
        ("anything", "else"),
        ("binding_message", ""),
        ("client_notification_token", ""),
        ("purpose", "Answer the questions."),
        ("duration", "1800"),
        ("requested_expiry", "90"),
        ("resource", "http://localhost:8420/proxy/issues"),
    ]);
    let heard = asked(front, &front.agent, &all).await;
    assert_eq!((heard.status.as_u16(), heard.json()["expires_in"].clone()), (200, json!(90)));
    let request = open(front).await.pop().unwrap();
    let card = front.card(&front.approver, &request).await;
    assert_eq!((card.purpose.text.as_str(), card.duration.asked), ("Answer the questions.", 1_800));
    // Patience has an end.
    let heard = asked(front, &front.agent, &with(&[("requested_expiry", "999999")])).await;
    assert_eq!(heard.json()["expires_in"], front.app.policy.pending_asynchronous);
    // The same once more is the same request, with as much time as that has left.
    front.wait(10_000);
    let heard = asked(front, &front.agent, &all).await;
    assert_eq!((heard.status.as_u16(), heard.json()["expires_in"].clone()), (200, json!(80)));
    assert_eq!(open(front).await.len(), 2);
    // By scopes alone.
    let scopes =
        [("scope", "openid profile offline_access inside:items.read"), ("authorization_details", "")];
    let id = approved(front, &with(&scopes)).await;
    assert_eq!(poll(front, &id).await.json()["scope"], "openid items.read");
}

async fn the_client_authenticates(front: &Front) {
    let fields: Vec<(&str, String)> = good();
    let form = async |asking: super::super::cast::Asking<'_>, extra: &[(&str, &str)]| {
        let all = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = all.chain(extra.iter().copied()).collect();
        asking.form("/oauth/bc-authorize", &all).await
    };
    let (id, secret) = (front.agent.id.as_str(), front.agent.token.as_str());
    let bearer = front.with(secret);
    let client = |heard: &Heard| {
        assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (401, json!("invalid_client")));
    };
    client(&form(anonymous(front), &[]).await);
    client(&form(anonymous(front), &[("client_id", id)]).await);
    client(&form(anonymous(front), &[("client_id", id), ("client_secret", &front.other_agent.token)]).await);
    client(&form(anonymous(front), &[("client_id", "direct"), ("client_secret", secret)]).await);
    client(&form(bearer, &[]).await);
    let two = form(front.client(&front.agent), &[("client_id", id), ("client_secret", secret)]).await;
    refused(&two, "invalid_request");
    assert_eq!(form(anonymous(front), &[("client_id", id), ("client_secret", secret)]).await.status, 200);
    // At the token endpoint too.
    let id = begun(front, &good()).await;
    let heard =
        anonymous(front).form("/oauth/token", &[("grant_type", super::GRANT), ("auth_req_id", &id)]).await;
    client(&heard);
}

async fn a_key_asks_and_only_that_key_fetches(front: &Front) {
    let key = Signing::of(front, &front.agent).await;
    let signed = async |path: &str, aud: &str, fields: &[(&'static str, String)]| {
        let mut claims = key.claims(front);
        claims["aud"] = json!(format!("http://localhost:8420{aud}"));
        let assertion = key.sign(&claims);
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend([("client_assertion_type", kind), ("client_assertion", assertion.as_str())]);
        let heard = anonymous(front).form(path, &all).await;
        (heard, anonymous(front).form(path, &all).await)
    };
    let mut id = String::new();
    for aud in ["", "/oauth/token", "/oauth/bc-authorize"] {
        let (heard, again) = signed("/oauth/bc-authorize", aud, &good()).await;
        assert_eq!((heard.status.as_u16(), again.status.as_u16()), (200, 401), "{aud} {}", heard.text());
        heard.json()["auth_req_id"].as_str().unwrap().clone_into(&mut id);
        front.keep(&id);
    }
    assert_eq!(signed("/oauth/bc-authorize", "/oauth/revoke", &good()).await.0.status, 401);
    front.approve(&front.approver, &open(front).await[0]).await;
    // The agent's secret may have been stolen.
    refused(&poll(front, &id).await, "invalid_grant");
    front.wait(5_000);
    let fields = [("grant_type", super::GRANT.to_owned()), ("auth_req_id", id)];
    let (heard, _) = signed("/oauth/token", "/oauth/token", &fields).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    front.keep(heard.json()["access_token"].as_str().unwrap());
}

/// What is sent to somebody who may not know, but for what differs by itself.
fn seen(heard: &Heard) -> (u16, Vec<(String, String)>, Value) {
    let own = ["x-request-id", "date", "content-security-policy"];
    let headers = heard.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    (heard.status.as_u16(), headers.collect(), heard.json())
}

async fn nobody_learns_who_exists(front: &Front) {
    front
        .declare(Declaration::Service(ServiceDefinition {
            approvals: 9,
            ..crate::support::installation::definition("down")
        }))
        .await;
    let unapprovable = with(&[("scope", "openid down:items.read"), ("authorization_details", "")]);
    let refusal = asked(front, &front.agent, &unapprovable).await;
    refused(&refusal, "unknown_user_id");
    let expected = seen(&refusal);
    // Others that there are, admins, one who is blocked, and nobody at all.
    front.admin.at(front).post("/v1/people/mallory/revoke", &json!({"block": true})).await;
    for name in
        ["mallory", "ana", "adm", "nobody", "Otto", "otto ", "otto@example.com", "*", "%", &"x".repeat(9_000)]
    {
        let heard = asked(front, &front.agent, &with(&[("login_hint", name)])).await;
        assert_eq!(seen(&heard), expected, "{name}");
    }
    let hints = [("login_hint", ""), ("id_token_hint", "x")];
    assert_eq!(seen(&asked(front, &front.agent, &with(&hints)).await), expected);
    assert_eq!(open(front).await, Vec::<String>::new());
    // What else is wrong is said whoever is named.
    for name in ["otto", "mallory", "nobody"] {
        let fields = with(&[("login_hint", name), ("scope", "openid items.fly")]);
        refused(&asked(front, &front.agent, &fields).await, "invalid_scope");
    }
    // A foreign handle is no better than one that was made up.
    let id = begun(front, &good()).await;
    let made_up = front.token(broker::tokens::OpaqueKind::Backchannel);
    let expected = seen(&poll(front, made_up.expose()).await);
    for agent in [&front.direct, &front.other_agent] {
        if agent.id != "intruder" {
            assert_eq!(seen(&poll_as(front, agent, &id).await), expected, "{}", agent.id);
        }
    }
    for text in ["x", "csn_q_", &id[..54], &format!("{id}x"), &front.agent.token, &"x".repeat(20_000)] {
        assert_eq!(seen(&poll(front, text).await), expected);
    }
    refused(&poll(front, "").await, "invalid_request");
}

async fn an_id_token_of_ours_is_a_hint(front: &Front) {
    let id = approved(front, &good()).await;
    let given = poll(front, &id).await.json();
    let (token, access) = (given["id_token"].as_str().unwrap(), given["access_token"].as_str().unwrap());
    let by = |token: &str| with(&[("login_hint", ""), ("id_token_hint", token)]);
    // However old it is: it only names somebody.
    front.wait(3_600_000);
    assert_eq!(asked(front, &front.agent, &by(token)).await.status, 200);
    let both = with(&[("id_token_hint", token)]);
    refused(&asked(front, &front.agent, &both).await, "invalid_request");
    // Another agent's, another kind of token, one that was changed, one that nobody signed.
    refused(&asked(front, &front.direct, &by(token)).await, "unknown_user_id");
    let (head, rest) = token.split_once('.').unwrap();
    let (body, _) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        access.to_owned(),
        format!("{head}.{body}."),
        format!("{none}.{body}."),
        format!("{head}.{body}.{}", "A".repeat(86)),
        format!("{token}.x"),
        "x".repeat(9_000),
    ];
    for forged in forged {
        refused(&asked(front, &front.agent, &by(&forged)).await, "unknown_user_id");
    }
}

async fn a_person_is_asked_so_often(front: &Front) {
    let most = front.app.policy.prompts_per_minute;
    for _ in 0..20 {
        // Who names somebody else uses nothing up.
        refused(&asked(front, &front.direct, &with(&[("login_hint", "ana")])).await, "unknown_user_id");
    }
    for _ in 1..most {
        assert_eq!(asked(front, &front.agent, &good()).await.status, 200);
    }
    assert_eq!(asked(front, &front.direct, &good()).await.status, 200);
    for agent in [&front.agent, &front.direct] {
        let heard = asked(front, agent, &good()).await;
        assert_eq!((heard.status.as_u16(), heard.header("retry-after")), (429, "12"), "{}", heard.text());
        assert_eq!(heard.json()["error"], "temporarily_unavailable");
    }
    let mallory = with(&[("login_hint", "mallory")]);
    assert_eq!(asked(front, &front.other_agent, &mallory).await.status, 200, "another person is not theirs");
    front.wait(12_000);
    assert_eq!(asked(front, &front.agent, &good()).await.status, 200);
}

async fn an_agent_has_so_many_open_and_cools_down(front: &Front) {
    let ask = async |purpose: &str| {
        front.wait(12_000);
        asked(front, &front.agent, &with(&[("purpose", purpose), ("requested_expiry", "3600")])).await
    };
    for number in 0..front.app.policy.max_pending {
        assert_eq!(ask(&format!("number {number}")).await.status, 200);
    }
    let heard = ask("one more").await;
    assert_eq!((heard.status.as_u16(), heard.json()["code"].clone()), (429, json!("too_many_pending")));
    for request in open(front).await {
        let card = front.card(&front.approver, &request).await;
        let denial = json!({"request_digest": card.request_digest});
        front.approver.at(front).post(&format!("/v1/inbox/{request}/deny"), &denial).await;
    }
    let heard = ask("one more").await;
    assert_eq!((heard.status.as_u16(), heard.json()["code"].clone()), (429, json!("cooling_down")));
    assert_eq!(heard.json()["error"], "temporarily_unavailable");
    front.declare(Declaration::LiftCoolDown(service("helper"))).await;
    assert_eq!(ask("one more").await.status, 200);
}
