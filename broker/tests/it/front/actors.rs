//! Who acts at a token exchange (RFC 8693): the agent, and nobody else, however they put it.

use super::{
    agent_keys::Signing,
    cast::{Heard, Member},
    support::{Front, exchange, on_each_front},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};

on_each_front!(
    an_actor_token_is_the_agents_own,
    an_actor_token_of_another_kind_or_agent_is_refused,
    an_actor_token_dies_with_its_credential,
    who_may_act_stands_in_the_token_and_who_acts_too,
);

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

impl Front {
    /// A token for asking.
    pub async fn ask_token(&self, agent: &Member) -> String {
        let heard = self.client(agent).form("/oauth/token", &[("grant_type", "client_credentials")]).await;
        heard.json()["access_token"].as_str().unwrap().to_owned()
    }
}

async fn acting(front: &Front, subject: &str, extra: &[(&'static str, &str)]) -> Heard {
    let mut fields = exchange(subject, "issues", "items.read");
    fields.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    front.client(&front.agent).form("/oauth/token", &fields).await
}

fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&B64.decode(part).unwrap()).unwrap()
}

async fn an_actor_token_is_the_agents_own(front: &Front) {
    let session = front.usual().await;
    let actor = front.ask_token(&front.agent).await;
    for kind in [ACCESS_TOKEN, JWT] {
        let heard =
            acting(front, &session.token, &[("actor_token", &actor), ("actor_token_type", kind)]).await;
        assert_eq!(heard.status, 200, "{}", heard.text());
        let token = heard.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
    }
    // One without the other is half a parameter (section 2.1).
    for half in [("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN)] {
        let heard = acting(front, &session.token, &[half]).await;
        assert_eq!(
            (heard.status.as_u16(), &heard.json()["error"]),
            (400, &json!("invalid_request")),
            "{half:?}"
        );
    }
    for kind in ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:saml2", "x"] {
        let heard =
            acting(front, &session.token, &[("actor_token", &actor), ("actor_token_type", kind)]).await;
        assert_eq!(heard.json()["error"], "invalid_request", "{kind}");
    }
}

async fn an_actor_token_of_another_kind_or_agent_is_refused(front: &Front) {
    let session = front.usual().await;
    let actors = [
        ("another agent's", front.ask_token(&front.other_agent).await),
        ("its owner's other agent's", front.ask_token(&front.direct).await),
        ("the grant token", session.token.clone()),
        ("a call token", front.call_token(&session, "issues", "items.read").await),
        ("the agent's secret", front.agent.token.clone()),
        ("a person's token", front.owner.token.clone()),
        ("made up", "x.y.z".to_owned()),
    ];
    let minted = async || {
        let kinds = front.record(&session.grant).await.into_iter().map(|it| it.kind);
        kinds.filter(|it| it == "token.minted").count()
    };
    let before = minted().await;
    for (what, actor) in actors {
        let fields = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN)];
        let heard = acting(front, &session.token, &fields).await;
        assert_eq!(
            (heard.status.as_u16(), &heard.json()["error"]),
            (400, &json!("invalid_request")),
            "{what}"
        );
        assert!(!heard.text().contains("access_token\""), "{what}");
    }
    assert_eq!(minted().await, before, "nothing was granted");
    let late = front.ask_token(&front.agent).await;
    front.wait(600_000);
    let fields = [("actor_token", late.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    assert_eq!(acting(front, &session.token, &fields).await.json()["error"], "invalid_request", "it is over");
}

async fn an_actor_token_dies_with_its_credential(front: &Front) {
    let session = front.usual().await;
    let key = Signing::of(front, &front.agent).await;
    let actor = key.member(front).await.token;
    let fields = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    assert_eq!(acting(front, &session.token, &fields).await.status, 200, "the same agent, by its key");
    key.remove(front).await;
    let heard = acting(front, &session.token, &fields).await;
    assert_eq!(heard.json()["error"], "invalid_request", "{}", heard.text());
    assert_eq!(acting(front, &session.token, &[]).await.status, 200);
}

async fn who_may_act_stands_in_the_token_and_who_acts_too(front: &Front) {
    let session = front.usual().await;
    let of_grant = claims_of(&session.token);
    assert_eq!((&of_grant["sub"], &of_grant["may_act"]), (&json!("otto"), &json!({"sub": "helper"})));
    assert_eq!(of_grant["act"], json!({"sub": "helper"}));
    let actor = front.ask_token(&front.agent).await;
    let fields = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    let heard = acting(front, &session.token, &fields).await;
    // The agent acted before and acts now: nobody is added to the chain.
    let of_call = claims_of(heard.json()["access_token"].as_str().unwrap());
    assert_eq!((&of_call["sub"], &of_call["act"]), (&json!("otto"), &json!({"sub": "helper"})));
    let heard = front.token_for(&front.direct, &session, "issues", "items.read").await;
    assert_eq!(heard.json()["error"], "invalid_request", "it may not act");
}
