//! Every secret of a whole run, looked for in every answer but the one that hands it out, in the log and in the
//! database. Each test of this folder listens like this; here is that the ears hear.

use super::support::{Front, log, on_each_front};
use crate::support::installation::CANARY;
use axum::body::Body;

on_each_front!(nothing_is_told_twice, failures_tell_nothing_either);

async fn nothing_is_told_twice(front: &Front) {
    let session = front.usual().await;
    for query in ["", "?do=echo", "?do=headers", "?do=gzip", "?do=status&code=500"] {
        front.read(&session, query).await;
    }
    front.settle().await;
    for page in ["/", "/sessions", &format!("/sessions/{}", session.grant), "/services", "/stop-all"] {
        for person in [&front.owner, &front.approver, &front.admin, &front.auditor] {
            assert_eq!(person.in_browser(front).get(page).await.status, 200);
        }
    }
    for path in ["/v1/inbox", "/v1/services", "/v1/agents", "/v1/sessions?ended=1"] {
        assert_eq!(front.admin.at(front).get(path).await.status, 200);
    }
    // The service did get it, the log did get the exchanges, and the dump is of all tables.
    assert_eq!(front.upstream.last().headers["x-api-key"], CANARY);
    assert!(log().contains("/oauth/token"), "the log does not hear the exchanges");
    let dump = crate::support::dump::dump(&front.app.store).await;
    assert!(dump.contains("call.authorised") && dump.contains("otto"), "the dump is not whole");
}

/// Tokens in wrong places, which an error message might quote.
async fn failures_tell_nothing_either(front: &Front) {
    let session = front.usual().await;
    let token = front.call_token(&session, "issues", "items.read").await;
    let secrets =
        [front.agent.token.as_str(), &front.owner.token, &front.owner.cookie, &session.token, &token, CANARY];
    for secret in secrets {
        let places = [
            front.with(secret).get("/v1/me").await,
            front.with(secret).get("/v1/inbox").await,
            front.with(secret).get("/proxy/issues/projects/other/items").await,
            front.agent.at(front).header("x-token", secret).get("/v1/requests/req_x").await,
            front.agent.at(front).header("content-type", secret).send("POST", "/v1/requests", "{}").await,
            front.client(&front.agent).form("/oauth/token", &[("grant_type", secret)]).await,
            front.client(&front.agent).form("/oauth/token", &[(secret, "x")]).await,
            super::cast::anonymous(front)
                .header("cookie", &format!("__Host-countersign={secret}x"))
                .get("/")
                .await,
            front.with("x").send("POST", "/v1/requests", Body::from(secret.to_owned())).await,
        ];
        for heard in places {
            front.holds_no_secret("a failure", &format!("{:?} {}", heard.headers, heard.text()));
        }
    }
}
