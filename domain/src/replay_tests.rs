use super::*;
use crate::samples;
use protocol::Test;

fn call(action: &str, resource: &str, after: i64) -> Call {
    Call {
        service: "tracker".parse().unwrap(),
        action: action.to_owned(),
        line: 1,
        resource: Some(resource.to_owned()),
        names: BTreeMap::from([("issue".to_owned(), "7".to_owned())]),
        after,
    }
}

fn lost(terms: &Terms, calls: &[Call]) -> Vec<(String, Why, u32)> {
    let judged = judge(terms, &samples::terms(), &[calls.to_vec()]);
    assert_eq!(judged.calls, judged.covered + judged.lost.iter().map(|it| it.calls).sum::<u32>());
    judged.lost.into_iter().map(|it| (it.what, it.why, it.calls)).collect()
}

#[test]
fn what_was_granted_covers_what_was_done_with_it() {
    let calls = [call("issues.read", "acme", 0), call("issues.delete", "acme", 7_199)];
    assert_eq!(lost(&samples::terms(), &calls), []);
}

#[test]
fn each_bound_says_what_it_would_have_cost() {
    let calls = [
        call("issues.read", "acme", 1),
        call("issues.read", "acme", 1_000),
        call("issues.close", "acme", 2),
        call("issues.read", "beta", 3),
    ];
    let narrowed = |change: fn(&mut Terms)| {
        let mut terms = samples::terms();
        terms.lines[0].resources.push("beta".to_owned());
        change(&mut terms);
        lost(&terms, &calls)
    };
    let one = |what: &str, why| vec![(what.to_owned(), why, 1)];
    assert_eq!(narrowed(|_| ()), []);
    assert_eq!(narrowed(|it| it.lines[0].actions.truncate(2)), one("close issues in acme", Why::Action));
    assert_eq!(narrowed(|it| it.lines[0].resources.truncate(1)), one("read issues in beta", Why::Resource));
    assert_eq!(narrowed(|it| it.duration = 900), one("read issues in acme", Why::Time));
    assert_eq!(
        narrowed(|it| it.lines[0].limits.max_calls = Some(3)),
        one("read issues in beta", Why::Limit),
        "in the order in which they were made"
    );
    let on = |at: &str, value: &str| Condition { at: at.to_owned(), test: Test::Equals(value.to_owned()) };
    let mut terms = samples::terms();
    terms.lines[0].conditions = vec![on("path.issue", "8")];
    assert_eq!(lost(&terms, &calls[..1]), one("read issues in acme", Why::Condition));
    terms.lines[0].conditions = vec![on("path.issue", "7"), on("query.state", "open")];
    assert_eq!(lost(&terms, &calls[..1]), [], "what the record does not hold is not held against it");
    terms.lines.clear();
    assert_eq!(lost(&terms, &calls)[0], ("read issues in acme".to_owned(), Why::Action, 2));
}

#[test]
fn a_limit_is_one_for_each_session() {
    let mut terms = samples::terms();
    terms.lines[0].limits.max_calls = Some(1);
    let session = vec![call("issues.read", "acme", 1)];
    let judged = judge(&terms, &samples::terms(), &[session.clone(), session]);
    assert_eq!((judged.calls, judged.covered), (2, 2));
}

#[test]
fn asked_granted_used() {
    let asked = samples::terms();
    let mut granted = asked.clone();
    granted.lines[0].actions.truncate(3);
    let counted =
        used(&asked, &granted, &[call("issues.read", "acme", 1), call("issues.read", "acme", 2)], false);
    assert_eq!((counted.asked, counted.granted, counted.used), (4, 3, 1));
    assert_eq!(counted.unused, ["comment on issues", "close issues"]);
    let other_line = Call { line: 2, ..call("issues.close", "acme", 1) };
    assert_eq!(used(&asked, &granted, &[other_line], false).used, 0);
}

#[test]
fn what_was_never_asked_before_is_said() {
    let asked = samples::terms();
    assert!(first_seen(&asked, &[]).is_empty(), "of somebody new everything is");
    assert!(first_seen(&asked, std::slice::from_ref(&asked)).is_empty());
    let mut before = asked.clone();
    before.lines[0].actions.truncate(3);
    before.lines[0].resources = vec!["beta".to_owned()];
    assert_eq!(first_seen(&asked, std::slice::from_ref(&before)), ["delete issues", "acme"]);
    let mut everywhere = asked.clone();
    everywhere.lines[0].resources.clear();
    assert_eq!(first_seen(&everywhere, std::slice::from_ref(&asked)), ["everything on Issue tracker"]);
    assert!(first_seen(&asked, &[everywhere]).is_empty(), "who may go everywhere may go there");
    before.lines[0].service.id = "mail".parse().unwrap();
    assert_eq!(first_seen(&asked, &[before]), ["Issue tracker"]);
}
