use super::{Fake, sample};
use chrono::TimeDelta;
use protocol::{
    operator::{CheckRow, CheckVerdict, KeyRow, SettingRow, SystemView},
    problem::Problem,
};
use web_ui::OperatorDesk;

#[async_trait::async_trait]
impl OperatorDesk for Fake {
    async fn settings(&self) -> Result<Vec<SettingRow>, Problem> {
        self.works()?;
        let row = |name: &str, value: Option<&str>, origin: Option<&str>| SettingRow {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            origin: origin.map(str::to_owned),
            variable: format!("COUNTERSIGN_{}", name.to_uppercase()),
        };
        let file = "/etc/countersign/broker.toml:3";
        let rows = vec![
            row("data", Some("/var/lib/countersign"), Some("default")),
            row("listen", Some("127.0.0.1:8421"), Some(file)),
            row("public_url", Some("https://countersign.example"), Some("--public-url")),
            row("tls_cert", None, None),
            row("retention", Some("90d"), Some("COUNTERSIGN_RETENTION")),
            row("new_setting", Some("1"), Some("default")),
        ];
        Ok(if self.empty { Vec::new() } else { rows })
    }

    async fn system(&self, examine: bool) -> Result<SystemView, Problem> {
        self.works()?;
        let check = |name: &str, verdict, what: &str, to_do: Option<&str>| CheckRow {
            name: name.to_owned(),
            verdict,
            what: what.to_owned(),
            to_do: to_do.map(str::to_owned),
        };
        let checks = vec![
            check("clock", CheckVerdict::Ok, "the clock is right to 0.2 s", None),
            check("disk", CheckVerdict::Warning, "7 % is free", Some("make room, or drop old records")),
        ];
        let key = |name: &str, signs, days| KeyRow {
            name: name.to_owned(),
            signs,
            created_at: sample::now() - TimeDelta::days(days),
        };
        Ok(SystemView {
            version: "0.1.0".to_owned(),
            schema: 15,
            database: "SQLite".to_owned(),
            started_at: Some(sample::now() - TimeDelta::hours(5)),
            chain: "c0ffee00c0ffee00".to_owned(),
            sealed: self.banner.is_some(),
            waiting: 3,
            waiting_revocations: 0,
            keys: vec![key("kid-2026-11", true, 12), key("1", false, 90)],
            checks: (examine && !self.empty).then_some(checks),
        })
    }
}
