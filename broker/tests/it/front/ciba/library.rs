//! The agent's library at a real broker, over a real connection.

use super::{
    super::support::{Front, eventually, on_each_front, service},
    newest, open,
};
use agent_client::{BackchannelRequest, Client, Error};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;

on_each_front!(the_library_asks_by_the_standard);

const LONG: Duration = Duration::from_mins(1);

async fn the_library_asks_by_the_standard(front: &Front) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(broker::http::serve(front.app.clone(), listener));
    let client = Client::new(&address, &front.agent.id, front.agent.token.as_str()).unwrap();
    let lines = json!([{"service": "issues", "actions": ["items.read"], "resources": ["acme"]}]);
    let asked = BackchannelRequest {
        login_hint: "otto".to_owned(),
        authorization_details: serde_json::from_value(lines).unwrap(),
        purpose: Some("Read what is new.".to_owned()),
        duration: Some(1_800),
        binding_message: Some("K7-42".to_owned()),
        requested_expiry: Some(120),
    };
    // What the metadata say is believed from the broker that was meant only.
    let elsewhere = client.backchannel(&asked).await.unwrap_err();
    assert!(elsewhere.to_string().contains("with_audience"), "{elsewhere}");
    let client = client.with_audience("http://localhost:8420");

    let mut pending = client.backchannel(&asked).await.unwrap();
    assert_eq!(pending.expires_in(), Duration::from_mins(2));
    assert!(!format!("{pending:?}").contains("csn_"));
    let decide = async {
        eventually(|| async { front.app.polls.waiting() == 1 }).await;
        let card = front.approve(&front.approver, &newest(front).await).await;
        assert_eq!(card.binding_message.as_deref(), Some("K7-42"));
    };
    let (session, ()) = tokio::join!(pending.wait(LONG), decide);
    let session = session.unwrap();
    assert_eq!(session.lines()[0].actions, ["items.read"]);
    front.keep(session.grant_token().expose());
    let call = session.token(&service("issues"), "items.read").await.unwrap();
    let heard = front.with(call.token.expose()).get("/proxy/issues/projects/acme/items").await;
    assert_eq!(heard.status, 200);
    session.end().await.unwrap();

    // Denied.
    front.wait(12_000);
    let mut pending = client.backchannel(&asked).await.unwrap();
    let decide = async {
        eventually(|| async { front.app.polls.waiting() == 1 }).await;
        let request = open(front).await.pop().unwrap();
        let card = front.card(&front.approver, &request).await;
        let denial = json!({"request_digest": card.request_digest, "reason": "later"});
        front.approver.at(front).post(&format!("/v1/inbox/{request}/deny"), &denial).await;
    };
    let (denied, ()) = tokio::join!(pending.wait(LONG), decide);
    let Err(Error::OAuth { error, description, .. }) = denied else { panic!("it was denied") };
    assert_eq!(error, "access_denied");
    assert!(description.is_some_and(|it| it.contains("later")));

    // Not decided within the time that the caller has: it may be waited for again.
    front.wait(12_000);
    let mut pending = client.backchannel(&asked).await.unwrap();
    let waited = pending.wait(Duration::ZERO).await;
    assert!(matches!(waited, Err(Error::OAuth { error, .. }) if error == "authorization_pending"));
    front.approve(&front.approver, &newest(front).await).await;
    front.wait(5_000);
    front.keep(pending.wait(LONG).await.unwrap().grant_token().expose());
    server.abort();
}
