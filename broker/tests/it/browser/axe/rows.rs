//! Every page in every state in which people can see it. What UX asks of states stands in `ASKED`; "loading" is missing
//! there because pages arrive complete, and "partly granted" because a grant is made in one transaction.

use Act::{Arm, Change, Nothing, Open, Wait};
use leptos_axum::generate_route_list;
use std::collections::BTreeSet;

/// What a person does before the look.
#[derive(Clone, Copy)]
pub enum Act {
    Nothing,
    /// Opens a part of the page.
    Open(&'static str),
    /// Changes a tick, and waits for this to be there.
    Change(&'static str),
    /// Presses the key that arms Approve.
    Arm,
    /// Waits for this to be there.
    Wait(&'static str),
}

/// A page of the router, and where its states are.
struct Page {
    route: &'static str,
    at: &'static str,
    /// Name, what the address gets (or is, if it starts with a slash), and what is done there.
    states: &'static [(&'static str, &'static str, Act)],
}

/// One look.
pub struct Row {
    pub page: &'static str,
    pub state: &'static str,
    pub at: String,
    pub act: Act,
}

/// What every page is looked at in.
const EVERYWHERE: [(&str, &str, Act); 3] = [
    ("usual", "", Nothing),
    ("error", "broken", Nothing),
    // As much as a page can hold: a banner, what came of a form, and longer words.
    ("read-only, after a refusal, in German", "sealed&refused&de", Nothing),
];

const ASKED: [&str; 14] = [
    "usual",
    "empty",
    "error",
    "offline",
    "expired",
    "decided elsewhere",
    "changed",
    "withdrawn",
    "held back by a rule",
    "not allowed",
    "signed out",
    "read-only, after a refusal, in German",
    "without JavaScript",
    "without JavaScript, review",
];

pub fn all() -> Vec<Row> {
    let of = |page: &'static Page| {
        EVERYWHERE.iter().chain(page.states).map(|(state, words, act)| Row {
            page: page.route,
            state,
            at: address(page.at, words),
            act: *act,
        })
    };
    PAGES.iter().flat_map(of).collect()
}

fn address(at: &str, words: &str) -> String {
    match words {
        "" => at.to_owned(),
        whole if whole.starts_with('/') => whole.to_owned(),
        words => format!("{at}{}{words}", if at.contains('?') { '&' } else { '?' }),
    }
}

macro_rules! request {
    ($number:literal) => {
        concat!("/requests/req_0000000000000000000000000000000", $number)
    };
}

const fn page(
    route: &'static str,
    at: &'static str,
    states: &'static [(&'static str, &'static str, Act)],
) -> Page {
    Page { route, at, states }
}

const PAGES: &[Page] = &[
    page(
        "/",
        "/",
        &[
            ("empty", "empty", Nothing),
            ("seen by an approver", "plain", Nothing),
            ("signed out", "out", Nothing),
            ("offline", "offline", Wait(".live[data-state=Offline], .live[data-state=Reconnecting]")),
            ("with the menu", "", Open(".me")),
            ("with the other pages", "", Open(".rest")),
            ("with the keys", "", Open("#keys")),
            ("with the palette", "", Open("#palette")),
            ("without JavaScript", "noscript", Nothing),
        ],
    ),
    page(
        "/search",
        "/search?q=issue",
        &[("nothing found", "/search?q=nowhere", Nothing), ("not asked", "/search", Nothing)],
    ),
    page(
        "/requests/{id}",
        request!("1"),
        &[
            ("armed", "", Arm),
            ("sent by a client", "sent", Nothing),
            ("going back to a client", "goes", Nothing),
            ("review", "review=1", Nothing),
            ("without JavaScript", "noscript", Nothing),
            ("without JavaScript, review", "noscript&review=1", Nothing),
            ("a narrowing that cannot be read", "line=x&review=1", Nothing),
            ("while denying", "", Open("#deny")),
            ("with a word to the agent", "", Open(".word")),
            ("with its details", "", Open(".more")),
            ("changed", "changed", Change(".card.frozen")),
            ("decided elsewhere", "elsewhere", Change(".settled")),
            ("no answer to a change", "failing", Change(".obstacles")),
            ("hostile", request!("2"), Nothing),
            ("hostile, review", concat!(request!("2"), "?review=1"), Nothing),
            ("denied", request!("3"), Nothing),
            ("not allowed", request!("4"), Nothing),
            ("expired", request!("5"), Nothing),
            ("held back by a rule", request!("6"), Nothing),
            ("in need of a second person", request!("7"), Nothing),
            (
                "in need of a passkey, without JavaScript",
                concat!(request!("7"), "?review=1&noscript"),
                Nothing,
            ),
            ("of a known client", request!("c"), Nothing),
            ("of a client that nothing vouches for", request!("d"), Nothing),
            ("of a hostile client", request!("e"), Nothing),
            ("for tools", request!("f"), Nothing),
            ("for tools, review", concat!(request!("f"), "?review=1"), Nothing),
            ("live", request!("8"), Nothing),
            ("withdrawn", request!("9"), Nothing),
            ("lapsed", request!("a"), Nothing),
            ("ended", request!("b"), Nothing),
            ("signed out", "out", Nothing),
        ],
    ),
    page("/sessions", "/sessions", &[("empty", "empty", Nothing), ("ended", "ended=1", Nothing)]),
    page(
        "/sessions/{id}",
        "/sessions/ses_0000000000000000000000000000000b",
        &[("ended", "/sessions/ses_0000000000000000000000000000000c", Nothing)],
    ),
    page("/services", "/services", &[("empty", "empty", Nothing), ("seen by an approver", "plain", Nothing)]),
    page(
        "/services/new",
        "/services/new",
        &[
            ("from the catalogue", "from=github", Nothing),
            ("an MCP server", "kind=mcp", Nothing),
            ("wrong", "wrong", Nothing),
            ("before saving", "review", Nothing),
        ],
    ),
    page(
        "/services/{id}",
        "/services/issue-tracker",
        &[
            ("seen by an approver", "plain", Nothing),
            ("blocked", "/services/wiki", Nothing),
            ("hostile", "/services/hostile", Nothing),
            ("an MCP server", "/services/everything", Nothing),
            ("a program of the host", "/services/everything-stdio", Nothing),
        ],
    ),
    page(
        "/services/{id}/tool",
        "/services/everything/tool?name=write_file",
        &[
            ("seen by an approver", "plain", Nothing),
            ("as it was written", "", Open(".more")),
            ("gone", "/services/everything/tool?name=gone", Nothing),
            ("before saving", "review", Nothing),
        ],
    ),
    page("/services/{id}/results", "/services/everything/results", &[("before saving", "review", Nothing)]),
    page(
        "/services/{id}/edit",
        "/services/issue-tracker/edit",
        &[
            ("wrong", "wrong", Nothing),
            ("overtaken", "overtaken", Nothing),
            ("before saving", "review", Nothing),
            ("an MCP server", "/services/everything/edit", Nothing),
            ("a program of the host", "/services/everything-stdio/edit", Nothing),
        ],
    ),
    page("/services/{id}/connect", "/services/issue-tracker/connect", &[("wrong", "wrong", Nothing)]),
    page(
        "/connections/{id}/reconnect",
        "/connections/tracker-paul/reconnect",
        &[("wrong", "wrong", Nothing)],
    ),
    page("/agents", "/agents", &[("empty", "empty", Nothing), ("seen by an approver", "plain", Nothing)]),
    page("/agents/new", "/agents/new", &[("wrong", "wrong", Nothing), ("a new secret", "once", Nothing)]),
    page(
        "/agents/{id}",
        "/agents/build-agent",
        &[
            ("seen by an approver", "plain", Nothing),
            ("a new secret", "once", Nothing),
            ("new", "/agents/nightly", Nothing),
            ("paused", "/agents/paused", Nothing),
            ("cooling down", "/agents/cooling", Nothing),
            ("hostile", "/agents/hostile", Nothing),
            ("brought along", "/agents/brought", Nothing),
            ("brought along, known", "/agents/brought-known", Nothing),
        ],
    ),
    page("/docs", "/docs", &[]),
    page(
        "/connect",
        "/connect",
        &[
            ("empty", "empty", Nothing),
            ("waiting for the first request", "agent=nightly", Nothing),
            ("for MCP clients", "client=mcp", Nothing),
            ("for MCP clients, without a server", "client=mcp&empty", Nothing),
            ("waiting for the first call", "agent=cooling", Nothing),
        ],
    ),
    page(
        "/connections/{id}/edit",
        "/connections/tracker-paul/edit",
        &[("review", "effects", Nothing), ("not there", "/connections/none/edit", Nothing)],
    ),
    page(
        "/connections/{id}/remove",
        "/connections/tracker-paul/remove",
        &[("review", "effects", Nothing), ("not there", "/connections/none/remove", Nothing)],
    ),
    page(
        "/people/{id}/decides",
        "/people/ana/decides",
        &[("review", "effects", Nothing), ("not there", "/people/none/decides", Nothing)],
    ),
    page(
        "/me/prove",
        "/me/prove",
        &[("asked", "prove", Nothing), ("proved by now", "prove&proved", Nothing)],
    ),
    page(
        "/oauth/nothing",
        "/oauth/nothing",
        &[("nothing named", "named-nothing", Nothing), ("services named", "named-services", Nothing)],
    ),
    page(
        "/oauth/refused",
        "/oauth/refused",
        &[("asked wrongly", "asked-wrong", Nothing), ("by a hostile client", "asked-hostile", Nothing)],
    ),
    page(
        "/services/{id}/revoke",
        "/services/issue-tracker/revoke",
        &[("not there", "/services/none/revoke", Nothing)],
    ),
    page("/activity", "/activity", &[("empty", "empty", Nothing)]),
    page(
        "/audit",
        "/audit",
        &[
            ("empty", "empty", Nothing),
            ("filtered", "kind=call.refused&outcome=refused&since=2026-11-01", Nothing),
            ("a filter that cannot be read", "who=NOBODY", Nothing),
            ("with chains", "", Open("details.more")),
        ],
    ),
    page(
        "/audit/{chain}/{seq}",
        "/audit/c0ffee00c0ffee00/3",
        &[("of a call", "/audit/c0ffee00c0ffee00/4", Nothing)],
    ),
    page("/people", "/people", &[("empty", "empty", Nothing), ("adding", "", Open("details.add"))]),
    page("/people/{id}", "/people/paul", &[("hostile, blocked", "/people/eve", Nothing)]),
    page("/settings", "/settings", &[("empty", "empty", Nothing)]),
    page("/system", "/system", &[("with checks", "checks=1", Nothing)]),
    page("/stop-all", "/stop-all", &[("empty", "empty", Nothing), ("just proved", "proved", Nothing)]),
    page("/me", "/me", &[("empty", "empty", Nothing), ("renaming", "", Open("main details"))]),
    page("/me/passkeys/add", "/me/passkeys/add", &[("just proved", "proved", Nothing)]),
    page("/me/passkeys/{id}/remove", "/me/passkeys/one/remove", &[("just proved", "proved", Nothing)]),
    page("/me/codes", "/me/codes", &[("made", "codes", Nothing), ("empty", "empty", Nothing)]),
    page("/me/recover", "/me/recover?recovers", &[]),
    page("/sign-in", "/sign-in?out", &[("empty", "empty", Nothing)]),
    page(
        "/sign-in/link",
        "/sign-in/link?out&t=abc",
        &[("recovering", "/sign-in/link?out&t=recovers", Nothing)],
    ),
    page("/set-up", "/set-up?out", &[]),
    page("/problem", "/problem?refused", &[("signed out", "out", Nothing)]),
    // Whatever is not there.
    page("", "/nowhere", &[]),
];

#[test]
fn every_page_of_the_router_is_looked_at() {
    let listed = |path: &str| path.split('/').map(parameter).collect::<Vec<_>>().join("/");
    let routes: BTreeSet<String> =
        generate_route_list(web_ui::App).iter().map(|it| listed(it.path())).collect();
    let pages: BTreeSet<String> =
        PAGES.iter().map(|page| page.route.to_owned()).filter(|route| !route.is_empty()).collect();
    assert!(routes.contains("/requests/{id}") && routes.len() > 30, "{routes:?}");
    assert_eq!(pages, routes, "a page without a row in PAGES, or a row without a page");
}

/// `:id` as `{id}`.
fn parameter(part: &str) -> String {
    part.strip_prefix(':').map_or_else(|| part.to_owned(), |name| format!("{{{name}}}"))
}

#[test]
fn every_state_is_looked_at_and_every_row_is_another() {
    let rows = all();
    let states: BTreeSet<&str> = rows.iter().map(|row| row.state).collect();
    for state in ASKED {
        assert!(states.contains(state), "no page is looked at: {state}");
    }
    let each: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row.page, row.state)).collect();
    assert_eq!(each.len(), rows.len(), "two rows of one page have the same name");
}
