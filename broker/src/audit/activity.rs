//! What was decided and done lately, in numbers: by day, by agent, by service.

use super::allowed;
use crate::{
    app::App,
    fault::Fault,
    grants::Visitor,
    store::{
        activity::{self, Decided, MOST},
        usage::{self, DAY, Used},
    },
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use protocol::activity::{Activity, Numbers};
use std::collections::{BTreeMap, HashMap};

/// Days that are shown, today included.
const DAYS: i64 = 14;
/// Agents and services that are shown.
const SHOWN: usize = 12;

/// The last days.
pub async fn activity(app: &App, visitor: &Visitor) -> Result<Activity, Fault> {
    allowed(visitor)?;
    let today = app.clock.now().date_naive().and_time(NaiveTime::MIN).and_utc();
    let since = today - TimeDelta::days(DAYS - 1);
    let mut conn = app.store.read().await?;
    let decided = activity::lately(&mut conn, since).await?;
    let services = activity::services(&mut conn, since).await?;
    let used = usage::since(&mut conn, since.timestamp_millis() / DAY - 1).await?;
    Ok(counted(&decided, &services, &used, since))
}

/// Numbers that are still being gathered.
#[derive(Default)]
struct Gathered {
    numbers: Numbers,
    seconds: Vec<i64>,
}

impl Gathered {
    fn used(&mut self, it: &Used) {
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        self.numbers.calls += count(it.calls);
        self.numbers.refused += count(it.refused);
    }

    fn decided(&mut self, it: &Decided) {
        self.numbers.decisions += 1;
        self.numbers.denied += u64::from(it.state == "denied");
        self.seconds.push((it.decided_at - it.asked_at).max(0) / 1_000);
    }

    fn numbers(mut self) -> Numbers {
        self.seconds.sort_unstable();
        let median_seconds = self.seconds.get(self.seconds.len() / 2).copied();
        Numbers { median_seconds, ..self.numbers }
    }
}

fn counted(
    decided: &[Decided],
    services: &[(String, String)],
    used: &[Used],
    since: DateTime<Utc>,
) -> Activity {
    let mut by_request: HashMap<&str, Vec<&str>> = HashMap::new();
    for (request, service) in services {
        by_request.entry(request).or_default().push(service);
    }
    let nth = |day: i64| usize::try_from(day - since.timestamp_millis() / DAY).ok();
    let mut days: Vec<Gathered> = (0..DAYS).map(|_| Gathered::default()).collect();
    let mut of_agents: BTreeMap<String, Gathered> = BTreeMap::new();
    let mut of_services: BTreeMap<String, Gathered> = BTreeMap::new();
    for it in decided {
        if let Some(day) = nth(it.decided_at / DAY).and_then(|day| days.get_mut(day)) {
            day.decided(it);
        }
        of_agents.entry(it.agent.clone()).or_default().decided(it);
        for service in by_request.get(it.id.as_str()).into_iter().flatten() {
            of_services.entry((*service).to_owned()).or_default().decided(it);
        }
    }
    for it in used {
        if let Some(day) = nth(it.day).and_then(|day| days.get_mut(day)) {
            day.used(it);
        }
        of_agents.entry(it.agent.clone()).or_default().used(it);
        of_services.entry(it.service.clone()).or_default().used(it);
    }
    let day = |(at, gathered): (i64, Gathered)| (since + TimeDelta::days(at), gathered.numbers());
    Activity {
        days: (0..).zip(days).map(day).collect(),
        agents: most_active(of_agents),
        services: most_active(of_services),
        more: i64::try_from(decided.len()).is_ok_and(|all| all >= MOST) || used.len() >= usage::MOST,
    }
}

fn most_active(gathered: BTreeMap<String, Gathered>) -> Vec<(String, Numbers)> {
    let mut all: Vec<_> = gathered.into_iter().map(|(name, it)| (name, it.numbers())).collect();
    all.sort_by_key(|(_, it)| std::cmp::Reverse((it.calls, it.decisions)));
    all.truncate(SHOWN);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(id: &str, agent: &str, hours: i64, took: i64, denied: bool) -> Decided {
        let at = hours * 3_600_000;
        let state = if denied { "denied" } else { "ended" };
        let (id, agent, state) = (id.to_owned(), agent.to_owned(), state.to_owned());
        Decided { id, agent, asked_at: at - took * 1_000, decided_at: at, state }
    }

    fn used(day: i64, agent: &str, service: &str, calls: i64) -> Used {
        let (agent, service) = (agent.to_owned(), service.to_owned());
        Used { day, service, agent, action: "read".to_owned(), calls, refused: 1 }
    }

    #[test]
    fn everything_is_counted_on_its_day_and_under_its_names() {
        let since = DateTime::from_timestamp(0, 0).unwrap();
        let all = [
            decided("1", "bot", 1, 4, false),
            decided("2", "bot", 23, 60, true),
            decided("3", "aid", 24, 2, false),
            decided("4", "aid", 24 * 13, 8, false),
        ];
        // What was approved before midnight is also used after it.
        let calls = [used(0, "bot", "mail", 7), used(1, "bot", "tracker", 3), used(1, "aid", "mail", 2)];
        let named = |request: &str, service: &str| (request.to_owned(), service.to_owned());
        let services = [named("1", "mail"), named("1", "tracker"), named("3", "mail")];
        let found = counted(&all, &services, &calls, since);
        assert_eq!(found.days.len(), 14);
        let first = Numbers { decisions: 2, denied: 1, calls: 7, refused: 1, median_seconds: Some(60) };
        assert_eq!(found.days[0], (since, first));
        assert_eq!((found.days[1].1.calls, found.days[1].1.refused), (5, 2));
        assert_eq!(found.days[2].1, Numbers::default());
        assert_eq!(found.days[13].1.median_seconds, Some(8));
        let names: Vec<_> = found.agents.iter().map(|(name, it)| (name.as_str(), it.calls)).collect();
        assert_eq!(names, [("bot", 10), ("aid", 2)]);
        let names: Vec<_> = found.services.iter().map(|(name, it)| (name.as_str(), it.calls)).collect();
        assert_eq!(names, [("mail", 9), ("tracker", 3)]);
        assert!(!found.more);
    }
}
