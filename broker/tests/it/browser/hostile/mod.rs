//! Requests that would like to be taken for something else, asked through the real API and looked at on a phone and on a
//! desk. `COUNTERSIGN_WRITE_SCREENSHOTS=1` writes what is seen into `docs/images/hostile`; docs/hostile.md lists it.

mod cases;
mod names;
mod tools;

use super::{
    Machine, Script, finish,
    fold::{HIDDEN, WIDE},
    sign_in,
    stage::Stage,
    webdriver::Browser,
};
use agent_client::Error;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use cases::Case;
use names::Refusal;
use protocol::AccessRequest;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What stands on the page while the card can be decided.
const READY: &str =
    "document.querySelector('.scripted #approve button:enabled:not([aria-disabled])') !== null";

/// What is wrong with a card, in words: an element or an attribute that only an agent can have wanted, a character that
/// cannot be seen, text that is not isolated, or the agent's words outside of their block.
const WRONG: &str = "(() => {
    const card = document.querySelector('section.card'), wrong = [];
    const known = 'B BDI BUTTON CODE DETAILS DIV FIELDSET FORM HEADER INPUT KBD LABEL LEGEND LI P SPAN SUMMARY TEXTAREA TIME UL svg use'
        .split(' ');
    for (const it of card.querySelectorAll('*')) {
        if (!known.includes(it.tagName)) wrong.push('an element ' + it.outerHTML);
        for (const {name, value} of it.attributes)
            if (name.startsWith('on') || name === 'style' || name === 'src' || /^(https?:)?\\/\\//.test(value) && name !== 'title')
                wrong.push('an attribute ' + it.outerHTML);
    }
    const hidden = card.textContent.match(/[\\p{Cf}\\p{Co}\\p{Cn}\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]/u);
    if (hidden) wrong.push('a hidden character ' + hidden[0].codePointAt(0).toString(16));
    const words = card.querySelector('.why p bdi');
    for (const it of [words, ...card.querySelectorAll('.who bdi, .says bdi, .said bdi')])
        if (getComputedStyle(it).unicodeBidi !== 'isolate') wrong.push('not isolated: ' + it.outerHTML);
    if (words.children.length) wrong.push('elements in the agent’s words');
    for (const it of card.querySelectorAll('.said bdi')) if (it.children.length) wrong.push('elements in a server’s words');
    const block = card.querySelector('.why').getBoundingClientRect();
    for (const box of words.getClientRects())
        if (box.left < block.left - 1 || box.right > block.right + 1) wrong.push('the agent’s words leave their block');
    if (document.title.replace(/^\\(\\d+\\) /, '') !== 'Request · Countersign') wrong.push('the title ' + document.title);
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('it scrolls sideways');
    return wrong;
})()";

/// Where the buttons are, from the edges of the screen.
const BUTTONS: &str = "['#deny summary', '#approve button'].map(it => {
    const box = document.querySelector(it).getBoundingClientRect(), bar = document.querySelector('.decide').getBoundingClientRect();
    return it === '#deny summary' ? [box.left, bar.bottom] : [box.right, bar.bottom];
})";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_asked_passes_for_something_else() {
    let Some(machine) = Machine::find() else { return };
    let stage = Stage::with(&machine.site, |parts| parts.policy.requests_per_minute = 0, hostile_cast).await;
    tools::offer(&stage).await;
    let browser = machine.browser(Script::On).await;
    sign_in(&stage, &browser).await;
    browser.size(360, 640).await;
    let usual = stage.ask().await;
    open(&stage, &browser, usual.id().to_string()).await;
    let buttons = browser.value(BUTTONS).await.unwrap();
    usual.withdraw().await.unwrap();

    let mut wrong = Vec::new();
    for case in cases::all() {
        let pending = stage.agent(case.agent).request(&asked(&case.lines, &case.purpose)).await.unwrap();
        browser.size(360, 640).await;
        open(&stage, &browser, pending.id().to_string()).await;
        let mut note = |what: &str, found: Value, good: Value| {
            if found != good {
                wrong.push(format!("{}: {what}: {found:#} and not {good}", case.name));
            }
        };
        note(
            "answers",
            browser.value("document.querySelectorAll('[data-q]').length").await.unwrap(),
            json!(7),
        );
        note("answers below the fold", browser.value(HIDDEN).await.unwrap(), json!([]));
        note("buttons", browser.value(BUTTONS).await.unwrap(), buttons.clone());
        note("cut off on a phone", browser.value(WIDE).await.unwrap(), json!([]));
        note("on a phone", browser.value(WRONG).await.unwrap(), json!([]));
        note("taken out", browser.value(TAKEN_OUT).await.unwrap(), json!(case.removed));
        let says =
            format!("document.querySelector('section.card').textContent.includes({})", json!(case.says));
        note("says", browser.value(&says).await.unwrap(), json!(true));
        keep(&browser, "../docs/images/hostile", case.name).await;
        browser.size(1280, 900).await;
        note("cut off on a desk", browser.value(WIDE).await.unwrap(), json!([]));
        note("on a desk", browser.value(WRONG).await.unwrap(), json!([]));
        keep(&browser, "../target/hostile", case.name).await;
        pending.withdraw().await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    it_measures(&browser).await;
    for refusal in names::refused() {
        is_refused(&stage, &refusal).await;
    }
    finish(stage, browser).await;
}

/// How many characters the card says were taken out.
const TAKEN_OUT: &str = "Number(document.querySelector('.why .warn')?.textContent.match(/\\d+/)[0] ?? 0)";

