//! axe-core (WCAG 2.2 A and AA, and good practice) finds nothing wrong with any page in any state, theme and width, and
//! no page scrolls sideways. The desk is the pages' fake one, which can be in every state; the pages are the real ones,
//! with their islands.

#[path = "../../../../../web-ui/tests/fake/mod.rs"]
mod fake;
mod rows;
#[path = "../../../../../web-ui/tests/fake/site.rs"]
mod site;

use super::{Machine, Script, lent, webdriver::Browser};
use rows::Act;
use serde_json::json;
use std::{fs, path::Path};
use tokio::net::TcpListener;

const WIDTHS: [u32; 3] = [1280, 768, 360];
/// Higher than any page: nothing lies under the bars at the edges of the screen, where axe could not see its colours.
const HEIGHT: u32 = 6_000;
/// No page scrolls sideways here.
const NARROW: [u64; 2] = [360, 320];

/// The rules. `target-size` is one of WCAG 2.2 that axe leaves out unless it is asked for; single letters have a contrast
/// too. What it cannot decide by itself (`incomplete`) is reported, but for colours that were looked at (`UNSEEN`).
const LOOK: &str = "axe.run(document, {
    runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
    rules: {'target-size': {enabled: true}},
    checks: {'color-contrast': {options:
        {...axe._audit.checks['color-contrast'].options, ignoreLength: true, ignorePseudo: true}}},
    resultTypes: ['violations', 'incomplete'], preload: false, iframes: false,
}).then(it => {
    const unsure = it.incomplete.map(rule => ({...rule, nodes: rule.nodes.filter(node =>
        rule.id !== 'color-contrast' || !UNSEEN(node, node.any[0]?.data?.messageKey))}));
    return it.violations.concat(unsure).flatMap(rule => rule.nodes.map(node =>
        `${rule.id} at ${node.target.join(' ')}: ${[...node.any, ...node.all, ...node.none].map(it => it.message)}`));
})";

/// Why axe may not see the colours of a text, each looked at: it stands in a drawing (the charts, whose words are beside the
/// bars), on the shadow at the edge of a text that scrolls, or under a menu that was opened over the usual state.
const UNSEEN: &str = "((node, key) => document.querySelector(node.target[0])?.closest('.bars') || key === 'bgGradient'
    || ['bgOverlap', 'elmPartiallyObscuring'].includes(key) && document.querySelector('#deny[open], .me[open], .rest[open]'))";

macro_rules! walks {
    ($($name:ident: $part:literal),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            walk($part).await;
        }
    )*};
}

// Each with a browser of its own, so that two run at a time.
walks!(no_page_has_a_fault_first_half: 0, no_page_has_a_fault_second_half: 1);

async fn walk(part: usize) {
    let (Some(machine), Some(axe)) = (Machine::find(), lent("COUNTERSIGN_TEST_AXE")) else { return };
    let axe = fs::read_to_string(axe).unwrap();
    let url = serve(&machine.site.join("pkg")).await;
    let browser = machine.browser(Script::On).await;
    let mut wrong = Vec::new();
    for row in rows::all().into_iter().skip(part).step_by(2) {
        let address = format!("{url}{}", row.at);
        browser.open(&address).await;
        arrive(&browser, row.act).await;
        // Not bound by the policy of the page.
        browser.chromium("Runtime.evaluate", json!({"expression": axe})).await;
        for fault in look(&browser).await {
            wrong.push(format!("{} ({}) {fault}   {address}", row.page, row.state));
        }
    }
    let broken = browser.complaints().await.into_iter().filter(|it| it.contains("Content Security Policy"));
    wrong.extend(broken);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

async fn serve(package: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let site = site::site(package);
    tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
    url
}

/// Waits until the page stands as it will, and does what is to be done on it.
async fn arrive(browser: &Browser, act: Act) {
    // The islands are awake, if there are any, and no button waits any more.
    browser.until("document.readyState === 'complete'").await;
    browser.until("!document.querySelector('script[src], script[type=module]') || !document.querySelector('.live[hidden]')").await;
    browser.until(SETTLED).await;
    match act {
        Act::Nothing => (),
        Act::Open(css) => browser.until(&format!("{OPEN}(document.querySelector('{css}'))")).await,
        Act::Change(css) => {
            browser.click(".lines input[type=checkbox]:enabled").await;
            browser.until(&there(css)).await;
        }
        Act::Arm => {
            browser.press(&["a"]).await;
            browser.until(&there("#approve button.armed")).await;
        }
        Act::Wait(css) => browser.until(&there(css)).await,
    }
}

fn there(css: &str) -> String {
    format!("document.querySelector('{css}') !== null")
}

/// Approve acts, or is not there, or something else holds it back.
const SETTLED: &str = "document.querySelector('.scripted #approve button:enabled[aria-disabled]') === null";
const OPEN: &str =
    "(it => { if (it.open) return true; it.showModal ? it.showModal() : it.open = true; return it.open })";

/// What is wrong in each theme and width, each fault once with where it is.
async fn look(browser: &Browser) -> Vec<String> {
    let mut wrong: Vec<(String, Vec<String>)> = Vec::new();
    let mut note = |what: String, place: String| match wrong.iter_mut().find(|(known, _)| *known == what) {
        Some((_, places)) => places.push(place),
        None => wrong.push((what, vec![place])),
    };
    for theme in ["light", "dark"] {
        browser.theme(theme).await;
        for width in WIDTHS {
            browser.size(width, HEIGHT).await;
            let faults = browser.value(&LOOK.replace("UNSEEN", UNSEEN)).await.unwrap();
            for fault in faults.as_array().unwrap() {
                note(fault.as_str().unwrap().to_owned(), format!("{theme} {width}"));
            }
        }
    }
    for width in NARROW {
        browser.size(u32::try_from(width).unwrap(), 640).await;
        let needed = browser.value("document.documentElement.scrollWidth").await.unwrap();
        if needed.as_u64() > Some(width) {
            note(format!("scrolls sideways, {needed} pixels wide"), width.to_string());
        }
    }
    browser.size(1280, 900).await;
    wrong.into_iter().map(|(what, places)| format!("[{}] {what}", places.join(", "))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_found() {
    let (Some(machine), Some(axe)) = (Machine::find(), lent("COUNTERSIGN_TEST_AXE")) else { return };
    let axe = fs::read_to_string(axe).unwrap();
    let url = serve(&machine.site.join("pkg")).await;
    let browser = machine.browser(Script::On).await;
    browser.open(&format!("{url}/docs")).await;
    arrive(&browser, Act::Nothing).await;
    browser.chromium("Runtime.evaluate", json!({"expression": axe})).await;
    assert_eq!(look(&browser).await, Vec::<String>::new());
    let spoil = "(main => { main.innerHTML = '<img src=\"/assets/favicon.svg\"><p class=pale>pale</p>'; \
        document.querySelector('main p').style.cssText = 'color: #888; background: #999; width: 2000px'; return true })";
    browser.until(&format!("{spoil}(document.querySelector('main'))")).await;
    let found = look(&browser).await.join("\n");
    for rule in ["image-alt", "color-contrast", "page-has-heading-one", "scrolls sideways"] {
        assert!(found.contains(rule), "{rule} is not seen: {found}");
    }
}
