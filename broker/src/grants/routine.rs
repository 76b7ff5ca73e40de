//! A gentle note on rubber-stamping: who approves nearly everything, or faster than one reads, decides nothing.

use crate::{
    app::App,
    fault::Fault,
    store::{Conn, grants},
};
use chrono::TimeDelta;
use protocol::{Slug, sessions::Routine};

/// Over how long it is looked.
const WEEK: TimeDelta = TimeDelta::days(7);
/// Of fewer decisions nothing is said.
const FEWEST: i64 = 20;
/// A median below this says that nothing was read, in milliseconds.
const QUICK_MS: i64 = 2_000;
/// A higher share of approvals says that nothing is denied, in percent.
const NEARLY_ALL: i64 = 95;

/// How a person decided in the last week, if it looks like routine.
pub async fn routine(app: &App, person: &Slug) -> Result<Option<Routine>, Fault> {
    let mut conn = app.store.read().await?;
    Ok(of(&mut conn, person, app).await?.filter(is_routine))
}

async fn of(conn: &mut Conn, person: &Slug, app: &App) -> sqlx::Result<Option<Routine>> {
    let since = app.clock.now() - WEEK;
    let (decisions, approved) = grants::decided_by(conn, person, since).await?;
    if decisions < FEWEST {
        return Ok(None);
    }
    let median_ms = grants::median_decision(conn, person, since).await?;
    Ok(Some(Routine { decisions, approved, median_ms }))
}

fn is_routine(it: &Routine) -> bool {
    it.approved * 100 > it.decisions * NEARLY_ALL || it.median_ms.is_some_and(|median| median < QUICK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nearly_all_or_nearly_at_once_is_routine() {
        let of = |decisions, approved, median_ms| is_routine(&Routine { decisions, approved, median_ms });
        assert!(of(20, 20, Some(60_000)) && of(100, 96, None) && of(100, 10, Some(1_999)));
        assert!(!of(100, 95, Some(2_000)) && !of(20, 19, None));
    }
}
