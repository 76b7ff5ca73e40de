//! What a grant token says of where it is good (RFC 8707, RFC 9068): the broker, services, or the door to all MCP servers.

use super::{TokenError, claims::GrantClaims};
use protocol::Slug;

impl GrantClaims {
    /// The services that it is for; none means all that the grant holds. Refused if its audience is not ours alone.
    pub(super) fn services(&self) -> Result<Option<Box<[Slug]>>, TokenError> {
        if self.aud == [self.iss.as_str()] {
            return Ok(None);
        }
        let service = |aud: &String| {
            let path = aud.strip_prefix(&self.iss)?;
            path.strip_prefix("/proxy/").or_else(|| path.strip_prefix("/mcp/"))?.parse().ok()
        };
        let named = self.aud.iter().filter(|aud| !self.is_all_mcp(aud));
        let services: Option<Box<[Slug]>> = named.map(service).collect();
        services.filter(|_| !self.aud.is_empty()).map(Some).ok_or(TokenError::WrongAudience)
    }

    /// Whether this is the door to all MCP servers.
    fn is_all_mcp(&self, aud: &str) -> bool {
        aud.strip_prefix(&self.iss) == Some("/mcp")
    }

    /// Whether it was bound to that door.
    pub(super) fn for_all_mcp(&self) -> bool {
        self.aud.iter().any(|aud| self.is_all_mcp(aud))
    }
}
