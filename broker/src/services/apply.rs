//! Making it so.

use super::{Change, Found, Step, Wanted, compare, context};
use crate::{
    app::App,
    host::SecretText,
    ledger::{
        LedgerError,
        acts::{Act, By, Declaration, Declaring},
    },
    store::connections::Connection,
    tokens::{OpaqueError, OpaqueKind, OpaqueToken},
    vault::{Secret, VaultError},
};
use protocol::{
    Digest, Slug,
    services::{AuthStyle, ServiceDefinition},
};
use std::collections::BTreeMap;

/// Why nothing, or not everything, was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// What is wanted cannot be; every reason on a line.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The changes are no longer those that were shown.
    #[error("something changed in the meantime; nothing was applied, look at the differences again")]
    Changed,
    /// A secret is not fit.
    #[error("connection {connection}: {why}")]
    Secret {
        /// Whose.
        connection: Slug,
        /// What is wrong with it.
        why: String,
    },
    /// The random generator failed.
    #[error(transparent)]
    Token(#[from] OpaqueError),
    /// A change could not be recorded; those before it were.
    #[error("{what}: {why}; what stands above it was applied, run this again for the rest")]
    Interrupted {
        /// What was being changed.
        what: String,
        /// Why it was not.
        why: LedgerError,
    },
    /// The database could not be read.
    #[error("the database could not be read: {0}")]
    Store(#[from] sqlx::Error),
}

/// What must change, as it stands now.
pub async fn changes(app: &App, wanted: &Wanted) -> Result<Vec<Change>, ApplyError> {
    compare(wanted, &Found::read(app, wanted).await?).map_err(ApplyError::Refused)
}

/// What the operator agrees to: the changes in words, without counts that move by themselves.
pub fn digest(changes: &[Change]) -> Digest {
    let agreed: Vec<_> = changes
        .iter()
        .map(|it| &it.difference)
        .map(|it| (it.new, &it.what, &it.details, &it.needs_secret, &it.new_secret))
        .collect();
    domain::digest::of_json(&agreed)
}

/// Makes the changes that were shown, with these secrets of connections; gives the secrets of agents that got one.
/// Whether `by` may is judged with each change, and so is that nothing has moved since they were compared.
pub async fn apply(
    app: &App,
    wanted: &Wanted,
    shown: &Digest,
    secrets: &BTreeMap<Slug, SecretText>,
    by: &By,
) -> Result<BTreeMap<Slug, SecretText>, ApplyError> {
    let found = Found::read(app, wanted).await?;
    let changes = compare(wanted, &found).map_err(ApplyError::Refused)?;
    if digest(&changes) != *shown {
        return Err(ApplyError::Changed);
    }
    let mut made = BTreeMap::new();
    // Everything that can fail is done before the first change.
    let mut declarations = Vec::new();
    for Change { step, difference } in changes {
        let before = found.before(&step, wanted);
        let declaration = match step {
            Step::Person(person) => Declaration::Person(person),
            Step::Service(definition) => Declaration::Service(definition),
            Step::Connection { connection, seal: false } => Declaration::Connection(connection),
            Step::Connection { connection, seal: true } => {
                let service = service_of(&connection, wanted, &found);
                Declaration::Connection(sealed(app, service, connection, secrets)?)
            }
            Step::Agent { agent, new_secret, credentials } => {
                let token = new_secret.then(|| OpaqueToken::mint(OpaqueKind::Agent, app.rng.source()));
                let token = token.transpose()?;
                let secret_mac = token.as_ref().map(|it| it.mac(&app.mac_key));
                made.extend(token.map(|it| (agent.id.clone(), SecretText::new(it.expose()))));
                let credentials = (!credentials.is_nothing()).then_some(credentials);
                Declaration::Agent { agent, secret_mac, credentials }
            }
        };
        declarations.push((difference.what, declaration, before));
    }
    for (what, declaration, before) in declarations {
        let declaring = Declaring { declaration, by: by.clone(), before };
        let act = app.ledger.act(Act::DeclareAs(Box::new(declaring))).await;
        act.map_err(|why| ApplyError::Interrupted { what, why })?;
    }
    Ok(made)
}

fn service_of<'a>(
    connection: &Connection,
    wanted: &'a Wanted,
    found: &'a Found,
) -> Option<&'a ServiceDefinition> {
    let declared = wanted.services.iter().find(|it| it.id == connection.service);
    declared.or_else(|| found.services.get(&connection.service).map(|it| &it.definition))
}

/// What is sealed for a service that asks for no credential: something that opens nothing, so that every connection is
/// kept, rotated and checked in one way.
fn nothing(app: &App) -> Result<SecretText, ApplyError> {
    Ok(SecretText::new(OpaqueToken::mint(OpaqueKind::Agent, app.rng.source())?.expose()))
}

fn sealed(
    app: &App,
    service: Option<&ServiceDefinition>,
    connection: Connection,
    secrets: &BTreeMap<Slug, SecretText>,
) -> Result<Connection, ApplyError> {
    let refuse = |why: String| ApplyError::Secret { connection: connection.id.clone(), why };
    let service = service.ok_or_else(|| refuse("its service is gone".to_owned()))?;
    let nothing = nothing(app)?;
    let text = match service.auth {
        AuthStyle::None => &nothing,
        _ => secrets.get(&connection.id).ok_or_else(|| refuse("its secret was not given".to_owned()))?,
    };
    let fits = matches!(service.auth, AuthStyle::Basic { .. })
        || http::HeaderValue::from_bytes(text.expose().as_bytes()).is_ok();
    if !fits {
        return Err(refuse(
            "a secret for a header must not hold line breaks or control characters".to_owned(),
        ));
    }
    let words = |why: VaultError| refuse(why.to_string());
    let secret = Secret::new(text.expose().as_bytes()).map_err(words)?;
    let place = context(service, &connection).map_err(|why| refuse(why.to_string()))?;
    let record = app.vault.seal_secret(&place.bound(), &secret, app.rng.source()).map_err(words)?;
    Ok(Connection { record, ..connection })
}