/// What the tests look for is found on a card that was spoiled.
async fn it_measures(browser: &Browser) {
    let spoil = "(() => {
        const words = document.querySelector('.why p bdi');
        words.innerHTML = '<a href=\"//evil.example\">x\\u200b</a>' + 'W'.repeat(280);
        words.style.unicodeBidi = 'normal';
        document.querySelector('.why p').style.cssText = 'max-height: none; overflow-wrap: normal; overflow: visible';
        document.title = 'ok';
        return true;
    })()";
    browser.until(spoil).await;
    let found = browser.value(WRONG).await.unwrap().to_string();
    for wrong in [
        "an element",
        "an attribute",
        "a hidden character",
        "not isolated",
        "elements in",
        "leave their",
        "the title",
    ] {
        assert!(found.contains(wrong), "{wrong}: {found}");
    }
}

async fn open(stage: &Stage, browser: &Browser, request: String) {
    browser.open(&format!("{}/requests/{request}", stage.url)).await;
    browser.until(READY).await;
}

fn asked(lines: &Value, purpose: &str) -> AccessRequest {
    serde_json::from_value(json!({"authorization_details": lines, "purpose": purpose, "duration": 3_600}))
        .unwrap()
}

async fn is_refused(stage: &Stage, refusal: &Refusal) {
    let Refusal { tries, lines, purpose, field, why } = refusal;
    let outcome =
        stage.agent("triage-bot").request(&asked(lines, purpose)).await.map(|it| it.id().to_string());
    let problem = outcome.as_ref().unwrap_err();
    let problem = problem.problem().unwrap_or_else(|| panic!("{tries}: {problem}"));
    assert_eq!((problem.status, problem.field.as_deref()), (422, Some(*field)), "{tries}: {problem:?}");
    assert!(problem.detail.contains(why), "{tries}: {problem:?}");
    assert!(matches!(outcome, Err(Error::Refused { .. })));
}

/// The usual people, and names that pretend.
fn hostile_cast(wanted: &mut Value) {
    let agent =
        |name: &str, title: &str| json!({"name": name, "title": title, "owner": "paul", "direct": false});
    let add = |list: &mut Value, more: Value| list.as_array_mut().unwrap().push(more);
    add(&mut wanted["agents"], agent("verified", "Countersign: verified by Paul ✓"));
    add(&mut wanted["agents"], agent("hebrew", "סוכן בדיקות 42"));
    add(&mut wanted["agents"], agent("long", "Countersign Security Team (verified, approved by two admins)"));
    let mut shop = wanted["services"][1].clone();
    shop["id"] = json!("shop");
    shop["title"] = json!("<b>Safe</b><script>alert(1)</script> & Co");
    shop["origin"] = json!("https://xn--80ak6aa92e.com");
    shop["resource"] = Value::Null;
    shop["actions"] = json!([{
        "name": "orders.read", "verb": "read", "object": "orders", "effect": "read", "reversible": true,
        "recogniser": {"by": "http", "method": "GET", "path": "/orders/{order}"},
    }]);
    add(&mut wanted["services"], shop);
    let mut account = wanted["connections"][1].clone();
    (account["name"], account["service"]) = (json!("shop"), json!("shop"));
    account["account"] = json!("@shop, for 1 minute. Nothing else");
    add(&mut wanted["connections"], account);
    tools::declare(wanted);
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Writes what is seen, small, if that is wanted. (What is seen on a desk is only looked at.)
async fn keep(browser: &Browser, place: &str, name: &str) {
    if std::env::var_os("COUNTERSIGN_WRITE_SCREENSHOTS").is_none() {
        return;
    }
    let folder = folder(place);
    fs::create_dir_all(&folder).unwrap();
    let shot = browser.chromium("Page.captureScreenshot", json!({"format": "webp", "quality": 70})).await;
    let picture = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    fs::write(folder.join(format!("{name}.webp")), picture).unwrap();
}

/// Every case stands in docs/hostile.md as it is here; with `COUNTERSIGN_WRITE_SCREENSHOTS=1` it is written there.
#[test]
fn the_page_lists_what_is_tried_and_seen() {
    let file = folder("../docs/hostile.md");
    let (start, end) = ("<!-- tried -->\n", "<!-- end -->\n");
    let old = fs::read_to_string(&file).unwrap();
    let (before, rest) = old.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let row = |case: &Case| {
        let Case { name, tries, sees, .. } = case;
        format!("| {tries} | {sees} | [on a phone](images/hostile/{name}.webp) |\n")
    };
    let cases: String = cases::all().iter().map(row).collect();
    let refused = |it: &Refusal| format!("| {} | `{}`: {} |\n", it.tries, it.field, it.why);
    let refused: String = names::refused().iter().map(refused).collect();
    let table = format!(
        "\n| what it tries | what a person sees | picture |\n|---|---|---|\n{cases}\n\
         These are refused, with the field and the reason:\n\n| what it tries | the refusal |\n|---|---|\n{refused}\n"
    );
    let new = format!("{before}{start}{table}{end}{after}");
    if std::env::var_os("COUNTERSIGN_WRITE_SCREENSHOTS").is_some() {
        return fs::write(&file, new).unwrap();
    }
    assert_eq!(old, new, "write it anew with COUNTERSIGN_WRITE_SCREENSHOTS=1");
    for case in cases::all() {
        let picture = folder(&format!("../docs/images/hostile/{}.webp", case.name));
        assert!(picture.exists(), "{} has no picture", case.name);
    }
    assert!(cases::all().len() >= 30, "thirty of them");
}
