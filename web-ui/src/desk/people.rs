use protocol::{
    ids::Slug,
    people::{PersonSummary, Scope},
    problem::Problem,
};

/// What pages may ask of people.
#[async_trait::async_trait]
pub trait PeopleDesk: Send + Sync {
    /// Everybody; admins only.
    async fn people(&self) -> Result<Vec<PersonSummary>, Problem>;
    /// For which services and agents somebody decides; admins only.
    async fn scope(&self, person: &Slug) -> Result<ScopeView, Problem>;
}

/// For which services and agents somebody decides, and which there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// Who.
    pub person: Slug,
    /// Their name for people.
    pub title: String,
    /// For which.
    pub scope: Scope,
    /// Every service, with its name for people.
    pub services: Vec<(Slug, String)>,
    /// Every agent.
    pub agents: Vec<(Slug, String)>,
    /// The digest of how it stands, to be sent back.
    pub seen: String,
}
