use super::{Fake, sample};
use chrono::TimeDelta;
use protocol::{
    ids::Slug,
    people::{PersonSummary, Scope},
    problem::Problem,
    sessions::{Role, Routine},
};
use web_ui::{PeopleDesk, ScopeView};

#[async_trait::async_trait]
impl PeopleDesk for Fake {
    async fn people(&self) -> Result<Vec<PersonSummary>, Problem> {
        self.works()?;
        let person = |id: &str, title: &str, roles: &[Role]| PersonSummary {
            id: sample::slug(id),
            title: title.to_owned(),
            roles: roles.to_vec(),
            blocked: false,
            last_seen: None,
            approved: 0,
            agents: 0,
            last_admin: false,
            passkeys: usize::from(id == "ana"),
            let_in_by: Vec::new(),
            routine: None,
            decides_for: Scope::default(),
        };
        let seen = sample::now() - TimeDelta::minutes(4);
        let paul = person("paul", "Paul", &[Role::Approver, Role::Admin]);
        let paul = PersonSummary {
            last_seen: Some((seen, "link".to_owned())),
            approved: 2,
            agents: 3,
            last_admin: true,
            ..paul
        };
        if self.empty {
            return Ok(vec![paul]);
        }
        let eve = PersonSummary { blocked: true, ..person("eve", &sample::hostile(), &[]) };
        let ana = PersonSummary {
            let_in_by: vec![sample::slug("paul")],
            routine: Some(Routine { decisions: 41, approved: 41, median_ms: Some(1_400) }),
            decides_for: Scope { services: vec![sample::slug("github")], agents: Vec::new() },
            ..person("ana", "Ana", &[Role::Auditor])
        };
        Ok(vec![ana, eve, paul])
    }

    async fn scope(&self, person: &Slug) -> Result<ScopeView, Problem> {
        let choice = |id: &str, title: &str| (sample::slug(id), title.to_owned());
        Ok(ScopeView {
            person: person.clone(),
            title: sample::hostile(),
            scope: Scope { services: vec![sample::slug("github")], agents: Vec::new() },
            services: vec![choice("github", "GitHub"), choice("wiki", &sample::hostile())],
            agents: vec![choice("helper", "Helper")],
            seen: "seen".to_owned(),
        })
    }
}
