//! Where it takes a second person, the browser waits, and goes by itself once it is decided.

use super::{
    super::support::{on_each_front, run_with},
    Answered, REDIRECT, Tab, asking, reading, redeem, redirects_to,
};
use broker::{app::Parts, store::Engine};

on_each_front!(alone: a_second_person_decides_while_the_browser_is_parked);

async fn a_second_person_decides_while_the_browser_is_parked(engine: Engine) {
    let two = |parts: &mut Parts| parts.policy.approvals = [2, 2, 2, 2];
    run_with(engine, &two, async |front| {
        redirects_to(front, &[REDIRECT]).await;
        let paul = front.person("paul").await;
        let mut tab = Tab::of(&front.owner);
        let request = tab.land(front, &asking(&reading())).await;
        front.approve(&front.approver, &request).await;
        let page = format!("/requests/{request}");
        assert_eq!(tab.open(front, &page).await.header("refresh"), "5", "one more has to");
        assert_eq!(tab.open(front, &format!("{page}/return")).await.header("location"), page);
        front.approve(&paul, &request).await;
        assert!(tab.open(front, &page).await.header("refresh").starts_with("1; url="));
        let answered = Answered::read(&tab.open(front, &format!("{page}/return")).await);
        assert_eq!(redeem(front, &front.agent, &answered.code(front), &[]).await.status, 200);
    })
    .await;
}
