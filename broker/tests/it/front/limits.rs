//! How much anybody may ask: cool-down, rates, and who is never held up.

use super::{
    cast::{Heard, Member, anonymous},
    support::{Front, line, on_each_front, service},
};
use broker::ledger::acts::Declaration;
use protocol::problem::{Code, Hint};
use serde_json::json;

on_each_front!(
    denials_cool_an_agent_down,
    a_cool_down_grows_and_can_be_lifted,
    an_agent_asks_so_often,
    a_person_decides_so_often_and_revokes_as_often_as_they_like,
    a_client_that_fails_is_refused_unseen,
    sign_in_is_not_for_guessing,
    an_open_stream_is_use,
);

/// An agent asks and is denied.
async fn denied(front: &Front, agent: &Member) {
    let asked = front.ask(agent, &[line("issues", &["items.read"], None)]).await;
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let path = format!("/v1/inbox/{}/deny", asked.id);
    let heard = front.approver.at(front).post(&path, &json!({"request_digest": card.request_digest})).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
}

async fn asks(front: &Front, agent: &Member, purpose: &str) -> Heard {
    let lines = [line("issues", &["items.read"], None)];
    let wanted = json!({"authorization_details": lines, "purpose": purpose, "duration": 600});
    agent.at(front).post("/v1/requests", &wanted).await
}

/// That it is refused for so many seconds, in the header and in the hint.
fn must_wait(heard: &Heard, code: Code, seconds: u32) {
    assert_eq!(heard.status, 429, "{}", heard.text());
    let problem = heard.problem();
    assert_eq!((problem.code, problem.hint), (code, Some(Hint::Retry { after: seconds })));
    assert_eq!(heard.header("retry-after"), seconds.to_string());
}

async fn denials_cool_an_agent_down(front: &Front) {
    denied(front, &front.agent).await;
    let open = asks(front, &front.agent, "still open").await;
    assert_eq!(open.status, 202, "one denial is an answer, not a habit");
    denied(front, &front.agent).await;
    front.wait(1_500);
    must_wait(&asks(front, &front.agent, "again").await, Code::CoolingDown, 599);
    // What is open already comes back; another agent of the same owner asks.
    assert_eq!(asks(front, &front.agent, "still open").await.status, 200);
    assert_eq!(asks(front, &front.direct, "mine").await.status, 202);
    front.wait(598_500);
    assert_eq!(asks(front, &front.agent, "again").await.status, 202);
}

async fn a_cool_down_grows_and_can_be_lifted(front: &Front) {
    denied(front, &front.agent).await;
    for seconds in [600, 1_200, 2_400, 4_800, 7_200] {
        denied(front, &front.agent).await;
        must_wait(&asks(front, &front.agent, "again").await, Code::CoolingDown, seconds);
        front.wait(i64::from(seconds) * 1_000);
    }
    // Six hours later the denials are forgotten one by one; a person on the host can be faster.
    denied(front, &front.agent).await;
    assert_eq!(asks(front, &front.agent, "again").await.status, 429);
    front.declare(Declaration::LiftCoolDown(service("helper"))).await;
    assert_eq!(asks(front, &front.agent, "again").await.status, 202);
    denied(front, &front.agent).await;
    assert_eq!(asks(front, &front.agent, "and again").await.status, 202, "it counts from one again");
}

async fn an_agent_asks_so_often(front: &Front) {
    let most = front.app.policy.requests_per_minute;
    assert_eq!(asks(front, &front.agent, "the same").await.status, 202);
    for _ in 1..most {
        assert_eq!(asks(front, &front.agent, "the same").await.status, 200);
    }
    must_wait(&asks(front, &front.agent, "the same").await, Code::RateLimited, 1);
    assert_eq!(asks(front, &front.direct, "another agent").await.status, 202);
    assert_eq!(front.agent.at(front).get("/v1/me").await.status, 200);
    front.wait(500);
    assert_eq!(asks(front, &front.agent, "the same").await.status, 200);
}

