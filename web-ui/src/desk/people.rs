use protocol::{people::PersonSummary, problem::Problem};

/// What pages may ask of people.
#[async_trait::async_trait]
pub trait PeopleDesk: Send + Sync {
    /// Everybody; admins only.
    async fn people(&self) -> Result<Vec<PersonSummary>, Problem>;
}
