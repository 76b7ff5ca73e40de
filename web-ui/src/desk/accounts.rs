use super::{ConnectionView, PersonChoice};
use protocol::{ids::Slug, problem::Problem};

/// What the pages may ask on which an account is changed or removed.
#[async_trait::async_trait]
pub trait AccountDesk: Send + Sync {
    /// An account with what hangs on it; for those who keep services.
    async fn account(&self, connection: &Slug) -> Result<AccountView, Problem>;
}

/// An account with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// It.
    pub connection: ConnectionView,
    /// Its service.
    pub service: Slug,
    /// How many live sessions use it.
    pub sessions: i64,
    /// How many requests that wait ask for it.
    pub requests: i64,
    /// Those who may approve for it, or be named.
    pub people: Vec<PersonChoice>,
    /// The digest of how it stands, to be sent back.
    pub seen: String,
}
