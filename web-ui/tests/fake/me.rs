//! The viewer's own page, with sample data.

use super::{Fake, Standing, sample};
use chrono::TimeDelta;
use protocol::{
    me::{Ceremony, Me, PasskeySummary, WebSession},
    problem::Problem,
};
use web_ui::MeDesk;

fn ceremony(make: bool) -> Ceremony {
    Ceremony { make, options: r#"{"challenge":"AAAA"}"#.to_owned(), nonce: "nonce".to_owned() }
}

fn passkey(id: &str, name: &str, days: i64, used: bool) -> PasskeySummary {
    let now = sample::now();
    PasskeySummary {
        id: id.to_owned(),
        name: name.to_owned(),
        added_at: now - TimeDelta::days(days),
        last_used_at: used.then(|| now - TimeDelta::minutes(12)),
        backed_up: used,
        counts: Some(used),
    }
}

fn session(id: &str, via: &str, device: &str, minutes: i64) -> WebSession {
    let now = sample::now();
    WebSession {
        id: id.to_owned(),
        via: via.to_owned(),
        device: device.to_owned(),
        since: now - TimeDelta::minutes(3 * minutes),
        last_used_at: now - TimeDelta::minutes(minutes),
        this: minutes == 0,
    }
}

#[async_trait::async_trait]
impl MeDesk for Fake {
    async fn me(&self) -> Result<Me, Problem> {
        self.works()?;
        if self.empty {
            return Ok(Me { sessions: vec![session("a", "link", "", 0)], ..Me::default() });
        }
        Ok(Me {
            passkeys: vec![
                passkey("one", "Laptop", 90, true),
                passkey("two", "<script>alert(1)</script>", 3, false),
            ],
            impossible: None,
            codes_left: 2,
            sessions: vec![
                session("a", "passkey", "Firefox, Linux", 0),
                session("b", "link", "Safari, iPhone", 21),
                session("c", "set-up code", "", 25),
            ],
        })
    }
    fn ask_sign_in(&self) -> Option<Ceremony> {
        (!self.empty).then(|| ceremony(false))
    }
    async fn ask_step_up(&self) -> Result<Option<Ceremony>, Problem> {
        self.works()?;
        Ok((!self.empty && self.standing != Standing::Proved).then(|| ceremony(false)))
    }
    async fn ask_enrol(&self) -> Result<Ceremony, Problem> {
        self.works()?;
        Ok(ceremony(true))
    }
    async fn link_recovers(&self, token: &str) -> bool {
        token == "recovers"
    }
    fn new_codes(&self) -> Vec<String> {
        if self.standing == Standing::MadeCodes {
            (0..10).map(|n| format!("AB{n}D-EFGH-JKMN-PQRS")).collect()
        } else {
            Vec::new()
        }
    }
}
