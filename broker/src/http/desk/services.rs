//! Services with how they stand, and the forms of those who keep them.

use super::{HttpDesk, tools};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Visitor},
    ledger::acts::may_try,
    services::{catalogue, context},
    store::{
        audit::{self, LastCall},
        connections::{self, Connection, Test},
        history, millis, people, services as rows, time, usage,
    },
    vault::VaultError,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::definition::form;
use protocol::{
    Problem, Slug,
    services::{ServiceDefinition, ServiceSummary},
    sessions::Role,
};
use std::collections::HashMap;
use web_ui::{
    ActionUsage, CatalogueEntry, ConnectionView, FormOf, FormView, PersonChoice, ServiceDesk, ServiceView,
    Tested, Tried,
};

/// How far back granted is held against used.
const LOOK_BACK: TimeDelta = TimeDelta::days(30);

#[async_trait::async_trait]
impl ServiceDesk for HttpDesk {
    async fn service_views(&self) -> Result<Vec<ServiceView>, Problem> {
        self.told(async { services(&self.app, self.who()?).await }.await)
    }

    async fn service_view(&self, id: &Slug) -> Result<ServiceView, Problem> {
        self.told(async { service(&self.app, self.who()?, id).await }.await)
    }

    fn catalogue(&self) -> Vec<CatalogueEntry> {
        let entry = |it: &ServiceDefinition| CatalogueEntry {
            id: it.id.to_string(),
            title: it.title.clone(),
            origin: it.origin.clone(),
            actions: it.actions.len(),
        };
        catalogue::all().iter().map(entry).collect()
    }

    async fn service_form(&self, of: FormOf) -> Result<FormView, Problem> {
        self.told(async { fields(&self.app, self.who()?, of).await }.await)
    }

    async fn people_to_choose(&self) -> Result<Vec<PersonChoice>, Problem> {
        self.told(async { choices(&self.app, self.who()?).await }.await)
    }

    fn filled(&self) -> Option<FormView> {
        self.filled.clone()
    }
}

async fn fields(app: &App, visitor: &Visitor, of: FormOf) -> Result<FormView, Fault> {
    admins(visitor)?;
    let (fields, version) = match of {
        FormOf::Service(id) => {
            let found = rows::find(&mut app.store.read().await?, &id).await?;
            let found = found.ok_or(Fault::NotFound("service"))?;
            (form::to_pairs(&found.definition), found.version)
        }
        FormOf::NewService(Some(name)) => {
            let entry = catalogue::all().iter().find(|it| it.id.as_str() == name);
            let entry = entry.ok_or(Fault::NotFound("service in the catalogue"))?;
            let id = ("id".to_owned(), entry.id.to_string());
            ([id].into_iter().chain(form::to_pairs(entry)).collect(), 0)
        }
        FormOf::NewServer => {
            let fields = [("kind", "mcp"), ("mcp_path", "/mcp"), ("auth", "bearer")];
            (fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(), 0)
        }
        FormOf::NewService(None) => {
            let rows = (0..3).map(|row| ("row".to_owned(), row.to_string()));
            ([("auth".to_owned(), "bearer".to_owned())].into_iter().chain(rows).collect(), 0)
        }
    };
    let version = ("version".to_owned(), version.to_string());
    Ok(FormView { fields: [version].into_iter().chain(fields).collect(), ..FormView::default() })
}

async fn choices(app: &App, visitor: &Visitor) -> Result<Vec<PersonChoice>, Fault> {
    admins(visitor)?;
    let people = people::list(&mut app.store.read().await?).await?.into_iter().filter(|it| !it.blocked);
    let choice =
        |it: people::Person| PersonChoice { approver: it.is(Role::Approver), id: it.id, title: it.title };
    Ok(people.map(choice).collect())
}

/// Services and people are kept by admins.
pub(in crate::http) fn admins(visitor: &Visitor) -> Result<(), Fault> {
    if visitor.person.is(Role::Admin) {
        return Ok(());
    }
    Err(Fault::Forbidden("this needs the admin role; an admin of this installation can do it".into()))
}

/// What is known of all connections.
struct Known {
    connections: Vec<Connection>,
    entered: HashMap<String, i64>,
    tests: Vec<Test>,
    calls: Vec<LastCall>,
    days: HashMap<String, i64>,
}

/// The services that a person may see.
async fn services(app: &App, visitor: &Visitor) -> Result<Vec<ServiceView>, Fault> {
    let summaries = grants::services(app, visitor).await?;
    let mut conn = app.store.read().await?;
    let known = Known {
        connections: connections::list(&mut conn).await?,
        entered: connections::sealed(&mut conn).await?.into_iter().collect(),
        tests: connections::tests(&mut conn).await?,
        calls: audit::last_calls(&mut conn).await?,
        days: usage::last_days(&mut conn).await?.into_iter().collect(),
    };
    let stored = rows::list(&mut conn).await?.into_iter();
    let mut stored: HashMap<Slug, _> = stored.map(|it| (it.definition.id.clone(), it.definition)).collect();
    let views = summaries.into_iter().filter_map(|summary| {
        let definition = stored.remove(&summary.id)?;
        Some(view(app, visitor, summary, definition, &known))
    });
    Ok(views.collect())
}

