use super::*;
use crate::samples;
use protocol::{Condition, Test};

/// The sample's request narrowed to some actions, in some resources.
fn terms(actions: &[&str], resources: &[&str]) -> Terms {
    let mut terms = samples::terms();
    let known = samples::tracker().actions;
    terms.lines.truncate(1);
    terms.lines[0].actions = known.into_iter().filter(|it| actions.contains(&it.name.as_str())).collect();
    terms.lines[0].resources = resources.iter().map(|it| (*it).to_owned()).collect();
    terms.lines[0].conditions.clear();
    terms.lines[0].limits.max_calls = None;
    terms
}

fn told(asked: &Terms, live: &[Terms]) -> Option<(Vec<String>, Vec<String>)> {
    difference(asked, live).map(|it| (it.has, it.adds))
}

fn words(has: &[&str], adds: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    (owned(has), owned(adds))
}

#[test]
fn rs4_only_the_difference_is_new() {
    let live = [terms(&["issues.read"], &["acme"])];
    let asked = terms(&["issues.read", "issues.close"], &["acme"]);
    assert_eq!(told(&asked, &live), Some(words(&["read issues in acme"], &["close issues in acme"])));
    let elsewhere = terms(&["issues.read"], &["acme", "blue"]);
    assert_eq!(told(&elsewhere, &live), Some(words(&["read issues in acme"], &["read issues in blue"])));
    assert_eq!(told(&terms(&["issues.read"], &["acme"]), &live), Some(words(&["read issues in acme"], &[])));
    let both = [terms(&["issues.read"], &["acme"]), terms(&["issues.close"], &["acme"])];
    let two = words(&["read issues in acme", "close issues in acme"], &[]);
    assert_eq!(told(&asked, &both), Some(two), "of several sessions");
}

#[test]
fn where_nothing_is_held_there_is_no_difference_to_tell() {
    let asked = terms(&["issues.read"], &["acme"]);
    assert_eq!(told(&asked, &[]), None);
    assert_eq!(told(&asked, &[terms(&["issues.close"], &["acme"])]), None);
    assert_eq!(told(&asked, &[terms(&["issues.read"], &["blue"])]), None);
}

#[test]
fn all_resources_hold_each_and_none_holds_all() {
    let (all, one) = (terms(&["issues.read"], &[]), terms(&["issues.read"], &["acme"]));
    assert_eq!(told(&one, std::slice::from_ref(&all)), Some(words(&["read issues in acme"], &[])));
    assert_eq!(told(&all, &[one]), None);
    assert_eq!(told(&all, std::slice::from_ref(&all)), Some(words(&["read issues"], &[])));
}

#[test]
fn what_is_held_under_other_bounds_is_not_the_same() {
    let asked = terms(&["issues.read"], &["acme"]);
    let held = |change: fn(&mut Line)| {
        let mut live = terms(&["issues.read"], &["acme"]);
        change(&mut live.lines[0]);
        told(&asked, &[live]).is_some()
    };
    let condition = || Condition { at: "query.state".to_owned(), test: Test::Equals("open".to_owned()) };
    assert!(held(|_| ()));
    assert!(!held(|it| it.limits.max_calls = Some(5)), "it may be used up");
    assert!(!held(|it| it.service.version += 1), "its definition changed");
    assert!(!held(|it| it.actions[0].reversible = false), "another action under the same name");
    assert!(!held(|it| it.connection = None), "another account");
    let mut to_choose = asked.clone();
    to_choose.lines[0].connection = None;
    assert_eq!(
        told(&to_choose, std::slice::from_ref(&asked)),
        None,
        "a person still has to say which account"
    );
    let mut narrow = terms(&["issues.read"], &["acme"]);
    narrow.lines[0].conditions = vec![condition()];
    assert_eq!(told(&asked, &[narrow.clone()]), None, "only open ones");
    let mut asked = asked;
    asked.lines[0].conditions = vec![condition()];
    assert!(told(&asked, &[narrow]).is_some());
}
