//! `/connect?client=mcp`: how an MCP client comes to use the MCP servers behind this broker.

use crate::{
    components::Message,
    desk::ServiceView,
    islands::Copy,
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::{ids::Slug, services::ServiceKind};

/// What to copy, for the server that was chosen.
pub(super) fn mcp_clients(
    services: Vec<ServiceView>,
    chosen: &str,
    agent: Option<&Slug>,
    url: &str,
) -> AnyView {
    let servers: Vec<_> = services
        .into_iter()
        .filter(|it| it.definition.kind == ServiceKind::Mcp)
        .map(|it| it.definition)
        .collect();
    let found = servers.iter().find(|it| it.id.as_str() == chosen).or(servers.first());
    let Some(server) = found.map(|it| it.id.to_string()) else {
        return view! { <Message tone="plain" icon="services">{rich!("connect-no-server")}</Message> }
            .into_any();
    };
    let options: Vec<_> = servers
        .into_iter()
        .map(|it| {
            let selected = it.id.as_str() == server;
            view! { <option value=it.id.to_string() selected=selected>{it.title}</option> }
        })
        .collect();
    let steps: Vec<_> = blocks(url, &server, agent)
        .into_iter()
        .map(|(why, text)| view! { <li><p>{why}</p><pre class="copy" tabindex="0"><code>{text}</code></pre></li> })
        .collect();
    view! {
        <form method="get" action="/connect" class="choose">
            <input type="hidden" name="client" value="mcp" />
            <label for="service">{t!("connect-server")}</label>
            <select id="service" name="service">{options}</select>
            <button class="b quiet">{t!("connect-choose")}</button>
        </form>
        <Message tone="plain" icon="connect">{t!("connect-mcp-note")}</Message>
        <ul class="steps ways">{steps}</ul>
        <p class="small soft">{rich!("connect-more")}</p>
        <Copy />
    }
    .into_any()
}

/// Each way: for which client, and what to copy.
fn blocks(url: &str, server: &str, agent: Option<&Slug>) -> Vec<(String, String)> {
    let at = format!("{url}/mcp/{server}");
    let servers =
        |key: &str, inner: String| format!("{{\n  \"{key}\": {{\n    \"{server}\": {inner}\n  }}\n}}");
    let typed = format!("{{\"type\": \"http\", \"url\": \"{at}\"}}");
    let agent = agent.map_or("AGENT", Slug::as_str);
    let bridge = format!(
        "{{\n      \"command\": \"countersign\", \"args\": [\"mcp\", \"{server}\"],\n      \"env\": {{\n        \
         \"COUNTERSIGN_URL\": \"{url}\",\n        \"COUNTERSIGN_AGENT\": \"{agent}\",\n        \
         \"COUNTERSIGN_AGENT_SECRET_FILE\": \"/path/to/{agent}.secret\"\n      }}\n    }}"
    );
    vec![
        (t!("connect-mcp-claude"), format!("claude mcp add --transport http {server} {at}")),
        (t!("connect-mcp-json"), servers("mcpServers", typed.clone())),
        (t!("connect-mcp-cursor"), servers("mcpServers", format!("{{\"url\": \"{at}\"}}"))),
        (t!("connect-mcp-code"), servers("servers", typed)),
        (t!("connect-mcp-all"), format!("claude mcp add --transport http countersign {url}/mcp")),
        (t!("connect-mcp-stdio"), servers("mcpServers", bridge)),
    ]
}