async fn a_person_decides_so_often_and_revokes_as_often_as_they_like(front: &Front) {
    let session = front.usual().await;
    let asked = front.ask(&front.agent, &[line("issues", &["items.read"], None)]).await;
    let stale = json!({"request_digest": "0".repeat(64)});
    let path = format!("/v1/inbox/{}/deny", asked.id);
    let mut told = Vec::new();
    for _ in 0..=front.app.policy.decisions_per_minute {
        told.push(front.approver.at(front).post(&path, &stale).await);
    }
    must_wait(told.last().unwrap(), Code::RateLimited, 1);
    let stop = format!("/v1/sessions/{}/stop", session.grant);
    for _ in 0..200 {
        assert_eq!(front.approver.at(front).post(&stop, &json!({})).await.status, 200);
    }
    // Nobody else's budget is touched.
    let card = front.card(&front.owner, asked.id.as_str()).await;
    let heard = front.admin.at(front).post(&path, &json!({"request_digest": card.request_digest})).await;
    assert_ne!(heard.status, 429, "{}", heard.text());
}

async fn a_client_that_fails_is_refused_unseen(front: &Front) {
    let form = async |who: &Member, secret: &str| {
        let fields =
            [("grant_type", "client_credentials"), ("client_id", &who.id), ("client_secret", secret)];
        anonymous(front).form("/oauth/token", &fields).await
    };
    for _ in 0..=front.app.policy.failures_per_minute {
        let heard = form(&front.agent, &front.other_agent.token).await;
        assert_eq!((heard.status.as_u16(), heard.json()["error"].clone()), (401, json!("invalid_client")));
    }
    // Even the right secret, from here and under this name; it may have been guessed.
    let heard = form(&front.agent, &front.agent.token).await;
    assert_eq!((heard.status.as_u16(), heard.header("retry-after")), (429, "2"), "{}", heard.text());
    assert_eq!(heard.json()["code"], "rate_limited");
    assert_eq!(form(&front.direct, &front.direct.token).await.status, 200);
    front.wait(2_000);
    assert_eq!(form(&front.agent, &front.agent.token).await.status, 200);
}

async fn sign_in_is_not_for_guessing(front: &Front) {
    front.wait(60_000);
    for (path, field) in [("/sign-in/link", "token"), ("/set-up", "code")] {
        let guess = async || {
            let page = anonymous(front).header("sec-fetch-site", "same-origin");
            page.form(path, &[(field, "csn_l_guess"), ("name", "eve")]).await
        };
        for _ in 0..front.app.policy.sign_ins_per_minute {
            assert_eq!(guess().await.status, 410, "{path}");
        }
        let heard = guess().await;
        assert_eq!((heard.status.as_u16(), heard.header("retry-after")), (429, "1"), "{path}");
    }
    // Who is signed in already does not notice.
    assert_eq!(front.owner.in_browser(front).get("/").await.status, 200);
}

/// A session whose one call is a long stream is not idle; one without is.
async fn an_open_stream_is_use(front: &Front) {
    let (streaming, idle) = (front.usual().await, front.usual().await);
    let token = front.call_token(&streaming, "issues", "items.read").await;
    let path = "/proxy/issues/projects/acme/items?do=events";
    let response = front.with(&token).open("GET", path, axum::body::Body::empty()).await;
    assert_eq!(front.read(&idle, "").await.status, 200);
    let summary = async |grant: &str| {
        front.owner.at(front).get(&format!("/v1/sessions/{grant}")).await.json()["summary"].clone()
    };
    front.wait(1_900_000);
    broker::sweeper::sweep(&front.app).await.unwrap();
    assert_eq!(summary(&streaming.grant).await["status"], "active");
    assert_eq!(summary(&idle.grant).await["end_reason"], "idle");
    drop(response);
}
