//! Whether a grant holds a call, under what is declared and offered now; and what the record says of it.

use super::{
    arguments,
    call::{Asked, No},
    era::{self, Era},
    message::RpcError,
    offer,
    schemas::Which,
};
use crate::{
    app::App,
    calls::{bearer::Bearer, facts, holder::Holder, refusals},
    fault::Fault,
    ledger::{CallFacts, LedgerError},
    services::directory::{Directory, Reachable},
    store::services::Service,
};
use domain::{
    admit::{Admission, McpCall, Refusal, admit_mcp},
    definition::Declared,
};
use http::StatusCode;
use protocol::{Digest, Hint, mcp::McpServer};
use serde_json::{Value, json};
use std::sync::Arc;

/// A call that its grant's lines hold.
pub(super) struct Admitted {
    pub service: Arc<Service>,
    pub through: Arc<Reachable>,
    pub revision: i64,
    pub admission: Admission,
    pub tool: Option<(Digest, Arc<Value>)>,
}

/// Finds the lines that hold the call, and looks at its arguments. What is remembered of declarations may lag behind: a
/// refusal only counts under the newest.
pub(super) async fn admitted(app: &Arc<App>, holder: &Holder, asked: &Asked<'_>) -> Result<Admitted, No> {
    let mut directory = app.directories.current().await?;
    loop {
        match admit(holder, asked, &directory) {
            Ok(admitted) => {
                let Err(no) = checked(app, asked, &admitted) else { return Ok(admitted) };
                // Which argument is wrong, and how, is for the agent alone: the words quote its value.
                let why = "the arguments are not as the tool's inputSchema and the headers say";
                note(app, holder, asked, Some(&asked.action), why, "arguments").await?;
                return Err(no);
            }
            Err(refused) => {
                let newest = app.directories.newest().await?;
                if newest.revision() == directory.revision() {
                    return Err(refuse(app, holder, asked, &directory, refused).await?);
                }
                directory = newest;
            }
        }
    }
}

fn admit(holder: &Holder, asked: &Asked<'_>, directory: &Directory) -> Result<Admitted, Refused> {
    let service = directory.service(&asked.service).ok_or(Refused::Fault(Fault::NotFound("service")))?;
    let declared = Declared { definition: &service.definition, version: service.version };
    let arguments = asked.request.call.params.get("arguments").unwrap_or(&Value::Null);
    let call = McpCall { action: &asked.action, arguments };
    let admission = admit_mcp(&holder.content.lines, declared, &call).map_err(Refused::Lines)?;
    if let Bearer::Call(claims) = &holder.bearer
        && claims.action != admission.action.name
    {
        return Err(Refused::Lines(Refusal::NotGranted { action: asked.action.clone(), resource: None }));
    }
    let through = directory.connection(&admission.connection.id);
    let through = through.ok_or(Refused::Fault(Fault::NotFound("connection")))?;
    let tool = offer::tool(service, &asked.action).map(|it| (it.digest.clone(), it.value.clone()));
    Ok(Admitted {
        service: service.clone(),
        through: through.clone(),
        revision: directory.revision(),
        admission,
        tool: tool.filter(|_| asked.request.call.method == "tools/call"),
    })
}

enum Refused {
    Lines(Refusal),
    Fault(Fault),
}

/// What the tool's own schema and the headers say of the arguments.
fn checked(app: &App, asked: &Asked<'_>, admitted: &Admitted) -> Result<(), No> {
    let Some((digest, definition)) = &admitted.tool else { return Ok(()) };
    let none = json!({});
    let arguments = asked.request.call.params.get("arguments").unwrap_or(&none);
    if !arguments.is_object() {
        let why = "arguments must be an object";
        return Err(No::Rpc(RpcError::new(StatusCode::BAD_REQUEST, RpcError::INVALID_PARAMS, why)));
    }
    if asked.era == Era::Modern {
        era::params_agree(asked.headers, &definition["inputSchema"], arguments).map_err(No::Rpc)?;
    }
    let checked = app.mcp.schemas.check(digest, Which::Input, &definition["inputSchema"], arguments);
    checked.map_err(|why| {
        No::Result(format!(
            "Nothing was called: the arguments are not as the tool's inputSchema says ({why})."
        ))
    })
}

/// A refusal of the lines: on the record, and answered in the way that helps most.
async fn refuse(
    app: &App,
    holder: &Holder,
    asked: &Asked<'_>,
    directory: &Directory,
    refused: Refused,
) -> Result<No, Fault> {
    let refusal = match refused {
        Refused::Lines(refusal) => refusal,
        Refused::Fault(fault) => return Ok(No::Fault(fault)),
    };
    note(app, holder, asked, refusal.action(), &refusal.to_string(), refusal.reason()).await?;
    Ok(match refusal {
        Refusal::NotRecognised { .. } => {
            let why = format!("there is no tool {}", crate::grants::visible(&asked.action));
            No::Rpc(RpcError::new(StatusCode::OK, RpcError::INVALID_PARAMS, why))
        }
        Refusal::ConditionFailed { .. } | Refusal::SeveralAccounts { .. } => {
            No::Result(format!("Nothing was called: {refusal}."))
        }
        refusal => {
            let definition = directory.service(&asked.service).map(|it| &it.definition);
            let example = definition.and_then(|it| refusal.smallest_request(it, &app.policy));
            let hint = example.map(|example| Hint::RequestAccess { example: Box::new(example) });
            No::Fault(Fault::NotGranted { refusal, hint })
        }
    })
}

/// A call that is not made, on the record.
pub(super) async fn note(
    app: &App,
    holder: &Holder,
    asked: &Asked<'_>,
    action: Option<&str>,
    why: &str,
    code: &str,
) -> Result<(), LedgerError> {
    let facts = facts::object(json!({
        "service": asked.service,
        "action": action,
        "method": asked.request.call.method,
        "why": why,
        "code": code,
    }));
    refusals::record_one(app, &holder.grant, &holder.agent, facts).await
}

pub(super) fn recorded(app: &App, asked: &Asked<'_>, admitted: &Admitted, direct: bool) -> CallFacts {
    let call = &asked.request.call;
    let connection = &admitted.through.connection;
    let mut facts = CallFacts {
        action: admitted.admission.action.name.clone(),
        arguments_digest: Some(domain::digest::of_named(&call.method, &call.params)),
        body_bytes: call.raw.as_ref().map(|it| it.get().len() as u64),
        connection: Some(connection.id.clone()),
        direct: Some(direct),
        method: Some(call.method.clone()),
        secret_version: Some(connection.version),
        service_version: Some(admitted.service.version),
        ..CallFacts::default()
    };
    let none = Value::Null;
    let (given, schema) = match &admitted.tool {
        Some((digest, definition)) => {
            facts.definition = Some(digest.clone());
            (call.params.get("arguments"), definition.get("inputSchema"))
        }
        None => (call.params.get("uri").or_else(|| call.params.get("name")), None),
    };
    facts.arguments = given.and_then(|it| arguments::cleaned(it, schema.unwrap_or(&none), &app.mac_key));
    facts
}

pub(super) fn server_of(service: &Service) -> Option<&McpServer> {
    service.definition.mcp.as_ref()
}
