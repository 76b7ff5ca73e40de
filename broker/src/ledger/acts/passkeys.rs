//! Passkeys and recovery codes, and the web sessions that come and go with them. Each answer takes effect once: its
//! challenge is used up in the same transaction.

use super::{Acting, Why};
use crate::{
    events::Event,
    ledger::{batch::Outcome, facts::Facts, intent::Answer},
    people::passkeys::{
        Answered, Passkey,
        challenge::{LIFETIME, Spent},
    },
    store::{
        agent_keys, passkeys, people,
        recovery_codes::{self, StoredCode},
        web::{self, NewSession, PASSKEY},
    },
};
use protocol::{Slug, record::Actor};
use serde_json::json;

/// How a session began that can only make a new passkey.
pub const RECOVERY: &str = "recovery";

/// One of them.
#[derive(Debug, Clone)]
pub enum PasskeyAct {
    /// Whoever holds the passkey that answered signs in.
    SignIn {
        /// The answer.
        answered: Answered,
        /// The new session.
        session: NewSession,
    },
    /// A passkey answered within a session, which goes on as another.
    StepUp {
        /// Whose.
        person: Slug,
        /// The session of before.
        from: String,
        /// The answer.
        answered: Answered,
        /// The new session.
        session: NewSession,
    },
    /// A new passkey. The person's other ways in end.
    Add {
        /// It.
        passkey: Box<Passkey>,
        /// The challenge that it was made for.
        spent: Spent,
        /// In which session.
        from: String,
        /// How that began.
        via: String,
        /// The session that goes on.
        session: NewSession,
        /// Recovery codes in the place of those of before; none to leave those.
        codes: Vec<StoredCode>,
        /// The host that it is bound to, and the origin.
        site: (String, String),
    },
    /// A passkey is called something else.
    Rename {
        /// Whose.
        person: Slug,
        /// How they signed in.
        via: String,
        /// Which.
        credential: String,
        /// What it is called.
        name: String,
    },
    /// A passkey is removed. The person's other ways in end.
    Remove {
        /// Whose.
        person: Slug,
        /// How they signed in.
        via: String,
        /// In which session: it goes on.
        session: String,
        /// Which.
        credential: String,
    },
    /// The host removes every passkey and recovery code of somebody who lost them, and ends every way in.
    RemoveAll {
        /// Whose.
        person: Slug,
    },
    /// New recovery codes in the place of those of before.
    MakeCodes {
        /// Whose.
        person: Slug,
        /// How they signed in.
        via: String,
        /// In which session.
        session: String,
        /// They.
        codes: Vec<StoredCode>,
    },
    /// A link and a recovery code let somebody in, to make a new passkey.
    Recover {
        /// Who.
        person: Slug,
        /// The link's HMAC.
        link: String,
        /// The code.
        code: StoredCode,
        /// The new session.
        session: NewSession,
    },
    /// A person ends web sessions of their own: this one, or all but their own.
    EndSessions {
        /// Whose.
        person: Slug,
        /// How they signed in.
        via: String,
        /// The one to end, or the one that goes on.
        which: Ending,
    },
}

/// Which sessions end.
#[derive(Debug, Clone)]
pub enum Ending {
    /// This one.
    One(String),
    /// All but this one.
    AllBut(String),
}

impl PasskeyAct {
    /// Whether it is done in a database that nobody has accepted yet: what lets somebody look, and what ends something.
    pub(super) fn goes_while_suspended(&self) -> bool {
        !matches!(self, Self::Add { .. } | Self::MakeCodes { .. } | Self::Recover { .. })
    }
}

macro_rules! or_refuse {
    ($condition:expr, $why:expr) => {
        if !$condition {
            return Ok(Err($why));
        }
    };
}