/// One of them, with granted against used.
async fn service(app: &App, visitor: &Visitor, id: &Slug) -> Result<ServiceView, Fault> {
    let mut view = seen(app, visitor, id).await?;
    view.usage = granted_against_used(app, &view.definition).await?;
    view.server = tools::server(app, &view.definition).await?;
    Ok(view)
}

/// One of them, as it stands.
pub(super) async fn seen(app: &App, visitor: &Visitor, id: &Slug) -> Result<ServiceView, Fault> {
    let all = services(app, visitor).await?;
    all.into_iter().find(|it| it.summary.id == *id).ok_or(Fault::NotFound("service"))
}

fn view(
    app: &App,
    visitor: &Visitor,
    summary: ServiceSummary,
    definition: ServiceDefinition,
    known: &Known,
) -> ServiceView {
    let of_service = known.connections.iter().filter(|it| it.service == summary.id);
    let called = of_service.filter_map(|it| last_call(known, it)).map(|it| it.at).max();
    let day = known.days.get(summary.id.as_str()).map(|day| time(day * usage::DAY));
    let seen = summary.connections.iter().filter_map(|it| known.connections.iter().find(|c| c.id == it.id));
    ServiceView {
        connections: seen.map(|it| connection(app, visitor, &definition, it, known)).collect(),
        last_used: called.or(day),
        usage: Vec::new(),
        server: None,
        may_keep: visitor.person.is(Role::Admin),
        definition,
        summary,
    }
}

fn connection(
    app: &App,
    visitor: &Visitor,
    service: &ServiceDefinition,
    it: &Connection,
    known: &Known,
) -> ConnectionView {
    let person = &visitor.person;
    let test = known.tests.iter().find(|test| test.connection == it.id.as_str());
    ConnectionView {
        id: it.id.clone(),
        account: it.account.clone(),
        owner: it.owner.clone(),
        approvers: it.approvers.clone(),
        secret_version: it.version,
        entered_at: known.entered.get(it.id.as_str()).copied().map(time).unwrap_or_default(),
        opens: opens(app, service, it),
        last_call: last_call(known, it),
        last_test: test.map(|test| tested(test, it.version)),
        may_test: may_try(person, it.owner.as_ref()),
        may_reconnect: person.is(Role::Admin) || it.owner.as_ref() == Some(&person.id),
    }
}

fn last_call(known: &Known, it: &Connection) -> Option<Tried> {
    let call = known.calls.iter().find(|call| call.connection == it.id.as_str())?;
    Some(Tried { at: time(call.at), status: call.status, outcome: call.outcome.clone() })
}

fn tested(test: &Test, version: i64) -> Tested {
    let status = test.status.and_then(|it| u16::try_from(it).ok());
    Tested {
        tried: Tried { at: time(test.at), status, outcome: test.outcome.clone() },
        by: test.person.clone(),
        call: test.call.clone(),
        ms: test.ms,
        outdated: test.version != version,
    }
}

/// Whether the secret is sealed for the place where the service is now. What it holds is overwritten at once.
fn opens(app: &App, service: &ServiceDefinition, it: &Connection) -> Option<bool> {
    let Ok(place) = context(service, it) else { return Some(false) };
    match app.vault.open_secret(&place.bound(), &it.record) {
        Ok(_) => Some(true),
        // Not tried, or another broker has a key that this one has not heard of yet.
        Err(VaultError::Sealed | VaultError::UnknownKey { .. }) => None,
        Err(_) => Some(false),
    }
}

async fn granted_against_used(app: &App, definition: &ServiceDefinition) -> Result<Vec<ActionUsage>, Fault> {
    let since: DateTime<Utc> = app.clock.now() - LOOK_BACK;
    let mut conn = app.store.read().await?;
    let used = usage::of_service(&mut conn, &definition.id, millis(since) / usage::DAY).await?;
    let granted = history::granted_of_service(&mut conn, &definition.id, since).await?;
    let of = |name: &str| {
        let sessions = granted.iter().filter(|it| {
            let lines = it.grant.approval().into_iter().flat_map(|it| &it.terms.lines);
            let mut lines = lines.filter(|line| line.service.id == definition.id);
            lines.any(|line| line.actions.iter().any(|action| action.name == name))
        });
        let counted = used.iter().find(|(action, ..)| action == name);
        ActionUsage {
            action: name.to_owned(),
            granted: i64::try_from(sessions.count()).unwrap_or(i64::MAX),
            calls: counted.map_or(0, |it| it.1),
            refused: counted.map_or(0, |it| it.2),
        }
    };
    Ok(definition.actions.iter().map(|action| of(&action.name)).collect())
}
