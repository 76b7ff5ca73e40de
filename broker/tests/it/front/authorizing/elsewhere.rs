//! Codes and handles at another broker of the same database, as after a restart: they go on there, and work once.

use super::{
    super::{
        ciba,
        support::{Front, on_each_front},
    },
    Tab, address, asking, code, error, reading, redeem, redirects,
};
use broker::store::Engine;
use futures::future::join_all;

on_each_front!(alone: what_is_under_way_goes_on_at_another_broker_and_works_once);

async fn what_is_under_way_goes_on_at_another_broker_and_works_once(engine: Engine) {
    crate::support::run(engine, async |it| {
        let mut front = Front::open(it).await;
        redirects(&front, true).await;
        let (_, code) = code(&front, &asking(&reading())).await;
        let handle = ciba::approved(&front, &ciba::good()).await;
        let params = asking(&reading());
        let fields: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let pushed = front.client(&front.agent).form("/oauth/par", &fields).await.json();
        let uri = pushed["request_uri"].as_str().unwrap().to_owned();
        let wanted = [("client_id", "helper".to_owned()), ("request_uri", uri)];
        let mut browser = Tab::of(&front.owner);

        let there = it.another().await;
        let here = std::mem::replace(&mut front.router, broker::http::router(&there.app));
        let landed = browser.land(&front, &wanted).await;
        assert_eq!(Tab::of(&front.owner).open(&front, &address(&wanted)).await.status, 422, "once");
        assert_eq!(ciba::poll(&front, &handle).await.status, 200);
        let again = ciba::poll(&front, &handle).await;
        assert_eq!(again.status, 400, "{}", again.text());
        let given = redeem(&front, &front.agent, &code, &[]).await.json();
        let token = given["access_token"].as_str().unwrap().to_owned();
        front.approve(&front.approver, &landed).await;

        // Back at the first, which goes on with what began at the other.
        front.router = here;
        let raced = browser.go_back(&front, &landed).await.code(&front);
        let all = join_all((0..8).map(|_| redeem(&front, &front.agent, &raced, &[]))).await;
        assert_eq!(all.iter().filter(|it| it.status == 200).count(), 1);
        let replayed = redeem(&front, &front.agent, &code, &[]).await;
        assert_eq!(error(&replayed, &replayed.json()), (400, "invalid_grant"));
        front.router = broker::http::router(&there.app);
        let called = front.with(&token).get("/proxy/issues/projects/acme/items").await;
        assert_eq!(called.status, 401, "what the first use gave is taken back, everywhere");
        there.stop().await;
    })
    .await;
}
