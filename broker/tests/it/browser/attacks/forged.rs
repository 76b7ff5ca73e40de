//! Cross-site request forgery: whatever another page sends, from another port of localhost or from another site, with
//! the person's cookie and even with the right fields, it changes nothing.

use super::{
    super::{READY, Script, live, look_at, run_with, sign_in},
    attacker::{Attacker, does},
    hush, recorded, undecided,
};
use crate::{
    browser::{stage::Stage, webdriver::Browser},
    front::support::eventually,
    support::dump::dump,
};
use broker::{
    app::Parts,
    clock::Clock,
    http::table,
    metrics::{Metrics, render},
    net::Connections,
    sweeper::sweep,
};
use chrono::TimeDelta;
use protocol::RequestId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ATTACK: &str = include_str!("forged.js");
/// As many of its ways reach the broker with an unsafe method: what asks first (JSON, PUT, DELETE) is not let that far.
const SENT: u64 = 9;

/// A broker that counts its answers, with a clock that stands still: else it would note when people were there.
fn counted(clock: &Clock) -> impl FnOnce(&mut Parts) + use<> {
    let clock = clock.clone();
    move |parts| {
        parts.metrics = Metrics::on().unwrap();
        parts.clock = clock;
    }
}

/// How often each route that changes something has answered, as `1xx` … `5xx`.
async fn answers(stage: &Stage) -> BTreeMap<(String, String), u64> {
    let all = render(&stage.app, &Connections::default()).await;
    let lines = all.lines().filter_map(|it| it.strip_prefix("countersign_http_requests_total{route=\""));
    let mut counts = BTreeMap::new();
    for line in lines.filter(|it| !it.contains("method=\"GET\"")) {
        let (route, rest) = line.split_once('"').unwrap();
        let status = rest.split("status=\"").nth(1).unwrap()[..3].to_owned();
        let count: f64 = rest.rsplit(' ').next().unwrap().parse().unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        counts.insert((route.to_owned(), status), count as u64);
    }
    counts
}

/// The rows that only one of two copies of the database has.
fn moved(before: &str, after: &str) -> Vec<String> {
    let rows = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    rows(before).symmetric_difference(&rows(after)).cloned().collect()
}

/// How many answers had a status that begins like this.
fn total(counts: &BTreeMap<(String, String), u64>, status: &str) -> u64 {
    counts.iter().filter(|((_, it), _)| it.starts_with(status)).map(|(_, count)| count).sum()
}

/// All fields that the forms of a card would send: those of Approve, and whatever others have besides.
async fn fields(browser: &Browser) -> Vec<(String, String)> {
    let all = "(all => [...all.approve, ...all.other.filter(([name]) => !all.approve.some(it => it[0] === name))])({ \
        approve: [...new FormData(document.querySelector('#approve'))], \
        other: [...document.forms].filter(it => it.id !== 'approve').flatMap(it => [...new FormData(it)])})";
    serde_json::from_value(browser.value(all).await.unwrap()).unwrap()
}

/// Everything that can be changed, as addresses of things that are there.
fn targets(request: &RequestId) -> Vec<String> {
    let unsafe_ones = table().into_iter().filter(|it| it.method == "POST");
    let id = |path: &str| match path {
        _ if path.contains("/requests/") || path.contains("/inbox/") => request.to_string(),
        _ if path.contains("/me/") => "none".to_owned(),
        _ if path.contains("/sessions/") => request.grant().to_string(),
        _ if path.contains("/agents/") => "triage-bot".to_owned(),
        _ if path.contains("/people/") => "ana".to_owned(),
        _ => "tracker".to_owned(),
    };
    let mut all: Vec<_> =
        unsafe_ones.map(|it| it.path.replace("{id}", &id(it.path)).replace("{service}", "tracker")).collect();
    all.dedup();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_page_sends_changes_nothing() {
    let clock = Clock::held(Clock::system().now());
    run_with(Script::On, counted(&clock), async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        look_at(stage, browser, pending.id()).await;
        live(browser).await;
        // The attacker even knows what no other page can: every field of the card's forms, and their token.
        let mut known = fields(browser).await;
        assert!(known.iter().any(|(name, _)| name == "form_token") && known.iter().any(|(name, _)| name == "grant_digest"));
        known.push(("token".to_owned(), "csn_l_x".to_owned()));
        clock.advance(TimeDelta::seconds(2));
        sweep(&stage.app).await.unwrap();

        let attacker = Attacker::start().await;
        for site in attacker.origins() {
            browser.open(&site).await;
            let (before, held) = (answers(stage).await, dump(&stage.app.store).await);
            let mut sent = 0;
            for path in targets(pending.id()) {
                let attack = json!({"url": format!("{}{path}", stage.url), "fields": known});
                let read = browser.value(&format!("({ATTACK})({attack})")).await.unwrap();
                assert_eq!(read, json!([]), "{site} read what {path} answered");
                sent += SENT;
            }
            hush(browser).await;
            let grown = async |status: &str| total(&answers(stage).await, status) - total(&before, status);
            // All of it arrived; beacons come whenever they like.
            eventually(async || grown("").await >= sent).await;
            assert_eq!(moved(&held, &dump(&stage.app.store).await), [""; 0], "{site} changed something");
            for status in ["1xx", "2xx", "3xx", "5xx"] {
                assert_eq!(grown(status).await, 0, "{site}: {status}");
            }
        }
        undecided(stage, pending.id()).await;

        // From our own page, the same fields approve: it was the origin that was refused, and nothing else.
        browser.open(&format!("{}/", stage.url)).await;
        let own = json!(known);
        let send = format!(
            "return (await fetch('/requests/{}/approve', {{method: 'POST', body: new URLSearchParams({own})}})).status;",
            pending.id()
        );
        assert_eq!(does(browser, stage, &send).await, 200);
        assert_eq!(recorded(stage, pending.id()).await, ["request.opened", "request.approved"]);
    })
    .await;
}

