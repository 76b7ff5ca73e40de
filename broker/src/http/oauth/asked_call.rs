//! What a token exchange asks for: one action of one service, which three standards name in ways of their own (RFC 8693
//! `audience` and `scope`, RFC 8707 `resource`, RFC 9396 `authorization_details`). What stands there more than once must
//! say the same.

use super::{super::input::Form, OAuthError, Refusal};
use crate::app::App;
use protocol::{Slug, lines::LineType};
use serde::{Deserialize, Serialize};

/// One action of one service.
#[derive(Debug)]
pub(super) struct AskedCall {
    pub service: Slug,
    pub action: String,
    /// The resources that the token shall be for; none means wherever the session may act.
    pub resources: Vec<String>,
    /// Whether it was asked with `authorization_details`, which are then answered.
    pub in_detail: bool,
}

/// What of an RFC 9396 object can be had for one call. Conditions and limits are the session's: a call has none of its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Detail {
    #[serde(rename = "type")]
    kind: LineType,
    service: Slug,
    actions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
}

impl AskedCall {
    pub fn read(app: &App, form: &Form) -> Result<Self, Refusal> {
        let named = target(app, form)?;
        let scope = form.get("scope")?.map(str::trim).filter(|it| !it.is_empty());
        let Some(text) = form.get("authorization_details")? else {
            let service =
                named.ok_or_else(|| OAuthError::invalid("audience is missing: name the service"))?;
            let action = scope.filter(|it| !it.contains(' ')).map(str::to_owned).ok_or_else(|| {
                let why = "scope must name exactly one action: a call token is for one call of it";
                OAuthError::new("invalid_scope", why)
            })?;
            return Ok(Self { service, action, resources: Vec::new(), in_detail: false });
        };
        let Detail { service, actions, resources, .. } = detail(text, app.policy.max_resources)?;
        if named.is_some_and(|it| it != service) {
            return Err(other("service", "audience and resource name").into());
        }
        let [action] = <[String; 1]>::try_from(actions).map_err(|_| {
            details("actions must name exactly one action: a call token is for one call of it")
        })?;
        if scope.is_some_and(|it| it != action) {
            return Err(other("actions", "scope names").into());
        }
        Ok(Self { service, action, resources, in_detail: true })
    }

    /// What was granted, as it was asked.
    pub fn details(&self) -> Vec<Detail> {
        vec![Detail {
            kind: LineType::ServiceAccess,
            service: self.service.clone(),
            actions: vec![self.action.clone()],
            resources: self.resources.clone(),
        }]
    }
}

fn details(why: &str) -> OAuthError {
    OAuthError::new(
        "invalid_authorization_details",
        format!("authorization_details: {why}. Nothing was granted"),
    )
}

fn other(field: &str, what: &str) -> OAuthError {
    details(&format!("{field} is not what {what}"))
}

fn detail(text: &str, most: usize) -> Result<Detail, OAuthError> {
    let wanted = "must be a JSON array with one object of type service_access, with service, actions (one) and, to act \
                  in some only of the session's resources, resources";
    let parsed: Vec<Detail> =
        serde_json::from_str(text).map_err(|error| details(&format!("{wanted}: {error}")))?;
    let [mut one] = <[Detail; 1]>::try_from(parsed).map_err(|_| details(wanted))?;
    if one.resources.len() > most {
        return Err(details(&format!("resources must be at most {most}")));
    }
    one.resources.sort();
    one.resources.dedup();
    Ok(one)
}

/// The one service that the token is for: by name or proxy address in `audience`, by its proxy address in `resource`. Each
/// may stand there several times (RFC 8693 section 2.1); a token for several services is none of ours.
fn target(app: &App, form: &Form) -> Result<Option<Slug>, OAuthError> {
    let prefix = format!("{}/proxy/", app.public_url);
    let wrong = |why: &str| OAuthError::new("invalid_target", format!("{why}. Nothing was granted"));
    let service = |text: &str| {
        let name = text.strip_prefix(&prefix).map_or(text, |rest| rest.strip_suffix('/').unwrap_or(rest));
        name.parse::<Slug>().map_err(|_| wrong("There is no such service"))
    };
    let mut named: Option<Slug> = None;
    let addresses = form.all("resource").map(|it| (it, it.starts_with(&prefix)));
    for (text, may_be) in form.all("audience").map(|it| (it, true)).chain(addresses) {
        if !may_be {
            return Err(wrong(
                "resource must be the address of a service at this broker, as its metadata has it",
            ));
        }
        let service = service(text)?;
        if named.as_ref().is_some_and(|it| *it != service) {
            return Err(wrong("audience and resource must name one service: a call token is for one"));
        }
        named = Some(service);
    }
    Ok(named)
}
