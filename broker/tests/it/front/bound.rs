//! Grant tokens that a client bound to resources (RFC 8707): good for the services they name, at every door.

use super::{
    acts::Session,
    cast::{Heard, Member},
    support::{Front, exchange, line, on_each_front, service},
};
use broker::tokens::GrantToken;
use domain::digest;
use protocol::RequestId;
use serde_json::json;

on_each_front!(
    as8_a_bound_token_is_exchanged_for_its_resources_only,
    as8_a_bound_token_is_a_bearer_at_its_resources_only,
    as8_introspection_tells_what_a_bound_token_is_for,
);

impl Front {
    /// The same session's token, bound to these services.
    pub async fn bound(&self, session: &Session, agent: &Member, services: &[&str]) -> String {
        let request: RequestId = session.request.parse().unwrap();
        let stored = broker::store::grants::find(&mut self.app.store.read().await.unwrap(), &request).await;
        let stored = stored.unwrap().unwrap();
        let approval = stored.grant.approval().unwrap();
        let signer = self.app.signer().unwrap();
        let resources: Vec<String> = services.iter().map(|it| signer.audience(&service(it))).collect();
        let token = GrantToken {
            grant: &stored.grant.grant_id(),
            digest: digest::grant_digest(&approval.terms).half(),
            ends_at: approval.ends_at,
            owner: &approval.terms.owner,
            agent: &service(&agent.id),
            client: &agent.id,
            resources: &resources,
            authorization_details: Vec::new(),
            scope: "",
        };
        let token = signer.grant_token(&token, self.clock.now()).unwrap().expose().to_owned();
        self.keep(&token);
        token
    }
}

async fn of_two(front: &Front, agent: &Member) -> Session {
    let lines = [line("issues", &["items.read"], None), line("inside", &["items.read"], None)];
    front.session_of(agent, &lines, 3_600).await
}

async fn traded(front: &Front, token: &str, service: &str) -> Heard {
    let fields = exchange(token, service, "items.read");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    front.client(&front.agent).form("/oauth/token", &fields).await
}

async fn as8_a_bound_token_is_exchanged_for_its_resources_only(front: &Front) {
    let session = of_two(front, &front.agent).await;
    let whole = [("issues", 200), ("inside", 200)];
    let of_issues = front.bound(&session, &front.agent, &["issues"]).await;
    let of_both = front.bound(&session, &front.agent, &["issues", "inside"]).await;
    let of_another = front.bound(&session, &front.agent, &["notes"]).await;
    for (token, expected) in [
        (&session.token, whole),
        (&of_both, whole),
        (&of_issues, [("issues", 200), ("inside", 400)]),
        (&of_another, [("issues", 400), ("inside", 400)]),
    ] {
        for (service, status) in expected {
            let heard = traded(front, token, service).await;
            assert_eq!(heard.status, status, "{service}: {}", heard.text());
            if status == 400 {
                assert_eq!(heard.json()["error"], "invalid_target");
            }
        }
    }
    let kinds: Vec<String> = front.record(&session.grant).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds.iter().filter(|it| *it == "token.minted").count(), 5, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|it| *it == "token.refused").count(), 3, "{kinds:?}");
}

async fn as8_a_bound_token_is_a_bearer_at_its_resources_only(front: &Front) {
    let session = of_two(front, &front.direct).await;
    let path = |service: &str| format!("/proxy/{service}/projects/acme/items");
    let of_issues = front.bound(&session, &front.direct, &["issues"]).await;
    // Twice: the second time the signature is remembered.
    for _ in 0..2 {
        assert_eq!(front.with(&of_issues).get(&path("issues")).await.status, 200);
        let heard = front.with(&of_issues).get(&path("inside")).await;
        assert_eq!(heard.status, 401, "{}", heard.text());
        assert!(heard.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    let unbound = front.with(&session.token).get(&path("inside")).await;
    assert_ne!(unbound.status, 401, "the session holds it: {}", unbound.text());
}

async fn as8_introspection_tells_what_a_bound_token_is_for(front: &Front) {
    let session = of_two(front, &front.agent).await;
    for (services, lines) in [(&[][..], 2), (&["issues"], 1), (&["issues", "inside"], 2)] {
        let token = front.bound(&session, &front.agent, services).await;
        let heard = front.client(&front.agent).form("/oauth/introspect", &[("token", &token)]).await;
        let said = heard.json();
        let resources = services.iter().map(|it| format!("{}/proxy/{it}", front.app.public_url));
        let whole = vec![front.app.public_url.clone()];
        let aud = if services.is_empty() { whole } else { resources.collect() };
        assert_eq!((&said["active"], &said["aud"]), (&json!(true), &json!(aud)));
        assert_eq!(said["authorization_details"].as_array().unwrap().len(), lines, "{said}");
    }
    // Giving any of them back ends the session.
    let token = front.bound(&session, &front.agent, &["issues"]).await;
    assert_eq!(front.client(&front.agent).form("/oauth/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(traded(front, &session.token, "inside").await.json()["code"], "grant_ended");
}