/// Sends a form as a navigation of its own, in this window or another.
fn submit(address: &str, fields: &Value, target: &str) -> String {
    format!(
        "(() => {{ const form = Object.assign(document.createElement('form'), {{method: 'post', action: '{address}', \
         target: '{target}'}}); form.append(...{fields}.map(([name, value]) => Object.assign(document.createElement(\
         'input'), {{name, value}}))); document.body.append(form); HTMLFormElement.prototype.submit.call(form); }})()"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_leads_to_us_from_elsewhere_is_refused_in_words() {
    let clock = Clock::held(Clock::system().now());
    run_with(Script::On, counted(&clock), async |stage, browser| {
        sign_in(stage, browser).await;
        let pending = stage.ask().await;
        look_at(stage, browser, pending.id()).await;
        let known = json!(fields(browser).await);
        clock.advance(TimeDelta::seconds(2));
        sweep(&stage.app).await.unwrap();
        let attacker = Attacker::start().await;
        let held = dump(&stage.app.store).await;
        let card = format!("/requests/{}", pending.id());
        let mine = browser.tab().await;
        for site in attacker.origins() {
            for path in
                [&format!("{card}/approve"), &format!("{card}/deny"), "/stop-all", "/sign-out", "/people"]
            {
                for target in ["_top", "_blank"] {
                    browser.open(&site).await;
                    browser.gesture(&submit(&format!("{}{path}", stage.url), &known, target)).await;
                    if target == "_blank" {
                        browser.other_tab(&mine).await;
                    }
                    browser
                        .says(
                            ".message",
                            "this form was not sent from Countersign's own page. Nothing was done",
                        )
                        .await;
                    if target == "_blank" {
                        browser.close_tab().await;
                        browser.steer(&mine).await;
                    }
                }
            }
        }
        hush(browser).await;
        assert_eq!(moved(&held, &dump(&stage.app.store).await), [""; 0]);
        // A link that leads here is followed as ever.
        browser.open(&attacker.origins()[1]).await;
        browser.gesture(&format!("location.href = '{}{card}'", stage.url)).await;
        browser.until(READY).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_in_by_another_page() {
    let clock = Clock::held(Clock::system().now());
    run_with(Script::On, counted(&clock), async |stage, browser| {
        sign_in(stage, browser).await;
        let attacker = Attacker::start().await;
        // The attacker is Ana, and would like Paul to work in her name.
        let link = stage.link_of("ana").await;
        let token = link.split("t=").nth(1).unwrap();
        let address = format!("{}/sign-in/link", stage.url);
        for signed_in in [true, false] {
            for site in attacker.origins() {
                browser.open(&site).await;
                let attack = json!({"url": address, "fields": [["token", token]]});
                browser.value(&format!("({ATTACK})({attack})")).await.unwrap();
                browser.gesture(&submit(&address, &json!([["token", token]]), "_top")).await;
                browser.says(".message", "this form was not sent from Countersign's own page").await;
                browser.open(&format!("{}/", stage.url)).await;
                if signed_in {
                    browser.says(".me summary", "Paul").await;
                } else {
                    browser.says("h1", "Sign in").await;
                }
            }
            browser.chromium("Network.clearBrowserCookies", json!({})).await;
        }
        hush(browser).await;
        // The link itself is good, and unused: its own button takes it.
        browser.open(&link).await;
        browser.click("main form button").await;
        browser.says(".me summary", "Ana").await;
    })
    .await;
}
