use super::*;
use crate::{
    policy::Policy,
    samples::{account, action, line, terms, tracker},
};
use protocol::{Condition, Effect, Terms, Test, services::ServiceDefinition};

/// Judges a call; `?` separates the query.
fn judge(terms: &Terms, definition: &ServiceDefinition, call: &str) -> Result<Admission, Refusal> {
    let (method, target) = call.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let path = CanonicalPath::parse(path).unwrap();
    let query = CanonicalQuery::parse(query).unwrap();
    admit(&terms.lines, Declared { definition, version: 1 }, &Call { method, path: &path, query: &query })
}

fn reason(terms: &Terms, call: &str) -> &'static str {
    judge(terms, &tracker(), call).map_or_else(|refusal| refusal.reason(), |_| "admitted")
}

/// Terms without the delete.
fn granted() -> Terms {
    let mut terms = terms();
    terms.lines[0].actions.pop();
    terms
}

#[test]
fn an_admission_says_what_permits_the_call() {
    let admission = judge(&granted(), &tracker(), "PATCH /projects/acme/issues/7").unwrap();
    let names = [("issue", "7"), ("project", "acme")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(
        admission,
        Admission {
            line: 1,
            others: vec![],
            connection: account("paul"),
            action: tracker().actions[2].clone(),
            template: "/projects/{project}/issues/{issue}".to_owned(),
            names: BTreeMap::from(names),
            resource: Some("acme".to_owned()),
        }
    );
}

#[test]
fn only_what_was_granted_passes() {
    let table = [
        ("GET /projects/acme/issues", "admitted"),
        ("GET /projects/acme/issues?state=open", "admitted"),
        ("POST /projects/acme/issues/7/comments", "admitted"),
        ("DELETE /projects/acme/issues/7", "not_granted"),
        ("HEAD /projects/acme/issues", "not_recognised"),
        ("get /projects/acme/issues", "not_recognised"),
        ("GET /projects/acme/issues/", "not_recognised"),
        ("GET /projects/acme", "not_recognised"),
        ("GET /projects/acme/issues/7/comments", "not_recognised"),
        ("GET /projects/Acme/issues", "resource_outside"),
        ("GET /projects/acme%20/issues", "resource_outside"),
        ("GET /projects/other/issues", "resource_outside"),
    ];
    for (call, expected) in table {
        assert_eq!(reason(&granted(), call), expected, "{call}");
    }
}

#[test]
fn a_granted_template_does_not_reach_a_more_specific_action() {
    let mut definition = tracker();
    let call = ("GET", "/projects/secrets/issues");
    definition.actions.push(action("secrets.read", ("read", "secrets"), Effect::Admin, false, call));
    let mut terms = granted();
    terms.lines[0].resources.clear();
    assert!(judge(&terms, &definition, "GET /projects/acme/issues").is_ok());
    let refusal = judge(&terms, &definition, "GET /projects/secrets/issues").unwrap_err();
    assert_eq!(refusal.action(), Some("secrets.read"));
    assert_eq!(refusal.reason(), "not_granted");
}

#[test]
fn a_changed_definition_suspends_its_lines() {
    let mut terms = granted();
    terms.lines[0].service.version = 2;
    assert_eq!(reason(&terms, "GET /projects/acme/issues"), "suspended");
    // The same version cannot name another action, but if it did, it would not be the granted one.
    let mut definition = tracker();
    definition.actions[0].effect = Effect::Admin;
    let refusal = judge(&granted(), &definition, "GET /projects/acme/issues").unwrap_err();
    assert_eq!(refusal.reason(), "not_granted");
}

#[test]
fn a_session_without_the_service_permits_nothing_of_it() {
    let mut terms = granted();
    terms.lines[0].service.id = "other".parse().unwrap();
    assert_eq!(reason(&terms, "GET /projects/acme/issues"), "not_granted");
    assert_eq!(reason(&terms, "GET /nowhere"), "not_recognised");
}

#[test]
fn a_call_that_names_no_resource_needs_a_line_that_names_none() {
    let mut definition = tracker();
    definition.actions.push(action("me.read", ("read", "your profile"), Effect::Read, true, ("GET", "/me")));
    let mut terms = granted();
    terms.lines[0].actions = definition.actions.clone();
    let refusal = judge(&terms, &definition, "GET /me").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "this session was granted me.read in named resources only, and this call names none"
    );
    terms.lines[0].resources.clear();
    assert_eq!(judge(&terms, &definition, "GET /me").unwrap().resource, None);
}

