//! A tool of an MCP server, for people: whose word it is what it does, what its server says of it, and what changed.

use super::Icon;
use crate::{
    format,
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::{
    card::CleanText,
    digest::Digest,
    tools::{CardTool, ChangedPart, ChangedParts, ToolChange, WhoSaid},
};

/// So much of a digest tells two definitions apart for a person; the whole of it is in the title.
const SHORT: usize = 12;
/// Descriptions of more bytes than this scroll by themselves.
const LONG: usize = 240;

/// On the card, below the action that it is.
#[component]
pub(crate) fn OnCard(
    /// Its name at its server. In letters of one width, names that look alike in the sentence do not.
    name: String,
    tool: CardTool,
) -> impl IntoView {
    let CardTool { digest, description, said_by, like, changed } = tool;
    let changed = changed.map(|it| view! { <Changed it /> });
    view! {
        <div class="tool small">
            <p class="soft"><code>{name}</code>" · "<SaidBy said_by />" · "{t!("tool-definition")}" "<Short digest /></p>
            <Like names=like />
            {changed}
            <Describes description />
        </div>
    }
    .into_any()
}

/// That it could be taken for others, if it could.
#[component]
pub(crate) fn Like(names: Vec<String>) -> impl IntoView {
    (!names.is_empty()).then(|| {
        let names: Vec<_> = names.into_iter().map(|it| view! { " "<code>{it}</code> }).collect();
        view! { <p class="flag"><Icon name="warning" /><span>{t!("tool-like")}{names}</span></p> }.into_any()
    })
}

/// The beginning of a digest.
#[component]
pub(crate) fn Short(digest: Digest) -> impl IntoView {
    let whole = String::from(digest);
    let short = whole.get(..SHORT).unwrap_or_default().to_owned();
    view! { <code class="id" title=whole>{short}</code> }.into_any()
}

/// Whose word it is.
#[component]
pub(crate) fn SaidBy(said_by: WhoSaid) -> impl IntoView {
    let (class, words) = match said_by {
        WhoSaid::Operator => ("", t!("tool-said-operator")),
        WhoSaid::Earlier => ("warn", t!("tool-said-earlier")),
        WhoSaid::Server => ("", t!("tool-said-server")),
        WhoSaid::Nobody => ("warn", t!("tool-said-nobody")),
    };
    view! { <span class=class>{words}</span> }.into_any()
}

/// The server's words: marked as its words, quoted, only ever text.
#[component]
pub(crate) fn Describes(description: CleanText) -> impl IntoView {
    let CleanText { text, removed } = description;
    let note =
        (removed > 0).then(|| view! { <span class="warn">{t!("card-invisible", count = removed)}</span> });
    if text.is_empty() {
        return view! { <p class="said"><span class="soft">{t!("tool-silent")}</span>{note}</p> }.into_any();
    }
    let long = text.len() > LONG;
    view! {
        <div class="said" class:long=long>
            <span class="soft">{t!("tool-says")}</span>
            <p tabindex=long.then_some("0")>"“"<bdi>{text}</bdi>"”"</p>
            {note}
        </div>
    }
    .into_any()
}

/// That it is not what it was, and how.
#[component]
fn Changed(it: ToolChange) -> impl IntoView {
    let ToolChange { from, granted_at, parts } = it;
    let parts = match parts {
        Some(parts) => view! { <Parts parts /> }.into_any(),
        None => view! { <p>{t!("tool-forgotten")}</p> }.into_any(),
    };
    let when = view! { <time datetime=format::machine(granted_at)>{format::day(granted_at)}</time> };
    view! {
        <div class="changed" role="group" aria-label=t!("tool-what-changed")>
            <p class="flag"><Icon name="warning" /><span>{rich!("tool-changed", time = when.into_any())}" "<Short digest=from /></span></p>
            {parts}
        </div>
    }
    .into_any()
}

/// What is different between two definitions, part by part.
#[component]
pub(crate) fn Parts(parts: ChangedParts) -> impl IntoView {
    let ChangedParts { rows, more } = parts;
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    let more = (more > 0).then(|| {
        view! { <p class="warn">{t!("tool-more-parts", count = i64::try_from(more).unwrap_or(i64::MAX))}</p> }
    });
    view! { <dl class="parts">{rows}</dl> {more} }.into_any()
}

fn row(part: ChangedPart) -> AnyView {
    let ChangedPart { part, before, after } = part;
    let side = |text: Option<String>| match text {
        Some(text) => view! { "“"<bdi>{text}</bdi>"”" }.into_any(),
        None => view! { <i>{t!("tool-not-there")}</i> }.into_any(),
    };
    view! {
        <div>
            <dt><code><bdi>{part}</bdi></code></dt>
            <dd><span class="soft">{t!("tool-was")}</span>" "<span class="was">{side(before)}</span></dd>
            <dd><span class="soft">{t!("tool-is-now")}</span>" "<span class="now">{side(after)}</span></dd>
        </div>
    }
    .into_any()
}
