//! A passkey that is there already answers: to sign in, or to prove afresh within a session that its person is there.

use super::{
    Here, Passkey,
    challenge::{self, Nonce, Purpose, Spent, spent},
    enrol::user,
    relying,
    relying::{Answer, Challenge, Refused, Used},
};
use crate::{
    app::App,
    fault::Fault,
    ledger::acts::{Act, PasskeyAct},
    store::{passkeys, web::NewSession},
};

/// What a page asks the browser.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The options, as JSON.
    pub options: String,
    /// What comes back with the answer.
    pub nonce: String,
}

/// An answer that was good, and is to take effect.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Which passkey, and how it is now.
    pub used: Used,
    /// What is used up by it.
    pub spent: Spent,
    /// Whether its counter went back: there may be a copy of it.
    pub behind: bool,
}

/// Asks for whichever passkey the person chooses.
pub fn ask_sign_in(app: &App) -> Result<Asked, Fault> {
    let nonce = Nonce::fresh(app)?;
    let challenge = challenge::of(app, Purpose::SignIn, None, None, &nonce);
    Ok(Asked { options: relying(app)?.ask(&[], &challenge)?, nonce: nonce.text().to_owned() })
}

/// Signs in whoever holds the passkey that answered.
pub async fn sign_in(app: &App, answer: &str, nonce: &str, session: NewSession) -> Result<(), Fault> {
    let nonce = Nonce::read(app, nonce)?;
    let challenge = challenge::of(app, Purpose::SignIn, None, None, &nonce);
    let answer = Answer::parse(answer)?;
    let found = passkeys::find(&mut app.store.read().await?, &answer.credential()).await?;
    let passkey = found.ok_or(Refused::Unknown)?;
    // Nobody typed a name: the authenticator must say for whom it answers.
    if answer.user() != Some(&user(app, &passkey.person)[..]) {
        return Err(Refused::Unknown.into());
    }
    let answered = judge(app, &[passkey], &challenge, &nonce, &answer)?;
    app.ledger.act(Act::Passkey(Box::new(PasskeyAct::SignIn { answered, session }))).await?;
    Ok(())
}

/// Asks for one of the person's own passkeys; nothing if there is none.
pub async fn ask_step_up(app: &App, here: Here<'_>) -> Result<Option<Asked>, Fault> {
    let own = passkeys::of_person(&mut app.store.read().await?, &here.person.id).await?;
    if own.is_empty() {
        return Ok(None);
    }
    let nonce = Nonce::fresh(app)?;
    let challenge = challenge::of(app, Purpose::StepUp, Some(&here.person.id), Some(here.session), &nonce);
    Ok(Some(Asked { options: relying(app)?.ask(&own, &challenge)?, nonce: nonce.text().to_owned() }))
}

/// A passkey of the person answered: their session goes on as a new one, in which that is so.
pub async fn step_up(
    app: &App,
    here: Here<'_>,
    answer: &str,
    nonce: &str,
    session: NewSession,
) -> Result<(), Fault> {
    let nonce = Nonce::read(app, nonce)?;
    let person = here.person.id.clone();
    let challenge = challenge::of(app, Purpose::StepUp, Some(&person), Some(here.session), &nonce);
    let own = passkeys::of_person(&mut app.store.read().await?, &person).await?;
    let answered = judge(app, &own, &challenge, &nonce, &Answer::parse(answer)?)?;
    let act = PasskeyAct::StepUp { person, from: here.session.to_owned(), answered, session };
    app.ledger.act(Act::Passkey(Box::new(act))).await?;
    Ok(())
}

fn judge(
    app: &App,
    passkeys: &[Passkey],
    challenge: &Challenge,
    nonce: &Nonce,
    answer: &Answer,
) -> Result<Answered, Fault> {
    let used = relying(app)?.check(passkeys, challenge, answer)?;
    let behind = passkeys.iter().any(|it| it.credential == used.credential && used.is_behind(it));
    Ok(Answered { used, spent: spent(challenge, nonce), behind })
}
