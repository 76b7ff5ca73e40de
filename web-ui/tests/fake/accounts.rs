//! An account that is changed or removed.

use super::{Fake, not_found};
use protocol::{ids::Slug, problem::Problem};
use web_ui::{AccountDesk, AccountView, ServiceDesk};

#[async_trait::async_trait]
impl AccountDesk for Fake {
    async fn account(&self, connection: &Slug) -> Result<AccountView, Problem> {
        for service in self.service_views().await? {
            if let Some(it) = service.connections.into_iter().find(|it| it.id == *connection) {
                return Ok(AccountView {
                    connection: it,
                    service: service.summary.id,
                    sessions: 2,
                    requests: 1,
                    people: self.people_to_choose().await?,
                    seen: "seen".to_owned(),
                });
            }
        }
        Err(not_found())
    }
}
