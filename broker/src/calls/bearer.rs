//! The token that a call comes with, and what it binds the call to.

use crate::{
    app::App,
    fault::Fault,
    tokens::{CallClaims, KnownGrant, TokenError},
};
use domain::admit::{Admission, Refusal};
use http::{header::AUTHORIZATION, request::Parts};
use protocol::{CallId, GrantId, HalfDigest, LineId, Slug};
use std::sync::Arc;

/// The word for a token in an address.
pub const TOKEN_IN_QUERY: &str = "token_in_query";

/// Whose token it is.
pub(crate) enum Bearer {
    Call(Arc<CallClaims>),
    Grant(Arc<KnownGrant>),
}

impl Bearer {
    /// The grant it stands for, and the agent that may use it.
    pub fn bound_to(&self) -> (GrantId, Slug) {
        match self {
            Self::Call(claims) => (claims.grant_id.clone(), claims.client_id.clone()),
            Self::Grant(known) => (known.grant(), known.agent.clone()),
        }
    }

    /// What it was made for.
    pub fn digest(&self) -> Option<HalfDigest> {
        match self {
            Self::Call(claims) => claims.grant_digest,
            Self::Grant(known) => known.digest,
        }
    }

    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::Call(claims) => Some(&claims.jti),
            Self::Grant(..) => None,
        }
    }
}

/// The one token of a call to a service, or to all that its grant holds, in its header: RFC 6750 section 2.1 is the one way that is taken.
pub(crate) fn bearer(app: &App, parts: &Parts, service: Option<&Slug>) -> Result<Bearer, Fault> {
    let signer = app.signer().ok_or(crate::vault::VaultError::Sealed)?;
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Fault::Unauthenticated) };
    let text = value.to_str().map_err(|_| Fault::Unauthenticated)?;
    let (scheme, token) = text.split_once(' ').ok_or(Fault::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Fault::Unauthenticated);
    }
    if in_query(parts) {
        let detail = "a token does not belong into an address, where others read it: send it as a header alone, and ask \
                      for a new one, since this one may be known";
        return Err(Fault::Ambiguous { code: TOKEN_IN_QUERY, detail: detail.to_owned() });
    }
    let now = app.clock.now();
    // A call token is for one service, and never for a door to several.
    let call = service.map(|service| signer.verify_call(token, service, now));
    match call {
        Some(Ok(claims)) => Ok(Bearer::Call(claims)),
        None | Some(Err(TokenError::WrongKind)) => {
            let known = signer.verify_grant(token, now)?;
            let all = || known.services().is_none() || known.is_for_all_mcp();
            if service.map_or_else(all, |service| known.is_for(service)) {
                Ok(Bearer::Grant(known))
            } else {
                Err(TokenError::WrongAudience.into())
            }
        }
        Some(Err(error)) => Err(error.into()),
    }
}

/// RFC 6750 section 2.3 is not taken. The query is the service's, so a service that wants such a parameter cannot be
/// called through here.
fn in_query(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

/// A call token is for one action. Which of the lines that hold it permits this call depends on its arguments, which
/// nobody knew yet when the token was minted; the line that was recorded then goes first where it is one of them.
pub(crate) fn bound(admission: Admission, bearer: &Bearer) -> Result<(Admission, Vec<LineId>), Refusal> {
    let mut lines = vec![admission.line];
    lines.extend(&admission.others);
    let Bearer::Call(claims) = bearer else { return Ok((admission, lines)) };
    if claims.action != admission.action.name {
        return Err(Refusal::NotGranted { action: admission.action.name, resource: admission.resource });
    }
    let inside = |only: &Vec<String>| admission.resource.as_ref().is_some_and(|it| only.contains(it));
    if !claims.resources.as_ref().is_none_or(inside) {
        return Err(Refusal::TokenOutside { action: admission.action.name });
    }
    lines.sort_by_key(|line| *line != claims.line);
    Ok((admission, lines))
}
