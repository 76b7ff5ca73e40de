use super::{desk, query_fields, show};
use crate::{
    components::{Heading, Message, SearchField, SessionRow, places},
    desk::Desk,
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::{
    GrantId, RequestId,
    problem::Problem,
    sessions::{Role, SessionSummary},
};
use std::sync::Arc;

/// Sessions that are shown: the newest.
const SESSIONS: usize = 20;

/// `/search?q=WORDS`: pages, services, agents, people and sessions with the words in their names, of those that the
/// viewer may see anyway. The id of a request or a session leads to it.
#[component]
pub(crate) fn Search() -> impl IntoView {
    let Some(desk) = desk() else { return ().into_any() };
    let fields = query_fields();
    let words = fields.iter().find(|(name, _)| name == "q").map(|(_, value)| value.trim().to_owned());
    let words = words.unwrap_or_default();
    let now = desk.now();
    let body = (!words.is_empty()).then(|| {
        let asked = words.to_lowercase();
        let found = {
            let asked = asked.clone();
            async move { found(desk, &asked).await }
        };
        show(found, move |(links, sessions)| {
            if links.is_empty() && sessions.is_empty() {
                return view! { <Message tone="plain" icon="search">{rich!("search-nothing", words = asked)}</Message> }
                    .into_any();
            }
            let links: Vec<_> = links.into_iter().map(|it| view! { <Row it /> }).collect();
            let rows: Vec<_> =
                sessions.into_iter().map(|session| view! { <SessionRow session now /> }).collect();
            view! { <ul class="list">{links} {rows}</ul> }.into_any()
        })
    });
    view! {
        <Heading title=t!("nav-search") />
        <SearchField id="q" words />
        <p class="small soft">{t!("search-what")}</p>
        {body}
    }
    .into_any()
}

/// Something that was found: what it is, its name, and where it is.
struct Link {
    what: String,
    name: String,
    href: String,
}

#[component]
fn Row(it: Link) -> impl IntoView {
    view! { <li class="row found"><a class="whole" href=it.href><bdi>{it.name}</bdi></a><span class="small soft">{it.what}</span></li> }
}

async fn found(desk: Arc<dyn Desk>, words: &str) -> Result<(Vec<Link>, Vec<SessionSummary>), Problem> {
    if let Some(link) = by_id(words) {
        return Ok((vec![link], Vec::new()));
    }
    let has = |texts: &[&str]| texts.iter().any(|it| it.to_lowercase().contains(words));
    let link = |what: String, name: &str, href: String| Link { what, name: name.to_owned(), href };
    let mut links: Vec<Link> = places()
        .into_iter()
        .filter(|it| has(&[&it.title]))
        .map(|it| link(t!("search-page"), &it.title, it.href.to_owned()))
        .collect();
    let services = desk.services().await?.into_iter().filter(|it| has(&[&it.title, it.id.as_str()]));
    links.extend(services.map(|it| link(t!("audit-service"), &it.title, format!("/services/{}", it.id))));
    let agents = desk.agent_views().await?.into_iter().map(|it| it.summary);
    let agents = agents.filter(|it| has(&[&it.title, it.id.as_str()]));
    links.extend(agents.map(|it| link(t!("audit-agent"), &it.title, format!("/agents/{}", it.id))));
    if desk.viewer().is_some_and(|it| it.roles.contains(&Role::Admin)) {
        let people = desk.people().await?.into_iter().filter(|it| has(&[&it.title, it.id.as_str()]));
        links.extend(people.map(|it| link(t!("search-person"), &it.title, format!("/people/{}", it.id))));
    }
    let mut sessions = desk.sessions(false).await?;
    sessions.extend(desk.sessions(true).await?);
    sessions.retain(|it| {
        let services = it.services.iter().flat_map(|it| [it.title.as_str(), it.service.as_str()]);
        let parties = [it.agent.title.as_str(), it.agent.id.as_str(), it.owner.as_str()];
        has(&services.chain(parties).collect::<Vec<_>>())
    });
    sessions.truncate(SESSIONS);
    Ok((links, sessions))
}

/// What has this id, whether it is there or not: the page says so.
fn by_id(words: &str) -> Option<Link> {
    let link = |what, href| Link { what, name: words.to_owned(), href };
    let request =
        words.parse::<RequestId>().ok().map(|id| link(t!("search-request"), format!("/requests/{id}")));
    request.or_else(|| {
        words.parse::<GrantId>().ok().map(|id| link(t!("session-title"), format!("/sessions/{id}")))
    })
}
