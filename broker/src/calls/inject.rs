//! Opens the secret and makes the credential of one call, with a scrubber that knows every form of it.

use super::scrub::Scrubber;
use crate::{app::App, fault::Fault, keys, services::directory::Reachable, vault::VaultError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use protocol::services::{AuthStyle, ServiceDefinition};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A credential as a header, and what hides it on the way back.
pub(crate) struct Injected {
    /// None where the service asks for none.
    pub header: Option<(HeaderName, HeaderValue)>,
    pub scrubber: Arc<Scrubber>,
}

/// Opens the secret of a call that is on the record.
pub(crate) async fn inject(
    app: &App,
    definition: &ServiceDefinition,
    through: &Reachable,
) -> Result<Injected, Fault> {
    match credential(app, definition, through) {
        // A key was added or retired a moment ago: this broker has not heard of it yet, or what it remembers is
        // wrapped with the old one.
        Err(Fault::Vault(VaultError::UnknownKey { .. })) => {
            keys::follow(app).await.map_err(|error| Fault::Internal(error.to_string()))?;
            let newest = app.directories.newest().await?;
            let rewrapped = newest.connection(&through.connection.id);
            // The same secret for the same place, or none: what was authorised is what is opened.
            let rewrapped = rewrapped.filter(|it| it.place == through.place);
            credential(app, definition, rewrapped.map_or(through, |it| it))
        }
        opened => opened,
    }
}

/// Opens the secret of a connection for a call that is on the record.
pub(crate) fn credential(
    app: &App,
    definition: &ServiceDefinition,
    through: &Reachable,
) -> Result<Injected, Fault> {
    let Reachable { connection, place, .. } = through;
    let secret = app.vault.open_secret(&place.bound(), &connection.record)?;
    let mut forms = vec![Zeroizing::new(secret.expose().to_vec())];
    let (name, text) = match &definition.auth {
        AuthStyle::Bearer => (AUTHORIZATION, joined(b"Bearer ", secret.expose())),
        AuthStyle::Header { name, prefix } => {
            let name = HeaderName::try_from(name.as_str())
                .map_err(|_| Fault::Internal(format!("{name} is no header name")))?;
            (name, joined(prefix.as_bytes(), secret.expose()))
        }
        AuthStyle::Basic { user } => {
            let pair = joined(format!("{user}:").as_bytes(), secret.expose());
            let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*pair));
            let value = joined(b"Basic ", encoded.as_bytes());
            // An upstream may echo the header as it came, escaped once more.
            forms.extend([pair, Zeroizing::new(encoded.as_bytes().to_vec())]);
            (AUTHORIZATION, value)
        }
        AuthStyle::None => {
            let scrubber = Scrubber::new::<&[u8]>(&[]).map_err(|error| Fault::Internal(error.to_string()))?;
            return Ok(Injected { header: None, scrubber: Arc::new(scrubber) });
        }
    };
    let mut value = HeaderValue::from_bytes(&text)
        .map_err(|_| Fault::Internal("the secret cannot stand in a header".to_owned()))?;
    value.set_sensitive(true);
    let scrubber = Scrubber::new(&forms).map_err(|error| Fault::Internal(error.to_string()))?;
    Ok(Injected { header: Some((name, value)), scrubber: Arc::new(scrubber) })
}

fn joined(front: &[u8], back: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([front, back].concat())
}