impl Acting<'_> {
    pub(super) async fn passkey(mut self, act: &PasskeyAct) -> sqlx::Result<Outcome> {
        match act {
            PasskeyAct::SignIn { answered, session } => self.signed_in(answered, session).await,
            PasskeyAct::StepUp { person, from, answered, session } => {
                let now = self.pen.now;
                or_refuse!(web::end_session(self.conn, from, now).await?, Why::Spent);
                or_refuse!(self.taken(person, answered).await?, Why::Spent);
                let by = self.let_in_by(None, Some(answered)).await?;
                web::add_session(self.conn, session, person, PASSKEY, &by, now).await?;
                self.say("session.proved", person, PASSKEY, [("passkey", json!(answered.used.credential))]);
                self.sessions_ended(person);
                Ok(Ok(Answer::Person(person.clone())))
            }
            PasskeyAct::Add { passkey, spent, from, via, session, codes, site } => {
                self.added(passkey, spent, (from, via, session), codes, site).await
            }
            PasskeyAct::Rename { person, via, credential, name } => {
                let renamed = passkeys::rename(self.conn, person, credential, name).await?;
                or_refuse!(renamed, Why::Missing("passkey"));
                self.say(
                    "passkey.renamed",
                    person,
                    via,
                    [("passkey", json!(credential)), ("name", json!(name))],
                );
                Ok(Ok(Answer::Done))
            }
            PasskeyAct::Remove { person, via, session, credential } => {
                self.removed(person, via, session, credential).await
            }
            PasskeyAct::RemoveAll { person } => self.all_removed(person).await,
            PasskeyAct::MakeCodes { person, via, session, codes } => {
                or_refuse!(self.proved(person, session).await?, Why::NeedsProof);
                recovery_codes::replace(self.conn, person, codes, self.pen.now).await?;
                self.say("recovery_codes.made", person, via, [("codes", json!(codes.len()))]);
                Ok(Ok(Answer::Done))
            }
            PasskeyAct::Recover { person, link, code, session } => {
                self.recovered(person, link, code, session).await
            }
            PasskeyAct::EndSessions { person, via, which } => self.ended(person, via, which).await,
        }
    }

    async fn signed_in(&mut self, answered: &Answered, session: &NewSession) -> sqlx::Result<Outcome> {
        let found = passkeys::find(self.conn, &answered.used.credential).await?;
        let Some(passkey) = found else { return Ok(Err(Why::Missing("passkey"))) };
        let person = passkey.person.clone();
        or_refuse!(self.welcome(&person).await?, Why::Blocked("person"));
        or_refuse!(self.taken(&person, answered).await?, Why::Spent);
        web::add_session(self.conn, session, &person, PASSKEY, &passkey.let_in_by, self.pen.now).await?;
        let passkey = [("person", json!(person)), ("passkey", json!(answered.used.credential))];
        self.say("session.started", &person, PASSKEY, passkey);
        Ok(Ok(Answer::Person(person)))
    }

    async fn added(
        &mut self,
        passkey: &Passkey,
        spent: &Spent,
        (from, via, session): (&str, &str, &NewSession),
        codes: &[StoredCode],
        (rp_id, origin): &(String, String),
    ) -> sqlx::Result<Outcome> {
        let (person, now) = (&passkey.person, self.pen.now);
        or_refuse!(self.welcome(person).await?, Why::Blocked("person"));
        let first = passkeys::count(self.conn, person).await? == 0;
        let allowed = first || via == RECOVERY || self.proved(person, from).await?;
        or_refuse!(allowed, Why::NeedsProof);
        let let_in_by = web::let_in_by(self.conn, from).await?;
        or_refuse!(web::end_session(self.conn, from, now).await?, Why::Spent);
        or_refuse!(agent_keys::use_assertion(self.conn, &spent.digest, spent.expires_at).await?, Why::Spent);
        let passkey = &Passkey { let_in_by, ..passkey.clone() };
        let is_new = passkeys::add(self.conn, passkey, now).await?;
        or_refuse!(is_new, Why::NotPermitted("this passkey is or was somebody's here already".to_owned()));
        web::end_all(self.conn, person, now).await?;
        web::add_session(self.conn, session, person, PASSKEY, &passkey.let_in_by, now).await?;
        let public: serde_json::Value = serde_json::from_str(&passkey.public).unwrap_or_default();
        let facts = [
            ("person", json!(person)),
            ("passkey", json!(passkey.credential)),
            ("name", json!(passkey.name)),
            ("public", public),
            ("rp_id", json!(rp_id)),
            ("origin", json!(origin)),
        ];
        let mut facts = facts_of(facts);
        if !passkey.let_in_by.is_empty() {
            facts.insert("let_in_by".to_owned(), json!(passkey.let_in_by));
        }
        let actor = Actor::Person { person: person.clone(), via: via.to_owned() };
        self.keep("passkey.added", actor, facts);
        if !codes.is_empty() {
            recovery_codes::replace(self.conn, person, codes, now).await?;
            self.say("recovery_codes.made", person, via, [("codes", json!(codes.len()))]);
        }
        self.sessions_ended(person);
        Ok(Ok(Answer::Person(person.clone())))
    }

    async fn removed(
        &mut self,
        person: &Slug,
        via: &str,
        session: &str,
        credential: &str,
    ) -> sqlx::Result<Outcome> {
        or_refuse!(self.proved(person, session).await?, Why::NeedsProof);
        let now = self.pen.now;
        let removed = passkeys::remove(self.conn, person, credential, now).await?;
        or_refuse!(removed, Why::Missing("passkey"));
        web::end_others(self.conn, person, session, now).await?;
        web::end_tokens(self.conn, person, now).await?;
        self.say("passkey.removed", person, via, [("person", json!(person)), ("passkey", json!(credential))]);
        self.sessions_ended(person);
        Ok(Ok(Answer::Done))
    }

    async fn all_removed(&mut self, person: &Slug) -> sqlx::Result<Outcome> {
        or_refuse!(people::find(self.conn, person).await?.is_some(), Why::Missing("person"));
        let now = self.pen.now;
        let all = passkeys::of_person(self.conn, person).await?;
        for passkey in &all {
            passkeys::remove(self.conn, person, &passkey.credential, now).await?;
            let facts = [("person", json!(person)), ("passkey", json!(passkey.credential))];
            self.keep("passkey.removed", Actor::Host, facts_of(facts));
        }
        recovery_codes::replace(self.conn, person, &[], now).await?;
        web::end_all(self.conn, person, now).await?;
        self.keep("recovery_codes.removed", Actor::Host, facts_of([("person", json!(person))]));
        self.sessions_ended(person);
        Ok(Ok(Answer::Number(i64::try_from(all.len()).unwrap_or(i64::MAX))))
    }

    async fn recovered(
        &mut self,
        person: &Slug,
        link: &str,
        code: &StoredCode,
        session: &NewSession,
    ) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        or_refuse!(self.welcome(person).await?, Why::Blocked("person"));
        let link = web::use_link(self.conn, link, now).await?;
        or_refuse!(link.is_some_and(|(of, _)| of == *person), Why::Spent);
        or_refuse!(recovery_codes::use_up(self.conn, person, code, now).await?, Why::Spent);
        // The code is theirs, whoever made the link; it is worth what the passkeys are that it came with.
        let by = passkeys::let_in_by(&passkeys::of_person(self.conn, person).await?);
        web::add_session(self.conn, session, person, RECOVERY, &by, now).await?;
        let left = recovery_codes::left(self.conn, person).await?;
        self.say("recovery_code.used", person, RECOVERY, [("person", json!(person)), ("left", json!(left))]);
        self.say("session.started", person, RECOVERY, [("person", json!(person))]);
        Ok(Ok(Answer::Person(person.clone())))
    }

    async fn ended(&mut self, person: &Slug, via: &str, which: &Ending) -> sqlx::Result<Outcome> {
        let now = self.pen.now;
        let ended = match which {
            Ending::One(session) => u64::from(web::end_session(self.conn, session, now).await?),
            Ending::AllBut(session) => web::end_others(self.conn, person, session, now).await?,
        };
        if ended > 0 {
            self.say("session.ended", person, via, [("person", json!(person)), ("sessions", json!(ended))]);
            self.sessions_ended(person);
        }
        Ok(Ok(Answer::Number(i64::try_from(ended).unwrap_or(i64::MAX))))
    }

    /// Uses an answer up, and notes how its passkey is now; false if it was used, or the passkey is gone.
    pub(super) async fn taken(&mut self, person: &Slug, answered: &Answered) -> sqlx::Result<bool> {
        let Answered { used, spent, behind } = answered;
        let fresh = agent_keys::use_assertion(self.conn, &spent.digest, spent.expires_at).await?;
        let there = passkeys::used(self.conn, used, self.pen.now).await?;
        if fresh && there && *behind {
            let facts = [("passkey", json!(used.credential)), ("counter", json!(used.counter))];
            self.say("passkey.counter_behind", person, PASSKEY, facts);
        }
        Ok(fresh && there)
    }

    /// By whose sign-in links somebody is in who acts in a session, or with a passkey that answered.
    pub(super) async fn let_in_by(
        &mut self,
        session: Option<&str>,
        answered: Option<&Answered>,
    ) -> sqlx::Result<Vec<Slug>> {
        let of_session = match session {
            Some(session) => web::let_in_by(self.conn, session).await?,
            None => Vec::new(),
        };
        let passkey = match answered {
            Some(answered) => passkeys::find(self.conn, &answered.used.credential).await?,
            None => None,
        };
        Ok(passkeys::together(of_session.into_iter().chain(passkey.into_iter().flat_map(|it| it.let_in_by))))
    }

    async fn welcome(&mut self, person: &Slug) -> sqlx::Result<bool> {
        Ok(people::find(self.conn, person).await?.is_some_and(|it| !it.blocked))
    }

    /// Whether a passkey of the person has answered in this session lately.
    async fn proved(&mut self, person: &Slug, session: &str) -> sqlx::Result<bool> {
        web::proved(self.conn, session, person, self.pen.now - LIFETIME).await
    }

    /// The same of somebody who changes what is kept; who has no passkey has nothing to prove it with.
    pub(super) async fn has_proved(&mut self, person: &Slug, session: Option<&str>) -> sqlx::Result<bool> {
        if passkeys::count(self.conn, person).await? == 0 {
            return Ok(true);
        }
        match session {
            Some(session) => self.proved(person, session).await,
            None => Ok(false),
        }
    }

    pub(super) fn sessions_ended(&mut self, person: &Slug) {
        self.pen.events.push(Event::SignedOut { person: person.clone() });
    }

    fn say<const N: usize>(
        &mut self,
        kind: &str,
        person: &Slug,
        via: &str,
        facts: [(&str, serde_json::Value); N],
    ) {
        let actor = Actor::Person { person: person.clone(), via: via.to_owned() };
        self.keep(kind, actor, facts_of(facts));
    }
}

fn facts_of<const N: usize>(facts: [(&str, serde_json::Value); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
