use super::HttpDesk;
use crate::people::keep;
use protocol::{Problem, people::PersonSummary};
use web_ui::PeopleDesk;

#[async_trait::async_trait]
impl PeopleDesk for HttpDesk {
    async fn people(&self) -> Result<Vec<PersonSummary>, Problem> {
        self.told(async { keep::list(&self.app, self.who()?).await }.await)
    }
}
