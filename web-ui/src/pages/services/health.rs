//! How a connection stands, from whether its secret opens and what the last call or test came to.

use crate::{
    components::Icon,
    desk::{ConnectionView, Tried},
    texts::t,
};
use leptos::prelude::*;

/// How it stands: colour, icon, words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The secret does not open where the service is now.
    Lost,
    /// The service refused the credential.
    Refused,
    /// The service could not be reached, or failed.
    Failing,
    /// The service took the last call.
    Works,
    /// The vault is sealed.
    Sealed,
    /// Nothing was tried with this secret yet.
    Untried,
}

/// How a connection stands. What was tried with an earlier secret says nothing about this one.
pub(super) fn standing(it: &ConnectionView) -> Standing {
    if it.opens == Some(false) {
        return Standing::Lost;
    }
    let call = it.last_call.as_ref().filter(|call| call.at >= it.entered_at && call.outcome != "open");
    let test = it.last_test.as_ref().filter(|test| !test.outdated).map(|test| &test.tried);
    let last: Option<&Tried> = [call, test].into_iter().flatten().max_by_key(|tried| tried.at);
    match last.map(|tried| tried.status) {
        Some(Some(401 | 403)) => Standing::Refused,
        Some(None | Some(500..)) => Standing::Failing,
        Some(Some(_)) => Standing::Works,
        None if it.opens.is_none() => Standing::Sealed,
        None => Standing::Untried,
    }
}

/// The same as a tag.
#[component]
pub(super) fn Health(standing: Standing) -> impl IntoView {
    let (tone, icon, words) = match standing {
        Standing::Lost => ("high", "lock", t!("keep-health-lost")),
        Standing::Refused => ("high", "denied", t!("keep-health-refused")),
        Standing::Failing => ("medium", "warning", t!("keep-health-failing")),
        Standing::Works => ("low", "done", t!("keep-health-works")),
        Standing::Sealed => ("over", "lock", t!("keep-health-sealed")),
        Standing::Untried => ("over", "clock", t!("keep-health-untried")),
    };
    view! { <span class=format!("tag {tone}")><Icon name=icon />{words}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Tested;
    use chrono::{DateTime, TimeDelta, Utc};

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn tried(minutes: i64, status: Option<u16>) -> Tried {
        Tried { at: at(minutes), status, outcome: "complete".to_owned() }
    }

    fn connection(call: Option<Tried>, test: Option<(Tried, bool)>) -> ConnectionView {
        ConnectionView {
            id: "git".parse().unwrap(),
            account: "@paul".to_owned(),
            owner: None,
            approvers: Vec::new(),
            secret_version: 2,
            entered_at: at(10),
            opens: Some(true),
            last_call: call,
            last_test: test.map(|(tried, outdated)| Tested {
                tried,
                by: "paul".to_owned(),
                call: "GET /".to_owned(),
                ms: 1,
                outdated,
            }),
            may_test: true,
            may_reconnect: true,
        }
    }

    #[test]
    fn the_newest_word_counts_and_that_of_an_earlier_secret_does_not() {
        let ok = || Some(tried(20, Some(200)));
        let table = [
            (connection(None, None), Standing::Untried),
            (connection(ok(), None), Standing::Works),
            (connection(Some(tried(20, Some(404))), None), Standing::Works),
            (connection(Some(tried(20, Some(401))), None), Standing::Refused),
            (connection(Some(tried(20, Some(502))), None), Standing::Failing),
            (connection(Some(tried(20, None)), None), Standing::Failing),
            (connection(ok(), Some((tried(30, Some(403)), false))), Standing::Refused),
            (connection(ok(), Some((tried(15, Some(403)), false))), Standing::Works),
            (connection(ok(), Some((tried(30, Some(403)), true))), Standing::Works),
            (connection(Some(tried(5, Some(401))), None), Standing::Untried),
        ];
        for (number, (connection, expected)) in table.into_iter().enumerate() {
            assert_eq!(standing(&connection), expected, "{number}");
        }
        let mut lost = connection(ok(), None);
        lost.opens = Some(false);
        assert_eq!(standing(&lost), Standing::Lost);
        let mut sealed = connection(None, None);
        sealed.opens = None;
        assert_eq!(standing(&sealed), Standing::Sealed);
    }
}
