use super::*;
use crate::samples::{account, line, terms};

const POLICY: Policy = Policy::DEFAULT;

fn narrowed(asked: &Terms, narrowing: &Narrowing) -> Result<Terms, NarrowRefusal> {
    let choices = Choices::from([(2, vec![account("paul"), account("bot")])]);
    narrow(asked, narrowing, &Rules { policy: &POLICY, means: Means::default(), choices: &choices })
}

/// One line of the narrowing that keeps only reading, changed.
fn with(asked: &Terms, change: impl FnOnce(&mut NarrowedLine)) -> Result<Line, NarrowRefusal> {
    let mut narrowing = keep_all(asked);
    narrowing.duration = None;
    narrowing.lines.truncate(1);
    narrowing.lines[0].actions = vec!["issues.read".to_owned()];
    change(&mut narrowing.lines[0]);
    narrowed(asked, &narrowing).map(|terms| terms.lines[0].clone())
}

#[test]
fn the_default_is_what_can_be_granted() {
    let asked = terms();
    let none = Choices::new();
    let rules = Rules { policy: &POLICY, means: Means::default(), choices: &none };
    let default = default_narrowing(&asked, &rules);
    assert_eq!(default.lines[0].actions, ["issues.read", "issues.comment", "issues.close"]);
    assert_eq!(default.duration, Some(3_600));
    let granted = narrow(&asked, &default, &rules).unwrap();
    assert!(is_within(&granted, &asked));
    assert_eq!((granted.duration, granted.lines[0].actions.len()), (3_600, 3));
    let with_passkey = Rules { means: Means::ALL, ..rules };
    assert_eq!(default_narrowing(&asked, &with_passkey).lines[0].actions.len(), 4);
}

#[test]
fn each_bound_can_be_lowered_and_none_raised() {
    let mut asked = terms();
    asked.lines[0].limits.max_calls = Some(20);
    asked.lines[0].resources.push("beta".to_owned());
    assert_eq!(with(&asked, |l| l.max_calls = Some(5)).unwrap().limits.max_calls, Some(5));
    assert_eq!(with(&asked, |l| l.max_calls = None).unwrap().limits.max_calls, Some(20));
    assert_eq!(with(&asked, |l| l.max_calls = Some(0)), Err(NarrowRefusal::NoCalls { line: 1 }));
    assert_eq!(
        with(&asked, |l| l.max_calls = Some(21)),
        Err(NarrowRefusal::HigherLimit { line: 1, asked: 20 })
    );
    let beta = || vec!["beta".to_owned()];
    assert_eq!(with(&asked, |l| l.resources = Some(beta())).unwrap().resources, beta());
    assert_eq!(with(&asked, |l| l.resources = None).unwrap().resources, ["acme", "beta"]);
    assert_eq!(
        with(&asked, |l| l.resources = Some(vec![])),
        Err(NarrowRefusal::NoResourceLeft { line: 1 }),
        "no resource left must never mean all of them"
    );
    assert_eq!(
        with(&asked, |l| l.resources = Some(vec!["gamma".to_owned()])),
        Err(NarrowRefusal::UnknownResource { line: 1, resource: "gamma".to_owned() })
    );
    assert_eq!(
        with(&asked, |l| l.actions.push("issues.burn".to_owned())),
        Err(NarrowRefusal::UnknownAction { line: 1, action: "issues.burn".to_owned() })
    );
    let mut unlimited = terms();
    unlimited.lines[0].limits.max_calls = None;
    assert_eq!(with(&unlimited, |l| l.max_calls = Some(5)).unwrap().limits.max_calls, Some(5));
}

#[test]
fn a_line_that_asked_for_everything_can_be_bounded_and_that_lowers_its_tier() {
    let mut asked = terms();
    asked.lines[0].resources.clear();
    let close = |resources: Option<Vec<String>>| {
        with(&asked, |l| {
            l.actions = vec!["issues.close".to_owned()];
            l.resources = resources;
        })
    };
    let why = "needs a passkey, unless the request names its resources";
    let refusal =
        NarrowRefusal::NotGrantable { line: 1, action: "issues.close".to_owned(), why: why.to_owned() };
    assert_eq!(close(None), Err(refusal.clone()));
    assert_eq!(close(Some(vec![])), Err(refusal));
    let bounded = close(Some(vec!["acme".to_owned(), "acme".to_owned()])).unwrap();
    assert_eq!(bounded.resources, ["acme"]);
    assert!(matches!(
        close(Some(vec!["a\u{202e}b".to_owned()])),
        Err(NarrowRefusal::BadResource { line: 1, .. })
    ));
    let many = |count| Some((0..count).map(|n| format!("r{n}")).collect());
    assert_eq!(close(many(50)).unwrap().resources.len(), 50);
    assert_eq!(close(many(51)), Err(NarrowRefusal::TooManyResources { line: 1, max: 50 }));
}

