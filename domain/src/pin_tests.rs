use super::*;
use crate::samples::{account, asked, line, tracker};

fn services(accounts: &[&str]) -> BTreeMap<Slug, Offered> {
    let connections = accounts.iter().map(|id| account(id)).collect();
    let offered = Offered { definition: tracker(), version: 1, connections };
    BTreeMap::from([(offered.definition.id.clone(), offered)])
}

fn pin_one(change: impl FnOnce(&mut AskedLine)) -> Result<Vec<Line>, PinRefusal> {
    let mut line = asked();
    change(&mut line);
    pin(&[line], &services(&["paul"]), &Policy::default())
}

fn refused(change: impl FnOnce(&mut AskedLine)) -> String {
    pin_one(change).unwrap_err().to_string().replace("authorization_details[0]", "$")
}

#[test]
fn names_become_what_they_mean_and_back() {
    let pinned = pin(&[asked()], &services(&["paul"]), &Policy::default()).unwrap();
    assert_eq!(pinned, [line(1)]);
    let mut with_connection = asked();
    with_connection.connection = Some("paul".parse().unwrap());
    assert_eq!(unpin(&pinned[0]), with_connection);
}

#[test]
fn the_account_is_pinned_only_where_there_is_no_choice() {
    let connection = |accounts: &[&str], named: Option<&str>| {
        let mut line = asked();
        line.connection = named.map(|name| name.parse().unwrap());
        let pinned = pin(&[line], &services(accounts), &Policy::default());
        pinned.map(|lines| lines[0].connection.clone()).map_err(|refusal| refusal.why)
    };
    assert_eq!(connection(&["paul"], None), Ok(Some(account("paul"))));
    assert_eq!(connection(&["paul", "bot"], None), Ok(None));
    assert_eq!(connection(&["paul", "bot"], Some("bot")), Ok(Some(account("bot"))));
    assert_eq!(
        connection(&["paul", "bot"], Some("eve")),
        Err("no connection that this owner may use is called eve".to_owned())
    );
    assert!(connection(&[], None).unwrap_err().starts_with("no connection that this owner may use"));
    assert!(connection(&[], Some("paul")).is_err());
}

#[test]
fn refusals_name_the_field() {
    let condition = |at: &str, test| vec![Condition { at: at.to_owned(), test }];
    assert_eq!(refused(|l| l.service = "mail".parse().unwrap()), "$.service: no service mail to ask for");
    assert_eq!(refused(|l| l.actions.clear()), "$.actions: must name at least one action");
    assert_eq!(
        refused(|l| l.actions[1] = "issues.burn".to_owned()),
        "$.actions[1]: no such action of tracker; it has issues.read, issues.comment, issues.close, issues.delete"
    );
    assert_eq!(refused(|l| l.actions[2] = "issues.read".to_owned()), "$.actions[2]: repeats an earlier one");
    assert_eq!(refused(|l| l.resources.push("acme".to_owned())), "$.resources[1]: repeats an earlier one");
    assert!(
        refused(|l| l.resources[0] = "ac\u{200b}me".to_owned()).starts_with("$.resources[0]: must not hold")
    );
    assert_eq!(
        refused(|l| l.resources[0] = "a/b".to_owned()),
        "$.resources[0]: must be of the form {project}"
    );
    let many = (0..51).map(|n| format!("r{n}")).collect::<Vec<_>>();
    assert_eq!(refused(|l| l.resources = many), "$.resources: must name at most 50 resources");
    assert_eq!(refused(|l| l.limits.max_calls = Some(0)), "$.limits.max_calls: must be at least 1");
    let equals = Test::Equals("1".to_owned());
    let wrong = [
        ("body.x", equals.clone(), "$.conditions[0].at: must be path.NAME or query.NAME"),
        ("path.repo", equals.clone(), "$.conditions[0].at: names nothing in the path of these actions"),
        ("query.", equals, "$.conditions[0].at: must not be empty"),
        ("query.a", Test::OneOf(vec![]), "$.conditions[0].test: must name 1 to 50 values"),
        ("query.a", Test::Prefix(String::new()), "$.conditions[0].test: must not be empty"),
        (
            "query.a",
            Test::AtMost(i64::MAX),
            "$.conditions[0].test: must be between -9007199254740991 and 9007199254740991",
        ),
    ];
    for (at, test, why) in wrong {
        assert_eq!(refused(|l| l.conditions = condition(at, test)), why);
    }
    let glob = |text: &str| condition("query.a", Test::Glob(text.to_owned()));
    assert_eq!(refused(|l| l.conditions = glob("")), "$.conditions[0].test: must not be empty");
    assert_eq!(
        refused(|l| l.conditions = glob(&"x".repeat(201))),
        "$.conditions[0].test: must be at most 200 characters"
    );
    assert!(pin_one(|l| l.conditions = glob("docs/**")).is_ok());
    assert!(pin_one(|l| l.conditions = condition("query.state", Test::MinLength(9))).is_ok());
    assert!(pin_one(|l| l.conditions = condition("path.issue", Test::AtMost(7))).is_ok());
    assert!(pin_one(|l| l.conditions = condition("query.state", Test::MaxLength(9))).is_ok());
}

#[test]
fn a_service_without_resources_takes_none() {
    let mut services = services(&["paul"]);
    for offered in services.values_mut() {
        offered.definition.resource = None;
    }
    let refusal = pin(&[asked()], &services, &Policy::default()).unwrap_err();
    assert_eq!(refusal.field, "authorization_details[0].resources[0]");
    assert_eq!(refusal.why, "is of a service that has no resources to choose from: leave resources out");
}

#[test]
fn lines_are_counted_and_not_repeated() {
    let policy = Policy::default();
    let services = services(&["paul"]);
    assert_eq!(pin(&[], &services, &policy).unwrap_err().why, "must have 1 to 10 lines, has 0");
    let lines: Vec<AskedLine> =
        (0..11).map(|n| AskedLine { resources: vec![format!("r{n}")], ..asked() }).collect();
    assert_eq!(pin(&lines, &services, &policy).unwrap_err().field, "authorization_details");
    let pinned = pin(&lines[..10], &services, &policy).unwrap();
    assert_eq!(pinned.iter().map(|line| line.id).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    let refusal =
        pin(&[lines[0].clone(), lines[1].clone(), lines[0].clone()], &services, &policy).unwrap_err();
    assert_eq!(refusal.to_string(), "authorization_details[2]: repeats authorization_details[0]");
}
