//! What a client says of itself (RFC 7591 section 2), in a registration or in a document. Unknown members mean nothing
//! here; what is known must be as it must be.

use super::redirect;
use crate::tokens::AgentKey;
use domain::text::{self, TextRefusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most redirect addresses of one client.
const MOST_REDIRECTS: usize = 16;
/// The most keys of one client.
const MOST_KEYS: usize = 5;
/// The longest name: as long as that of an agent.
const LONGEST_NAME: usize = 60;
/// The longest of the other texts.
const LONGEST_TEXT: usize = 2_000;
/// The name of a client that says none.
const NAMELESS: &str = "a client without a name";

const CODE_GRANT: &str = "authorization_code";
const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Why a client is not taken as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A redirect address.
    #[error("redirect_uris: {0}")]
    Redirect(String),
    /// Anything else.
    #[error("{0}")]
    Metadata(String),
}

fn unfit(why: impl Into<String>) -> Unfit {
    Unfit::Metadata(why.into())
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client.
    None,
    /// By its secret in the Authorization header.
    ClientSecretBasic,
    /// By its secret in the form.
    ClientSecretPost,
    /// By an assertion that its key signed.
    PrivateKeyJwt,
    /// As the agent that it is: by its secret or its key.
    #[serde(skip)]
    AsAgent,
}

impl AuthMethod {
    /// Whether it has a secret.
    pub fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// What a client says of itself, as it is stored and given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name: what it says, cleaned.
    pub client_name: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// How it authenticates.
    pub token_endpoint_auth_method: AuthMethod,
    /// What it may ask for at the token endpoint.
    pub grant_types: Vec<String>,
    /// What it may ask for at the authorization endpoint.
    pub response_types: Vec<String>,
    /// `web` or `native`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// The scopes that it said it would ask for; nothing follows from them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Addresses that it says are about it. They are never fetched, and never shown as links.
    #[serde(flatten)]
    pub pages: Pages,
    /// Which software it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// In which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
}

/// Addresses about a client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    #[serde(rename = "client_uri", skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(rename = "logo_uri", skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
    #[serde(rename = "policy_uri", skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    #[serde(rename = "tos_uri", skip_serializing_if = "Option::is_none")]
    tos: Option<String>,
}

/// What was sent, or stood in the document.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    /// In a document: the address that it must be at.
    pub client_id: Option<String>,
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    scope: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<Value>,
    /// In a document: none may stand there, since everybody can read it.
    pub client_secret: Option<Value>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    software_id: Option<String>,
    software_version: Option<String>,
}

impl Said {
    /// What is taken of a registration.
    pub fn registered(self) -> Result<Metadata, Unfit> {
        // RFC 7591 section 2: the default, where nothing is said.
        let method = match self.token_endpoint_auth_method.as_deref() {
            None | Some("client_secret_basic") => AuthMethod::ClientSecretBasic,
            Some("client_secret_post") => AuthMethod::ClientSecretPost,
            Some("private_key_jwt") => AuthMethod::PrivateKeyJwt,
            Some("none") => AuthMethod::None,
            Some(_) => {
                return Err(unfit(
                    "token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt",
                ));
            }
        };
        self.taken(method)
    }

    /// What is taken of a document at this address.
    pub fn documented(self, url: &str) -> Result<Metadata, Unfit> {
        if self.client_id.as_deref() != Some(url) {
            return Err(unfit("its client_id must be the very address that it is at"));
        }
        if self.client_name.is_none() {
            return Err(unfit("client_name is missing"));
        }
        if self.client_secret.is_some() {
            return Err(unfit("a secret that stands in a public document is none: remove it"));
        }
        let method = match self.token_endpoint_auth_method.as_deref() {
            None | Some("none") => AuthMethod::None,
            Some("private_key_jwt") => AuthMethod::PrivateKeyJwt,
            Some(_) => {
                return Err(unfit(
                    "token_endpoint_auth_method must be none or private_key_jwt in a document",
                ));
            }
        };
        self.taken(method)
    }

    fn taken(self, method: AuthMethod) -> Result<Metadata, Unfit> {
        let redirect_uris = redirects(self.redirect_uris)?;
        if self.jwks_uri.is_some() {
            return Err(unfit("jwks_uri is not fetched: send the keys themselves as jwks"));
        }
        let jwks = match (method, self.jwks) {
            (AuthMethod::PrivateKeyJwt, Some(jwks)) => {
                keys(&jwks)?;
                Some(jwks)
            }
            (AuthMethod::PrivateKeyJwt, None) => return Err(unfit("private_key_jwt needs jwks")),
            (_, _) => None,
        };
        Ok(Metadata {
            client_name: name(self.client_name.as_deref())?,
            redirect_uris,
            token_endpoint_auth_method: method,
            grant_types: grant_types(self.grant_types, method)?,
            response_types: response_types(self.response_types)?,
            application_type: application_type(self.application_type)?,
            scope: plain("scope", self.scope)?,
            jwks,
            pages: Pages {
                client: page(self.client_uri),
                logo: page(self.logo_uri),
                policy: page(self.policy_uri),
                tos: page(self.tos_uri),
            },
            software_id: plain("software_id", self.software_id)?,
            software_version: plain("software_version", self.software_version)?,
        })
    }
}