#[test]
fn conditions_hold_on_every_call() {
    let mut terms = granted();
    terms.lines[0].conditions = vec![
        Condition { at: "path.project".to_owned(), test: Test::Prefix("ac".to_owned()) },
        Condition { at: "query.state".to_owned(), test: Test::Equals("open".to_owned()) },
    ];
    assert_eq!(reason(&terms, "GET /projects/acme/issues?state=open"), "admitted");
    let refusal = judge(&terms, &tracker(), "GET /projects/acme/issues").unwrap_err();
    assert_eq!(refusal.to_string(), "query.state is missing");
    assert_eq!(reason(&terms, "GET /projects/acme/issues?state=open&state=closed"), "condition_failed");
    assert_eq!(reason(&terms, "GET /projects/acme/issues?state=closed"), "condition_failed");
}

#[test]
fn of_several_lines_the_unlimited_comes_first_then_the_lowest() {
    let chosen = |limits: &[Option<u32>]| {
        let mut terms = granted();
        terms.lines = (1..)
            .zip(limits)
            .map(|(id, max)| {
                let mut line = line(id);
                line.limits.max_calls = *max;
                line
            })
            .collect();
        let admission = judge(&terms, &tracker(), "GET /projects/acme/issues").unwrap();
        (admission.line, admission.others)
    };
    assert_eq!(chosen(&[Some(1), None, None]), (2, vec![3, 1]));
    assert_eq!(chosen(&[Some(9), Some(1)]), (1, vec![2]));
    assert_eq!(chosen(&[None]), (1, vec![]));
}

#[test]
fn an_account_is_never_chosen_for_anybody() {
    let mut terms = granted();
    terms.lines.push(line(2));
    terms.lines[1].connection = Some(account("bot"));
    assert_eq!(reason(&terms, "GET /projects/acme/issues"), "several_accounts");
    terms.lines[1].resources = vec!["beta".to_owned()];
    let through = |call| judge(&terms, &tracker(), call).unwrap().connection;
    assert_eq!(through("GET /projects/acme/issues"), account("paul"));
    assert_eq!(through("GET /projects/beta/issues"), account("bot"));
    let mut open = granted();
    open.lines[0].connection = None;
    assert_eq!(reason(&open, "GET /projects/acme/issues"), "not_granted");
}

#[test]
fn the_hint_is_the_smallest_request_that_would_pass() {
    let policy = Policy::default();
    for call in ["DELETE /projects/acme/issues/7", "GET /projects/beta/issues"] {
        let refusal = judge(&granted(), &tracker(), call).unwrap_err();
        let hint = refusal.smallest_request(&tracker(), &policy).unwrap();
        let line = &hint.authorization_details[0];
        assert_eq!((line.actions.len(), line.resources.len(), hint.duration), (1, 1, Some(3_600)));
        let offered =
            crate::pin::Offered { definition: tracker(), version: 1, connections: vec![account("paul")] };
        let services = BTreeMap::from([(line.service.clone(), offered)]);
        let lines = crate::pin::pin(&hint.authorization_details, &services, &policy).unwrap();
        assert!(judge(&Terms { lines, ..granted() }, &tracker(), call).is_ok(), "{call}");
    }
    let hopeless = ["GET /nowhere", "GET /projects/a%22b/issues"];
    for call in hopeless {
        let refusal = judge(&granted(), &tracker(), call).unwrap_err();
        assert_eq!(refusal.smallest_request(&tracker(), &policy), None, "{call}");
    }
}
