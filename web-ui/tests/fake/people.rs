use super::{Fake, sample};
use chrono::TimeDelta;
use protocol::{people::PersonSummary, problem::Problem, sessions::Role};
use web_ui::PeopleDesk;

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
        Ok(vec![person("ana", "Ana", &[Role::Auditor]), eve, paul])
    }
}