#[test]
fn conditions_come_on_top_of_those_that_were_asked() {
    let is = |value: u32| Condition {
        at: "query.state".to_owned(),
        test: protocol::Test::Equals(format!("s{value}")),
    };
    let mut asked = terms();
    asked.lines[0].conditions = vec![is(0)];
    let add = |added: Vec<Condition>| with(&asked, |l| l.conditions = added).map(|line| line.conditions);
    assert_eq!(add(vec![]), Ok(vec![is(0)]));
    assert_eq!(add(vec![is(1), is(0)]), Ok(vec![is(0), is(1)]), "the same one counts once");
    assert_eq!(add((1..20).map(is).collect()).unwrap().len(), 20);
    for count in [20, 21] {
        let many = add((1..=count).map(is).collect());
        assert_eq!(many, Err(NarrowRefusal::TooManyConditions { line: 1, max: 20 }));
    }
    let nowhere = Condition { at: "path.nothing".to_owned(), ..is(1) };
    assert!(matches!(add(vec![nowhere]), Err(NarrowRefusal::BadCondition { line: 1, .. })));
}

#[test]
fn what_cannot_be_granted_is_refused_by_name() {
    let refusal = with(&terms(), |l| l.actions.push("issues.delete".to_owned())).unwrap_err();
    assert_eq!(refusal.to_string(), "issues.delete on line 1 needs a passkey");
}

#[test]
fn a_person_chooses_among_several_accounts() {
    let mut asked = terms();
    asked.lines.push(Line { connection: None, ..line(2) });
    let second = |connection: Option<&str>| {
        let mut narrowing = keep_all(&asked);
        narrowing.duration = None;
        narrowing.lines.remove(0);
        narrowing.lines[0].actions = vec!["issues.read".to_owned()];
        narrowing.lines[0].connection = connection.map(|name| name.parse().unwrap());
        narrowed(&asked, &narrowing).map(|terms| terms.lines[0].connection.clone())
    };
    assert_eq!(second(None), Err(NarrowRefusal::AccountNotChosen { line: 2 }));
    assert_eq!(second(Some("bot")), Ok(Some(account("bot"))));
    let eve: Slug = "eve".parse().unwrap();
    assert_eq!(second(Some("eve")), Err(NarrowRefusal::UnknownAccount { line: 2, connection: eve.clone() }));
    // A pinned account is not open to choice.
    let repin = with(&asked, |l| l.connection = Some(eve.clone()));
    assert_eq!(repin, Err(NarrowRefusal::UnknownAccount { line: 1, connection: eve }));
}

#[test]
fn lines_come_from_lines_that_were_asked() {
    let mut asked = terms();
    asked.lines.push(line(2));
    let mut narrowing = keep_all(&asked);
    narrowing.duration = None;
    for line in &mut narrowing.lines {
        line.actions.truncate(1);
    }
    let ids = |narrowing: &Narrowing| {
        narrowed(&asked, narrowing).map(|t| t.lines.iter().map(|line| line.id).collect::<Vec<_>>())
    };
    narrowing.lines.reverse();
    assert_eq!(ids(&narrowing), Ok(vec![1, 2]), "in the order asked");
    narrowing.lines[1].actions.clear();
    assert_eq!(ids(&narrowing), Ok(vec![2]), "nothing of line 1, but it keeps its number");
    narrowing.lines[0].actions.clear();
    assert_eq!(ids(&narrowing), Err(NarrowRefusal::NothingLeft));
    assert_eq!(ids(&Narrowing::default()), Err(NarrowRefusal::NothingLeft));
    narrowing.lines[0].line = 3;
    assert_eq!(ids(&narrowing), Err(NarrowRefusal::UnknownLine { line: 3 }));
    narrowing.lines[0].line = 1;
    assert_eq!(ids(&narrowing), Err(NarrowRefusal::RepeatedLine { line: 1 }));
}

#[test]
fn time_only_shrinks() {
    let mut asked = terms();
    asked.lines[0].actions.pop();
    let lasts = |asked: &Terms, duration| {
        let narrowing = Narrowing { duration, ..keep_all(asked) };
        narrowed(asked, &narrowing).map(|terms| terms.duration)
    };
    assert_eq!(lasts(&asked, None), Ok(3_600));
    assert_eq!(lasts(&asked, Some(7_200)), Ok(7_200));
    assert_eq!(lasts(&asked, Some(5)), Ok(5));
    assert_eq!(lasts(&asked, Some(4)), Err(NarrowRefusal::TooShort { min: 5 }));
    assert_eq!(lasts(&asked, Some(7_201)), Err(NarrowRefusal::TooLong { max: 7_200 }));
    asked.duration = 90_000;
    let refusal = lasts(&asked, Some(43_201)).unwrap_err();
    assert_eq!(refusal.to_string(), "can last at most 12 hours");
}

