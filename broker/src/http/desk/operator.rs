use super::HttpDesk;
use crate::operator;
use protocol::{
    Problem,
    operator::{SettingRow, SystemView},
};
use web_ui::OperatorDesk;

#[async_trait::async_trait]
impl OperatorDesk for HttpDesk {
    async fn settings(&self) -> Result<Vec<SettingRow>, Problem> {
        self.told(async { operator::settings(&self.app, self.who()?) }.await)
    }

    async fn system(&self, examine: bool) -> Result<SystemView, Problem> {
        self.told(async { operator::system(&self.app, self.who()?, examine).await }.await)
    }
}
