use super::HttpDesk;
use crate::{
    fault::Fault,
    people::{
        passkeys::{self, Asked},
        sessions,
    },
    store::{passkeys as rows, recovery_codes, web},
    tokens::{OpaqueKind, OpaqueToken},
};
use protocol::{
    Problem,
    me::{Ceremony, Me},
};
use web_ui::MeDesk;

fn ceremony(make: bool, Asked { options, nonce }: Asked) -> Ceremony {
    Ceremony { make, options, nonce }
}

impl HttpDesk {
    async fn own(&self) -> Result<Me, Fault> {
        let browser = self.who.as_ref().ok_or(Fault::Unauthenticated)?;
        let person = &browser.visitor.person.id;
        let mut conn = self.app.store.read().await?;
        let codes_left = recovery_codes::left(&mut conn, person).await?;
        drop(conn);
        Ok(Me {
            passkeys: passkeys::summaries(&self.app, person).await?,
            impossible: self.app.relying.as_ref().err().map(ToString::to_string),
            codes_left,
            sessions: sessions::list(&self.app, person, &browser.session).await?,
        })
    }

    async fn recovers(&self, token: &str) -> Result<bool, Fault> {
        let Ok(link) = OpaqueToken::parse(OpaqueKind::Link, token) else { return Ok(false) };
        let mut conn = self.app.store.read().await?;
        let person = web::link(&mut conn, &link.mac(&self.app.mac_key), self.app.clock.now()).await?;
        match person {
            Some(person) => Ok(rows::count(&mut conn, &person).await? > 0),
            None => Ok(false),
        }
    }
}

#[async_trait::async_trait]
impl MeDesk for HttpDesk {
    async fn me(&self) -> Result<Me, Problem> {
        self.told(self.own().await)
    }

    fn ask_sign_in(&self) -> Option<Ceremony> {
        passkeys::ask_sign_in(&self.app).ok().map(|asked| ceremony(false, asked))
    }

    async fn ask_step_up(&self) -> Result<Option<Ceremony>, Problem> {
        let asked = async {
            let browser = self.who.as_ref().ok_or(Fault::Unauthenticated)?;
            if browser.has_proved(&self.app) {
                return Ok(None);
            }
            passkeys::ask_step_up(&self.app, browser.here()).await
        };
        self.told(asked.await.map(|asked| asked.map(|asked| ceremony(false, asked))))
    }

    async fn ask_enrol(&self) -> Result<Ceremony, Problem> {
        let asked = async {
            let browser = self.who.as_ref().ok_or(Fault::Unauthenticated)?;
            passkeys::ask_enrol(&self.app, browser.here()).await
        };
        self.told(asked.await.map(|asked| ceremony(true, asked)))
    }

    async fn link_recovers(&self, token: &str) -> bool {
        self.recovers(token).await.unwrap_or(false)
    }

    fn new_codes(&self) -> Vec<String> {
        self.codes.clone()
    }
}
