//! What MCP servers offer, for people.

use super::{HttpDesk, services};
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    services::tools::{differing, looks, read},
    store::{
        services as rows, tools,
        tools::{SERVER, Tool},
    },
};
use domain::{definition::MCP_METHODS, look_alikes::LookAlikes, mcp};
use protocol::{Problem, Slug, mcp::McpServer, services::ServiceDefinition, sessions::Role};
use std::{cmp::Reverse, collections::BTreeSet};
use web_ui::{Definition, ServerView, ToolDesk, ToolPage, ToolView};

/// How much of a definition is shown as it was written.
const MOST_SHOWN: usize = 20_000;

#[async_trait::async_trait]
impl ToolDesk for HttpDesk {
    async fn tool(&self, service: &Slug, name: &str) -> Result<ToolPage, Problem> {
        self.told(async { tool(&self.app, self.who()?, service, name).await }.await)
    }
}

/// What a server offers; none for a service of another kind.
pub(super) async fn server(app: &App, definition: &ServiceDefinition) -> Result<Option<ServerView>, Fault> {
    let Some(server) = &definition.mcp else { return Ok(None) };
    let seen = tools::of_service(&mut app.store.read().await?, &definition.id).await?;
    let (current, looks) = (seen.iter().filter(|it| it.current), looks(&seen));
    let views: Vec<ToolView> = current.filter_map(|it| view(server, (&seen, &looks), it)).collect();
    let names: BTreeSet<&str> = seen.iter().filter(|it| it.current).map(|it| it.name.as_str()).collect();
    let gone: BTreeSet<&String> = seen.iter().map(|it| &it.name).filter(|it| is_tool(it)).collect();
    let gone = gone.into_iter().filter(|it| !names.contains(it.as_str())).cloned().collect();
    let report = app.mcp.report(&definition.id);
    let left_out = report.as_ref().map(|it| it.left_out);
    Ok(Some(ServerView { tools: views, gone, left_out, failed: report.and_then(|it| it.failed) }))
}

fn is_tool(name: &str) -> bool {
    name != SERVER && !MCP_METHODS.contains(&name)
}

fn view(server: &McpServer, (seen, looks): (&[Tool], &LookAlikes<'_>), stored: &Tool) -> Option<ToolView> {
    let tool = read(stored)?;
    let same = seen.iter().filter(|it| it.name == stored.name);
    let word = server.words.iter().find(|it| it.tool == stored.name);
    Some(ToolView {
        name: stored.name.clone(),
        title: tool.shown_title(),
        description: tool.description(),
        digest: stored.digest.clone(),
        said_by: tool.said_by(word),
        like: looks.of(&stored.name).into_iter().map(str::to_owned).collect(),
        first_seen: same.clone().map(|it| it.first_seen).min().unwrap_or(stored.first_seen),
        changed_at: (same.count() > 1).then_some(stored.since),
    })
}

async fn tool(app: &App, visitor: &Visitor, service: &Slug, name: &str) -> Result<ToolPage, Fault> {
    services::seen(app, visitor, service).await?;
    let mut conn = app.store.read().await?;
    let known = rows::find(&mut conn, service).await?.ok_or(Fault::NotFound("service"))?;
    let seen = tools::of_service(&mut conn, service).await?;
    drop(conn);
    let mut all: Vec<&Tool> = seen.iter().filter(|it| it.name == name && is_tool(name)).collect();
    all.sort_by_key(|it| (Reverse(it.current), Reverse(it.since), Reverse(it.first_seen)));
    let definition = known.definition;
    let (Some(server), Some(newest)) = (&definition.mcp, all.first()) else {
        return Err(Fault::NotFound("tool"));
    };
    let action = definition.actions.iter().find(|it| it.name == name).cloned();
    let now = newest.current.then(|| view(server, (&seen, &looks(&seen)), newest)).flatten();
    let history = all.iter().enumerate().map(|(at, it)| Definition {
        digest: it.digest.clone(),
        first_seen: it.first_seen,
        current: it.current,
        changed: all.get(at + 1).map(|before| differing(before, it)),
    });
    Ok(ToolPage {
        name: name.to_owned(),
        now: now.zip(action),
        word: server.words.iter().find(|it| it.tool == name).cloned(),
        default: definition.default_actions.iter().any(|it| it == name),
        definition: mcp::visible(&newest.definition, MOST_SHOWN),
        history: history.collect(),
        may_keep: visitor.person.is(Role::Admin),
        service: service.clone(),
        service_title: definition.title.clone(),
        version: known.version,
        sensitive: definition.sensitive,
    })
}
