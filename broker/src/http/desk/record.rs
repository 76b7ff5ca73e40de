use super::HttpDesk;
use crate::audit;
use protocol::{
    Problem,
    activity::Activity,
    audit::{AuditEvent, AuditPage, AuditQuery, RecordStanding},
};
use web_ui::RecordDesk;

#[async_trait::async_trait]
impl RecordDesk for HttpDesk {
    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Problem> {
        self.told(async { audit::page(&self.app, self.who()?, query).await }.await)
    }

    async fn audit_event(&self, chain: &str, seq: i64) -> Result<AuditEvent, Problem> {
        self.told(async { audit::event(&self.app, self.who()?, chain, seq).await }.await)
    }

    async fn activity(&self) -> Result<Activity, Problem> {
        self.told(async { audit::activity(&self.app, self.who()?).await }.await)
    }

    async fn record_standing(&self) -> Result<RecordStanding, Problem> {
        self.told(async { audit::standing(&self.app, self.who()?).await }.await)
    }
}
