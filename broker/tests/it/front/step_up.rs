//! A request of an agent that has a session already (RS4): the person sees the difference, and what they approve is another
//! session with a clock of its own.

use super::{
    cast::Member,
    support::{Front, line, on_each_front},
};
use protocol::step_up::StepUp;
use serde_json::json;

on_each_front!(
    rs4_the_card_tells_what_is_held_and_what_is_added,
    rs4_a_step_up_is_a_new_session_with_its_own_end,
    rs4_nobody_sees_what_is_held_in_a_session_that_is_not_theirs_to_see,
);

async fn step_up(front: &Front, person: &Member, request: &str) -> Option<StepUp> {
    front.card(person, request).await.earlier.step_up
}

async fn rs4_the_card_tells_what_is_held_and_what_is_added(front: &Front) {
    let reading = line("issues", &["items.read"], None);
    let first = front.ask(&front.agent, std::slice::from_ref(&reading)).await;
    assert_eq!(step_up(front, &front.approver, first.id.as_str()).await, None, "it holds nothing yet");
    front.approve(&front.approver, first.id.as_str()).await;
    front.redeem(&front.agent, first.id.as_str()).await;
    let more = front.ask(&front.agent, &[line("issues", &["items.read", "items.comment"], None)]).await;
    let told = step_up(front, &front.approver, more.id.as_str()).await.expect("it holds some of it");
    assert_eq!(told.has.len(), 1, "{told:?}");
    assert!(told.has[0].starts_with("read ") && told.has[0].ends_with(" in acme"), "{told:?}");
    assert_eq!((told.adds.len(), told.adds[0].starts_with("comment ")), (1, true), "{told:?}");
    assert_eq!((told.ends_at - front.clock.now()).num_seconds(), 3_600);
    // On the page too, with JavaScript or without.
    let page = front.approver.in_browser(front).get(&format!("/requests/{}", more.id)).await.text();
    assert!(page.contains("Has already") && page.contains("Asks in addition for"), "{page}");
    // Another agent's session is nothing to this one.
    let other = front.ask(&front.direct, &[reading]).await;
    assert_eq!(step_up(front, &front.approver, other.id.as_str()).await, None);
    // What ends takes the difference with it.
    let grant = first.id.as_str().replacen("req_", "ses_", 1);
    let stopped = front.owner.at(front).post(&format!("/v1/sessions/{grant}/stop"), &json!({})).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    assert_eq!(step_up(front, &front.approver, more.id.as_str()).await, None);
}

async fn rs4_a_step_up_is_a_new_session_with_its_own_end(front: &Front) {
    let first = front.session(&[line("issues", &["items.read"], None)]).await;
    front.wait(1_800_000);
    let second = front.session(&[line("issues", &["items.read", "items.comment"], None)]).await;
    assert_ne!(first.grant, second.grant);
    let comment = "items.comment";
    assert_eq!(
        front.token_for(&front.agent, &first, "issues", comment).await.json()["error"],
        "invalid_scope"
    );
    assert_eq!(front.token_for(&front.agent, &second, "issues", comment).await.status, 200);
    front.wait(1_799_000);
    assert_eq!(front.read(&first, "").await.status, 200);
    front.wait(1_000);
    assert_eq!(
        front.token_for(&front.agent, &first, "issues", "items.read").await.status,
        400,
        "it ended as before"
    );
    assert_eq!(front.read(&second, "").await.status, 200, "half an hour is left of this one");
}

async fn rs4_nobody_sees_what_is_held_in_a_session_that_is_not_theirs_to_see(front: &Front) {
    // A personal account is its owner's: the approver decides the rest of it, and sees none of this.
    front.session(&[line("notes", &["items.read"], None)]).await;
    let lines = [line("issues", &["items.read"], None), line("notes", &["items.read"], None)];
    let asked = front.ask(&front.agent, &lines).await;
    let owner = step_up(front, &front.owner, asked.id.as_str()).await.expect("their own");
    assert!(owner.has.iter().all(|it| it.contains(" at ")), "of which service: {owner:?}");
    let heard = front.approver.at(front).get(&format!("/v1/inbox/{}", asked.id)).await;
    assert!(heard.status == 404 || heard.json()["earlier"].get("step_up").is_none(), "{}", heard.text());
}
