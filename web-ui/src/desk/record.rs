use protocol::{
    activity::Activity,
    audit::{AuditEvent, AuditPage, AuditQuery, RecordStanding},
    problem::Problem,
};

/// What pages may ask of the record.
#[async_trait::async_trait]
pub trait RecordDesk: Send + Sync {
    /// A page of it, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Problem>;
    /// One record.
    async fn audit_event(&self, chain: &str, seq: i64) -> Result<AuditEvent, Problem>;
    /// The last days in numbers.
    async fn activity(&self) -> Result<Activity, Problem>;
    /// What is known of it as a whole.
    async fn record_standing(&self) -> Result<RecordStanding, Problem>;
}
