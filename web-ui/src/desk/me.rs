use protocol::{
    me::{Ceremony, Me},
    problem::Problem,
};

/// What the pages ask about the viewer themselves, and for their passkeys.
#[async_trait::async_trait]
pub trait MeDesk: Send + Sync {
    /// Their passkeys, recovery codes and web sessions.
    async fn me(&self) -> Result<Me, Problem>;
    /// What signs somebody in with a passkey; none where there can be none.
    fn ask_sign_in(&self) -> Option<Ceremony>;
    /// What proves that the viewer is there; none if that is proved already, or they have no passkey.
    async fn ask_step_up(&self) -> Result<Option<Ceremony>, Problem>;
    /// What makes a new passkey.
    async fn ask_enrol(&self) -> Result<Ceremony, Problem>;
    /// Whether a sign-in link is for somebody who has a passkey: then it needs a recovery code too.
    async fn link_recovers(&self, token: &str) -> bool;
    /// Recovery codes that were made just now: they are shown once.
    fn new_codes(&self) -> Vec<String>;
}
