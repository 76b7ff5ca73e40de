//! What a request says of where it comes from and where it goes: believed from a trusted proxy, ignored from anybody
//! else.

use super::{ask, get, listen, status};
use crate::front::support::{Front, log, on_each_front};
use broker::net::{Network, TrustedProxies};
use std::sync::Arc;

on_each_front!(
    a_name_that_is_not_ours_is_refused,
    the_log_knows_who_asks,
    forwarded_headers_from_nobody_mean_nothing
);

fn behind_a_proxy() -> Network {
    let proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    Network { proxies: Arc::new(proxies), ..Network::default() }
}

async fn a_name_that_is_not_ours_is_refused(front: &Front) {
    let address = listen(front, Network::default()).await;
    let token = &front.agent.token;
    let me = |host: &str| get("/v1/me", &format!("{host}Authorization: Bearer {token}\r\n"));
    for good in
        ["Host: localhost:8420\r\n", "Host: localhost\r\n", "Host: 127.0.0.1:9\r\n", "Host: [::1]\r\n"]
    {
        assert_eq!(status(&ask(address, &me(good)).await), "200", "{good}");
    }
    for bad in [
        "Host: evil.example:8420\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: evil.example\r\nX-Forwarded-Host: localhost\r\n",
        "Host:\r\n",
        "",
    ] {
        let answer = ask(address, &me(bad)).await;
        assert!(["421", "400"].contains(&status(&answer)), "{bad}: {answer}");
        assert!(!answer.contains("helper") && !answer.contains("evil"), "{answer}");
    }
    let answer = ask(address, &me("Host: evil.example\r\n")).await;
    assert!(answer.contains("Nothing was done. Use http://localhost:8420."), "{answer}");
    let page = ask(address, &get("/sign-in", "Host: evil.example\r\nAccept: text/html\r\n")).await;
    assert!(status(&page) == "421" && page.contains("text/html"), "{page}");
    // Whether it lives may be asked by any name.
    assert_eq!(status(&ask(address, &get("/livez", "Host: 10.0.0.7:8420\r\n")).await), "200");
    front.app.stopping.cancel();
}

async fn the_log_knows_who_asks(front: &Front) {
    let address = listen(front, behind_a_proxy()).await;
    let from =
        |forwarded: &str| get("/livez", &format!("Host: localhost\r\nX-Forwarded-For: {forwarded}\r\n"));
    ask(address, &from("198.51.100.66, 203.0.113.77, 127.0.0.9")).await;
    assert!(log().contains("\"client\":\"203.0.113.77\""));
    assert!(!log().contains("\"client\":\"198.51.100.66\""), "what a client writes is not believed");
    let wrong = get("/v1/me", "Host: localhost\r\nX-Forwarded-Host: evil.example\r\n");
    assert_eq!(status(&ask(address, &wrong).await), "421");
    front.app.stopping.cancel();
}

async fn forwarded_headers_from_nobody_mean_nothing(front: &Front) {
    let address = listen(front, Network::default()).await;
    let forged = "Host: localhost\r\nX-Forwarded-For: 198.51.100.67\r\nX-Forwarded-Proto: http\r\n\
        X-Forwarded-Host: evil.example\r\nForwarded: for=198.51.100.68;host=evil.example\r\n";
    let answer = ask(address, &get("/sign-in", forged)).await;
    assert!(status(&answer) == "200" && !answer.contains("evil"), "{answer}");
    assert!(log().contains("\"client\":\"127.0.0.1\"") && !log().contains("\"client\":\"198.51.100"));
    front.app.stopping.cancel();
}
