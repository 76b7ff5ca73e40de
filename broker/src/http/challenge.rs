//! Where whoever is refused at a protected resource gets what is missing: a token, or one for more (RFC 6750 section 3, RFC
//! 9728 section 5.1).

use super::error::Refused;
use crate::app::App;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

/// What a challenge says.
pub(super) struct Challenge {
    /// The error; empty where no token came.
    pub error: &'static str,
    /// All that is needed at once.
    pub scope: Option<String>,
}

impl Challenge {
    /// Writes it, for a resource by its path.
    pub fn write(&self, app: &App, resource: &str, headers: &mut HeaderMap) {
        let known = format!("{}/.well-known/oauth-protected-resource/{resource}", app.public_url);
        let parts = [
            Some("Bearer realm=\"countersign\"".to_owned()),
            (!self.error.is_empty()).then(|| format!("error=\"{}\"", self.error)),
            self.scope.as_ref().map(|scope| format!("scope=\"{scope}\"")),
            Some(format!("resource_metadata=\"{known}\"")),
        ];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if let Ok(challenge) = HeaderValue::try_from(text) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
    }
}

/// A token that is no longer good, whatever the fault was.
pub(super) fn unauthorized(response: &mut Response) {
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    if let Some(refused) = response.extensions_mut().get_mut::<Refused>() {
        refused.problem.status = StatusCode::UNAUTHORIZED.as_u16();
    }
}
