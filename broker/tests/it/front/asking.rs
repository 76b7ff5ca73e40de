//! Asking: the same ask is one request, five wait at most, and agents never meet.

use super::support::{Front, line, on_each_front};
use protocol::{RequestView, problem::Code};
use serde_json::{Value, json};

on_each_front!(the_same_ask_is_one_request, five_wait_at_most, a_key_stands_for_one_request);

fn ask(purpose: &str) -> Value {
    json!({"authorization_details": [line("issues", &["items.read"], None)], "purpose": purpose})
}

async fn the_same_ask_is_one_request(front: &Front) {
    let path = "/v1/requests";
    let first = front.agent.at(front).post(path, &ask("look")).await;
    let again = front.agent.at(front).post(path, &ask("look")).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 200));
    let (first, again): (RequestView, RequestView) = (first.good(), again.good());
    assert_eq!(first, again);
    let other: RequestView = front.agent.at(front).post(path, &ask("look again")).await.good();
    assert_ne!(first.id, other.id);
    let theirs: RequestView = front.other_agent.at(front).post(path, &ask("look")).await.good();
    assert_ne!(first.id, theirs.id);
    let path = format!("{path}/{}", first.id);
    front.other_agent.at(front).get(&path).await.refused(404, Code::NotFound);
}

async fn five_wait_at_most(front: &Front) {
    for n in 0..5 {
        front.agent.at(front).post("/v1/requests", &ask(&format!("look {n}"))).await.good::<RequestView>();
    }
    let heard = front.agent.at(front).post("/v1/requests", &ask("look 5")).await;
    heard.refused(429, Code::TooManyPending);
    assert_eq!(heard.header("retry-after"), "30");
    assert_eq!(front.agent.at(front).post("/v1/requests", &ask("look 4")).await.status, 200);
    assert_eq!(front.other_agent.at(front).post("/v1/requests", &ask("look")).await.status, 202);
    front.wait(600_000);
    assert_eq!(front.agent.at(front).post("/v1/requests", &ask("look 5")).await.status, 202);
}

async fn a_key_stands_for_one_request(front: &Front) {
    let keyed = || front.agent.at(front).header("idempotency-key", "once");
    let first: RequestView = keyed().post("/v1/requests", &ask("look")).await.good();
    front.approve(&front.approver, first.id.as_str()).await;
    let again: RequestView = keyed().post("/v1/requests", &ask("look")).await.good();
    assert_eq!(again.id, first.id);
    // The same key for something else is a mistake, not a way to get at what was granted.
    keyed().post("/v1/requests", &ask("something else")).await.refused(422, Code::InvalidRequest);
    let mut body = ask("look");
    body["idempotency_key"] = json!("other");
    keyed().post("/v1/requests", &body).await.refused(422, Code::InvalidRequest);
    let fresh: RequestView = front.agent.at(front).post("/v1/requests", &body).await.good();
    assert_ne!(fresh.id, first.id);
}
