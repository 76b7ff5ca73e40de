//! A new passkey. Needs the vault open: what is not sealed counts for nothing.

use super::{
    Asked, Here, Passkey,
    challenge::{self, Nonce, Purpose, spent},
    codes, relying,
    relying::{Holder, Made},
    trust,
};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, PasskeyAct},
    store::{passkeys, recovery_codes, web::NewSession},
};
use protocol::Slug;

/// The longest name of a passkey.
const LONGEST_NAME: usize = 60;

/// What came of it.
#[derive(Debug)]
pub struct Added {
    /// New recovery codes, to be shown once; none if those of before are still good.
    pub codes: Vec<String>,
}

/// What authenticators know a person by: the same for every passkey of theirs, and no name.
pub fn user(app: &App, person: &Slug) -> [u8; 32] {
    challenge::derive(&[b"countersign-user-v1", app.instance.as_bytes(), person.as_str().as_bytes()])
}

/// Asks the browser to make one.
pub async fn ask_enrol(app: &App, here: Here<'_>) -> Result<Asked, Fault> {
    let existing = passkeys::of_person(&mut app.store.read().await?, &here.person.id).await?;
    let nonce = Nonce::fresh(app)?;
    let challenge = challenge::of(app, Purpose::Enrol, Some(&here.person.id), Some(here.session), &nonce);
    let user = user(app, &here.person.id);
    let holder = Holder { user: &user, name: here.person.id.as_str(), title: &here.person.title };
    let options = relying(app)?.enrol(holder, &existing, &challenge)?;
    Ok(Asked { options, nonce: nonce.text().to_owned() })
}

/// Adds the one that was made, and goes on in a new session. The person's other ways in end.
pub async fn enrol(
    app: &App,
    here: Here<'_>,
    (made, nonce, name): (&str, &str, &str),
    session: NewSession,
) -> Result<Added, Fault> {
    let nonce = Nonce::read(app, nonce)?;
    let person = here.person.id.clone();
    let challenge = challenge::of(app, Purpose::Enrol, Some(&person), Some(here.session), &nonce);
    let mut conn = app.store.read().await?;
    let existing = passkeys::of_person(&mut conn, &person).await?;
    let left = recovery_codes::left(&mut conn, &person).await?;
    drop(conn);
    let relying = relying(app)?;
    let enrolled = relying.enrolled(&existing, &challenge, &Made::parse(made)?)?;
    let passkey = Passkey {
        record: trust::seal(app, &person, &enrolled.credential, &enrolled.public)?,
        name: named(name, existing.len())?,
        person,
        credential: enrolled.credential,
        public: enrolled.public,
        created_at: app.clock.now(),
        last_used_at: None,
        counter: enrolled.counter,
        backed_up: enrolled.backed_up,
        // What the session says of that, the ledger reads when it writes.
        let_in_by: Vec::new(),
    };
    let codes = if existing.is_empty() || left == 0 { codes::mint(app).await? } else { Vec::new() };
    let (shown, kept) = codes.into_iter().unzip();
    let act = PasskeyAct::Add {
        passkey: Box::new(passkey),
        spent: spent(&challenge, &nonce),
        from: here.session.to_owned(),
        via: here.via.to_owned(),
        session,
        codes: kept,
        site: (relying.id().to_owned(), relying.origin().to_owned()),
    };
    app.ledger.act(Act::Passkey(Box::new(act))).await?;
    Ok(Added { codes: shown })
}

/// What a person calls a passkey.
pub fn named(name: &str, others: usize) -> Result<String, Fault> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(format!("Passkey {}", others + 1));
    }
    domain::text::plain_name(name, LONGEST_NAME).map_err(|refusal| Fault::text("name", &refusal))?;
    Ok(name.to_owned())
}