#[test]
fn the_checker_sees_each_way_to_widen() {
    let asked = {
        let mut asked = terms();
        asked.lines[0].limits.max_calls = Some(20);
        asked.lines[0].conditions =
            vec![protocol::Condition { at: "query.a".to_owned(), test: protocol::Test::AtMost(1) }];
        asked
    };
    assert!(is_within(&asked, &asked));
    let widenings: [fn(&mut Terms); 20] = [
        |t| t.instance.push('x'),
        |t| t.request = protocol::RequestId::from_u128(8),
        |t| t.agent.direct = true,
        |t| t.owner = "eve".parse().unwrap(),
        |t| t.purpose.push('x'),
        |t| t.duration += 1,
        |t| t.lines.clear(),
        |t| t.lines.push(line(1)),
        |t| t.lines.push(t.lines[0].clone()),
        |t| t.lines.push(line(2)),
        |t| t.lines[0].id = 2,
        |t| t.lines[0].service.origin.push('x'),
        |t| t.lines[0].resources.clear(),
        |t| t.lines[0].resources.push("beta".to_owned()),
        |t| t.lines[0].conditions.clear(),
        |t| t.lines[0].limits.max_calls = None,
        |t| t.lines[0].limits.max_calls = Some(21),
        |t| t.lines[0].connection = None,
        |t| t.lines[0].connection = Some(account("eve")),
        |t| {
            t.lines[0].actions[0].recogniser =
                protocol::services::Recogniser::Http { method: "GET".to_owned(), path: "/".to_owned() }
        },
    ];
    for (number, widen) in widenings.iter().enumerate() {
        let mut granted = asked.clone();
        widen(&mut granted);
        assert!(!is_within(&granted, &asked), "widening {number}");
    }
}

#[test]
fn the_difference_is_said_in_words() {
    let mut asked = terms();
    asked.lines[0].connection = None;
    asked.lines[0].limits.max_calls = Some(20);
    asked.lines[0].resources.push("beta".to_owned());
    asked.lines.push(line(2));
    let mut granted = asked.clone();
    granted.lines.pop();
    granted.duration = 900;
    granted.lines[0].actions.truncate(2);
    granted.lines[0].resources.truncate(1);
    granted.lines[0].limits.max_calls = Some(5);
    granted.lines[0].connection = Some(account("bot"));
    let diff_of = |granted| diff(&asked, granted, &POLICY);
    let lines = diff_of(Some(&granted));
    assert_eq!(
        lines[0].why,
        [
            "Not granted: issues.close (close issues).",
            "Not granted: issues.delete (delete issues), which needs a passkey.",
            "Granted only in acme.",
            "Granted for at most 5 calls instead of 20.",
            "Granted as @bot.",
            "Granted for 15 minutes instead of 2 hours.",
        ]
    );
    assert_eq!(lines[0].granted.as_ref().unwrap().actions, ["issues.read", "issues.comment"]);
    assert_eq!((lines[1].line, &lines[1].granted), (2, &None));
    assert_eq!(lines[1].why[0], "Nothing of this line was granted.");
    assert!(diff_of(None).iter().all(|line| line.granted.is_none()));
    assert!(diff_of(Some(&asked)).iter().all(|line| line.why.is_empty()));
}

#[test]
fn forms_carry_a_narrowing_there_and_back() {
    let narrowing = Narrowing {
        lines: vec![
            NarrowedLine {
                conditions: vec![],
                line: 1,
                actions: vec!["issues.read".to_owned(), "issues.close".to_owned()],
                resources: Some(vec!["acme".to_owned()]),
                max_calls: Some(3),
                connection: Some("bot".parse().unwrap()),
            },
            NarrowedLine {
                line: 2,
                actions: vec![],
                resources: None,
                conditions: vec![],
                max_calls: None,
                connection: None,
            },
            NarrowedLine {
                conditions: vec![],
                line: 3,
                actions: vec![],
                resources: Some(vec![]),
                max_calls: None,
                connection: None,
            },
        ],
        duration: Some(900),
    };
    assert_eq!(from_pairs(&to_pairs(&narrowing)), Ok(narrowing));
}

#[test]
fn odd_forms_are_refused_with_the_field() {
    let read = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        from_pairs(&pairs).map_err(|bad| bad.name)
    };
    let other =
        read(&[("request_digest", "x"), ("line", "1"), ("max_calls.1", ""), ("duration", "")]).unwrap();
    assert_eq!((other.lines.len(), other.lines[0].max_calls, other.duration), (1, None, None));
    let table: [(&[(&str, &str)], &str); 11] = [
        (&[("line", "x")], "line"),
        (&[("line", "+1")], "line"),
        (&[("line", "1"), ("line", "1")], "line"),
        (&[("line", "99999")], "line"),
        (&[("action.1", "a")], "action.1"),
        (&[("line", "1"), ("action.x", "a")], "action.x"),
        (&[("line", "1"), ("max_calls.1", "-1")], "max_calls.1"),
        (&[("line", "1"), ("max_calls.1", "1"), ("max_calls.1", "2")], "max_calls.1"),
        (&[("line", "1"), ("connection.1", "A B")], "connection.1"),
        (&[("line", "1"), ("resource.1", "a"), ("as_asked.1", "yes")], "as_asked.1"),
        (&[("duration", "1h")], "duration"),
    ];
    for (pairs, field) in table {
        assert_eq!(read(pairs), Err(field.to_owned()), "{pairs:?}");
    }
}
