//! Services.

use super::{
    Conn, all, corrupt, exec, millis, optional,
    tools::{self, SERVER, Tool},
};
use chrono::{DateTime, Utc};
use domain::mcp::offered;
use protocol::{
    Slug,
    services::{ServiceDefinition, ServiceKind},
};
use std::{collections::BTreeMap, sync::Arc};

/// A service as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its definition; the actions of an MCP server are what it offers now.
    pub definition: ServiceDefinition,
    /// The version of what was declared. The tools of an MCP server are no part of that.
    pub version: i64,
    /// Whether new requests for it are refused.
    pub blocked: bool,
    /// What an MCP server offers now, in the order of names.
    pub tools: Arc<Vec<Tool>>,
}

impl Service {
    /// How it was declared, without what its server says of itself.
    pub fn declared(&self) -> ServiceDefinition {
        as_declared(&self.definition)
    }

    /// The same service with what its server offers.
    fn offering(mut self, mut tools: Vec<Tool>) -> Self {
        // By bytes: the order of a database depends on its locale.
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        let server = self.definition.mcp.as_ref();
        let word = |name: &str| server.and_then(|it| it.words.iter().find(|word| word.tool == name));
        let actions = tools
            .iter()
            .filter(|it| it.name != SERVER)
            .filter_map(|it| offered::action(&it.name, &it.definition, word(&it.name)));
        self.definition.actions = actions.collect();
        offered::keep_defaults(&mut self.definition);
        self.tools = Arc::new(tools);
        self
    }
}

/// A definition as somebody declares it: which tools an MCP server has is its own word.
pub fn as_declared(definition: &ServiceDefinition) -> ServiceDefinition {
    let mut declared = definition.clone();
    if declared.kind == ServiceKind::Mcp {
        declared.actions.clear();
    }
    declared
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    body: String,
    blocked: i64,
}

impl TryFrom<Row> for Service {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let definition = serde_json::from_str(&row.body).map_err(corrupt)?;
        Ok(Self { definition, version: row.version, blocked: row.blocked != 0, tools: Arc::default() })
    }
}

const FIND: &str = "SELECT version, body, blocked FROM services WHERE id = $1";
const LIST: &str = "SELECT version, body, blocked FROM services ORDER BY id";
const SAVE: &str = "INSERT INTO services (id, version, body, updated_at) VALUES ($1, 1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET version = services.version + 1, body = excluded.body, updated_at = excluded.updated_at";
const BLOCK: &str = "UPDATE services SET blocked = $2 WHERE id = $1";

pub(super) const SQL: &[&str] = &[FIND, LIST, SAVE, BLOCK];

/// One service.
pub async fn find(conn: &mut Conn, id: &Slug) -> sqlx::Result<Option<Service>> {
    let row: Option<Row> = optional!(conn, FIND, id.as_str())?;
    let Some(service) = row.map(Service::try_from).transpose()? else { return Ok(None) };
    if service.definition.kind != ServiceKind::Mcp {
        return Ok(Some(service));
    }
    let seen = tools::of_service(conn, id).await?;
    Ok(Some(service.offering(seen.into_iter().filter(|it| it.current).collect())))
}

/// All services.
pub async fn list(conn: &mut Conn) -> sqlx::Result<Vec<Service>> {
    let rows: Vec<Row> = all!(conn, LIST)?;
    let services: Vec<Service> = rows.into_iter().map(Service::try_from).collect::<Result<_, _>>()?;
    if services.iter().all(|it| it.definition.kind != ServiceKind::Mcp) {
        return Ok(services);
    }
    let mut offered: BTreeMap<Slug, Vec<Tool>> = BTreeMap::new();
    for tool in tools::current(conn).await? {
        offered.entry(tool.service.clone()).or_default().push(tool);
    }
    let with = |it: Service| {
        let tools = offered.remove(&it.definition.id);
        if it.definition.kind == ServiceKind::Mcp { it.offering(tools.unwrap_or_default()) } else { it }
    };
    Ok(services.into_iter().map(with).collect())
}

/// Adds a service, or makes the next version of its definition.
pub async fn save(conn: &mut Conn, definition: &ServiceDefinition, now: DateTime<Utc>) -> sqlx::Result<()> {
    let body = serde_json::to_string(&as_declared(definition)).map_err(corrupt)?;
    exec!(conn, SAVE, definition.id.as_str(), &body, millis(now)).map(drop)
}

/// Blocks a service, or lets it be asked for again.
pub async fn block(conn: &mut Conn, id: &Slug, blocked: bool) -> sqlx::Result<()> {
    exec!(conn, BLOCK, id.as_str(), i64::from(blocked)).map(drop)
}
