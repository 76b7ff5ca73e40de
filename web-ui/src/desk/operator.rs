use protocol::{
    operator::{SettingRow, SystemView},
    problem::Problem,
};

/// What pages may ask of the broker itself.
#[async_trait::async_trait]
pub trait OperatorDesk: Send + Sync {
    /// Every setting with its origin; admins only.
    async fn settings(&self) -> Result<Vec<SettingRow>, Problem>;
    /// The broker as it stands, and if it is to be examined, what was found; admins only.
    async fn system(&self, examine: bool) -> Result<SystemView, Problem>;
}
