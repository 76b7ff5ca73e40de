//! What other people's pages try on somebody who is signed in, and what haste and two windows could do.

mod attacker;
mod clicks;
mod forged;
mod framing;
mod hasty;
mod listening;
mod stale;
mod tabs;

use super::{Browser, Stage};
use broker::store::audit;
use protocol::RequestId;

/// What is on the record of a request, in order.
async fn recorded(stage: &Stage, request: &RequestId) -> Vec<String> {
    let mut conn = stage.app.store.read().await.unwrap();
    let mut records = audit::of_grant(&mut conn, &request.grant(), 100).await.unwrap();
    records.sort_by_key(|it| it.seq);
    records.into_iter().map(|it| it.kind).collect()
}

/// Nobody has decided on a request.
async fn undecided(stage: &Stage, request: &RequestId) {
    assert_eq!(recorded(stage, request).await, ["request.opened"]);
}

/// Takes away what the browser said of what it blocked, where that is expected.
async fn hush(browser: &Browser) {
    browser.complaints().await;
}
