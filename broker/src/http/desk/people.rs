use super::HttpDesk;
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    people::keep,
    store::{agents, people as rows, services},
};
use protocol::{Problem, Slug, people::PersonSummary, sessions::Role};
use web_ui::{PeopleDesk, ScopeView};

#[async_trait::async_trait]
impl PeopleDesk for HttpDesk {
    async fn people(&self) -> Result<Vec<PersonSummary>, Problem> {
        self.told(async { keep::list(&self.app, self.who()?).await }.await)
    }

    async fn scope(&self, person: &Slug) -> Result<ScopeView, Problem> {
        self.told(async { scope_of(&self.app, self.who()?, person).await }.await)
    }
}

/// For which services and agents a person decides, and which there are.
pub(in crate::http) async fn scope_of(
    app: &App,
    visitor: &Visitor,
    person: &Slug,
) -> Result<ScopeView, Fault> {
    if !visitor.person.is(Role::Admin) {
        return Err(Fault::Forbidden("people and their roles are kept by admins".to_owned()));
    }
    let mut conn = app.store.read().await?;
    let person = rows::find(&mut conn, person).await?.ok_or(Fault::NotFound("person"))?;
    let services = services::list(&mut conn).await?.into_iter();
    let agents = agents::list(&mut conn).await?.into_iter();
    Ok(ScopeView {
        services: services.map(|it| (it.definition.id, it.definition.title)).collect(),
        agents: agents.map(|it| (it.id, it.title)).collect(),
        seen: domain::digest::of_json(&(&person.id, &person.scope)).to_string(),
        person: person.id,
        title: person.title,
        scope: person.scope,
    })
}