impl Metadata {
    /// Its keys; those of a stored client were read before.
    pub fn keys(&self) -> Result<Vec<AgentKey>, Unfit> {
        self.jwks.as_ref().map_or_else(|| Ok(Vec::new()), keys)
    }
}

fn redirects(said: Option<Vec<String>>) -> Result<Vec<String>, Unfit> {
    let said = said.filter(|it| !it.is_empty());
    let said = said.ok_or_else(|| Unfit::Redirect("is missing: codes go nowhere else".to_owned()))?;
    if said.len() > MOST_REDIRECTS {
        return Err(Unfit::Redirect(format!("must be at most {MOST_REDIRECTS}")));
    }
    for uri in &said {
        redirect::check(uri).map_err(|why| Unfit::Redirect(why.to_owned()))?;
    }
    Ok(said)
}

fn name(said: Option<&str>) -> Result<String, Unfit> {
    let Some(said) = said else { return Ok(NAMELESS.to_owned()) };
    let refused = |why: TextRefusal| unfit(format!("client_name {why}"));
    let clean = text::clean(said, LONGEST_NAME).map_err(refused)?;
    // It will stand in quotation marks, in sentences that people decide by.
    let name = clean.text.replace(text::is_double_quote, "'");
    text::plain_name(&name, LONGEST_NAME).map_err(refused)?;
    Ok(name)
}

/// The code grant, and exchange for whoever can authenticate there. Refresh tokens, which clients ask for without
/// needing them, are left out of the answer.
fn grant_types(said: Option<Vec<String>>, method: AuthMethod) -> Result<Vec<String>, Unfit> {
    let said = said.unwrap_or_else(|| vec![CODE_GRANT.to_owned()]);
    if !said.iter().any(|it| it == CODE_GRANT) {
        return Err(unfit("grant_types must hold authorization_code: a person grants, nothing else does"));
    }
    let exchange = method != AuthMethod::None && said.iter().any(|it| it == EXCHANGE_GRANT);
    let types = [Some(CODE_GRANT), exchange.then_some(EXCHANGE_GRANT)];
    Ok(types.into_iter().flatten().map(str::to_owned).collect())
}

fn response_types(said: Option<Vec<String>>) -> Result<Vec<String>, Unfit> {
    if said.is_some_and(|said| !said.iter().any(|it| it == "code")) {
        return Err(unfit("response_types must hold code"));
    }
    Ok(vec!["code".to_owned()])
}

fn application_type(said: Option<String>) -> Result<Option<String>, Unfit> {
    if said.as_deref().is_some_and(|it| it != "web" && it != "native") {
        return Err(unfit("application_type must be web or native"));
    }
    Ok(said)
}

fn plain(field: &str, said: Option<String>) -> Result<Option<String>, Unfit> {
    let fits = |it: &String| it.len() <= LONGEST_TEXT && !it.chars().any(char::is_control);
    match said {
        Some(it) if !fits(&it) => {
            Err(unfit(format!("{field} must be at most {LONGEST_TEXT} plain characters")))
        }
        said => Ok(said),
    }
}

/// Only what is https stays; nothing else could ever be shown.
fn page(said: Option<String>) -> Option<String> {
    said.filter(|it| {
        it.starts_with("https://") && redirect::check(it.split('#').next().unwrap_or_default()).is_ok()
    })
}

fn keys(jwks: &Value) -> Result<Vec<AgentKey>, Unfit> {
    let found = jwks.get("keys").and_then(Value::as_array);
    let found = found.filter(|it| (1..=MOST_KEYS).contains(&it.len()));
    let found = found.ok_or_else(|| unfit(format!("jwks must hold 1 to {MOST_KEYS} keys")))?;
    let read =
        |jwk: &Value| AgentKey::from_jwk(&jwk.to_string()).map_err(|why| unfit(format!("jwks: {why}")));
    let keys: Vec<AgentKey> = found.iter().map(read).collect::<Result<_, _>>()?;
    for (at, key) in keys.iter().enumerate() {
        if keys[..at].iter().any(|it| it.kid() == key.kid() || it.thumbprint() == key.thumbprint()) {
            return Err(unfit("jwks: two keys have one kid, or are the same"));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests;
