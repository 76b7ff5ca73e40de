use super::*;
use crate::samples::{account, action, line, terms};
use protocol::{Condition, Effect, Test, Tier};

/// The sentence with its emphasis as in Markdown.
fn marked(spans: &[Span]) -> String {
    spans.iter().map(|s| if s.strong { format!("**{}**", s.text) } else { s.text.clone() }).collect()
}

/// The terms of one line, without the delete, changed.
fn with(change: impl FnOnce(&mut protocol::Line)) -> Terms {
    let mut terms = terms();
    terms.duration = 3_600;
    terms.lines[0].actions.pop();
    change(&mut terms.lines[0]);
    terms
}

fn said(change: impl FnOnce(&mut protocol::Line)) -> String {
    marked(&sentence(&with(change)))
}

#[test]
fn the_plain_case() {
    let terms = with(|line| line.resources = vec!["acme/site".to_owned()]);
    assert_eq!(
        marked(&sentence(&terms)),
        "wants to **read, comment on and close issues** in **acme/site** on **Issue tracker** as @paul, for **1 hour**."
    );
    assert_eq!(
        plain(&deeds(&terms)),
        "read, comment on and close issues in acme/site on Issue tracker as @paul"
    );
}

#[test]
fn verbs_share_objects_and_objects_share_verbs() {
    let call = ("GET", "/x");
    let read = |object| action("a", ("read", object), Effect::Read, true, call);
    let write = |object| action("a", ("write", object), Effect::Write, true, call);
    let table = [
        (vec![read("issues"), read("issues")], "read issues"),
        (vec![read("issues"), write("issues")], "read and write issues"),
        (vec![read("issues"), read("files")], "read issues and files"),
        (
            vec![read("issues"), write("issues"), read("pulls"), write("pulls")],
            "read and write issues and pulls",
        ),
        (vec![read("issues"), write("issues"), read("files")], "read and write issues, and read files"),
        (vec![], "do nothing"),
    ];
    for (actions, words) in table {
        let said = said(|line| line.actions = actions);
        assert!(said.starts_with(&format!("wants to **{words}** in **acme** on")), "{said}");
    }
}

#[test]
fn all_resources_are_named_however_many() {
    let names = |count: usize| (1..=count).map(|n| format!("r{n}")).collect::<Vec<_>>();
    let place = |count: usize| {
        let said = said(|line| line.resources = names(count));
        said.split_once("issues** ").unwrap().1.split_once(" on **").unwrap().0.to_owned()
    };
    assert_eq!(place(0), "**everywhere**");
    assert_eq!(place(2), "in **r1 and r2**");
    assert_eq!(place(3), "in **r1, r2 and r3**");
    assert_eq!(place(7), "in **r1, r2, r3, r4, r5, r6 and r7**");
}

#[test]
fn names_cannot_pretend_to_be_the_sentence() {
    let table = [
        ("acme/site", "acme/site"),
        ("a_b-c.d:e@f", "a_b-c.d:e@f"),
        ("сайт", "сайт"),
        ("acme and nothing else", "“acme and nothing else”"),
        ("acme, for 1 minute.", "“acme, for 1 minute.”"),
        ("acme,beta", "“acme,beta”"),
        ("everywhere", "“everywhere”"),
        ("and", "“and”"),
        ("acme.", "“acme.”"),
        ("**", "“**”"),
    ];
    for (name, shown) in table {
        assert_eq!(shown_name(name), shown);
    }
}

#[test]
fn limits_conditions_and_accounts_are_said() {
    let limited = said(|line| {
        line.limits.max_calls = Some(20);
        line.connection = None;
    });
    assert!(limited.ends_with(
        " on **Issue tracker** as an account that is still to be chosen, at most **20 calls**, for **1 hour**."
    ));
    let conditions = said(|line| {
        line.limits.max_calls = Some(1);
        line.conditions = vec![
            Condition { at: "path.issue".to_owned(), test: Test::Equals("7".to_owned()) },
            Condition { at: "query.state".to_owned(), test: Test::MaxLength(1) },
        ];
    });
    assert!(
        conditions.ends_with(
            " as @paul, at most **1 call**, only where issue is exactly “7” \
             and query argument state has at most 1 character, for **1 hour**."
        ),
        "{conditions}"
    );
    let words = |test| condition_words(&Condition { at: "query.n".to_owned(), test });
    assert_eq!(
        words(Test::OneOf(vec!["a".to_owned(), "b".to_owned()])),
        "query argument n is one of “a”, “b”"
    );
    assert_eq!(words(Test::Prefix("ab".to_owned())), "query argument n starts with “ab”");
    assert_eq!(words(Test::AtMost(3)), "query argument n is at most 3");
    assert_eq!(words(Test::AtLeast(-3)), "query argument n is at least -3");
    assert_eq!(words(Test::MinLength(2)), "query argument n has at least 2 characters");
    assert_eq!(words(Test::Glob("a/**".to_owned())), "query argument n is of the form “a/**”");
    let of_a_tool = |test| condition_words(&Condition { at: "/path".to_owned(), test });
    assert_eq!(of_a_tool(Test::MaxLength(1)), "argument /path has at most 1 character or element");
    assert_eq!(of_a_tool(Test::MinLength(2)), "argument /path has at least 2 characters or elements");
    assert_eq!(of_a_tool(Test::Prefix("a/".to_owned())), "argument /path starts with “a/”");
}

#[test]
fn several_lines_become_one_sentence() {
    let mut terms = with(|line| line.actions.truncate(1));
    let mut second = line(2);
    second.actions.truncate(1);
    second.service.title = "Files".to_owned();
    second.resources.clear();
    second.connection = Some(account("bot"));
    terms.lines.push(second.clone());
    assert_eq!(
        plain(&sentence(&terms)),
        "wants to read issues in acme on Issue tracker as @paul; and to read issues everywhere on Files as @bot, for 1 hour."
    );
    terms.lines.push(second);
    let three = plain(&deeds(&terms));
    assert_eq!(three.matches("; ").count(), 2);
    assert_eq!(three.matches("; and ").count(), 1);
    terms.lines.clear();
    assert_eq!(plain(&sentence(&terms)), "wants to do nothing, for 1 hour.");
}

#[test]
fn durations_are_exact() {
    let table = [
        (0, "0 seconds"),
        (5, "5 seconds"),
        (60, "1 minute"),
        (61, "1 minute 1 second"),
        (900, "15 minutes"),
        (3_600, "1 hour"),
        (5_400, "1 hour 30 minutes"),
        (43_200, "12 hours"),
        (86_399, "23 hours 59 minutes 59 seconds"),
    ];
    for (seconds, words) in table {
        assert_eq!(duration_words(seconds), words);
    }
}

#[test]
fn the_worst_of_each_effect() {
    let table = [
        (Effect::Read, "Can only read.", "Stays inside acme.", Tier::Low),
        (Effect::Write, "Can change data.", "Reversible, and stays inside acme.", Tier::Medium),
        (Effect::Send, "Can send to others.", "Reversible, and stays inside acme.", Tier::High),
        (Effect::Spend, "Can spend money.", "Reversible, and stays inside acme.", Tier::High),
        (Effect::Delete, "Can delete data.", "Reversible, and stays inside acme.", Tier::High),
        (Effect::Admin, "Can change who has access.", "Reversible, and stays inside acme.", Tier::Critical),
    ];
    for (effect, headline, detail, tier) in table {
        let worst =
            worst(&with(|line| line.actions = vec![action("a", ("x", "y"), effect, true, ("GET", "/"))]));
        assert_eq!((worst.headline.as_str(), worst.detail.as_str(), worst.tier), (headline, detail, tier));
    }
}

#[test]
fn the_worst_hides_nothing() {
    let detail = |terms: &Terms| worst(terms).detail;
    let everything = terms();
    assert_eq!(worst(&everything).headline, "Can delete data.");
    assert_eq!(detail(&everything), "Can also change data. Cannot undo: delete issues. Stays inside acme.");
    let only_delete = with(|line| line.actions = line_of_delete());
    assert_eq!(detail(&only_delete), "Cannot be undone, and stays inside acme.");
    assert_eq!(
        detail(&with(|line| line.resources.clear())),
        "Reversible, and reaches everything on Issue tracker."
    );
    let many = with(|line| line.resources = ["a", "b", "c", "d"].map(str::to_owned).to_vec());
    assert_eq!(detail(&many), "Reversible, and stays inside the 4 resources named.");
    let long = |names: &[&str]| with(|line| line.resources = names.iter().map(|it| it.repeat(40)).collect());
    assert_eq!(detail(&long(&["a"])), format!("Reversible, and stays inside {}.", "a".repeat(40)));
    assert_eq!(detail(&long(&["a", "b"])), "Reversible, and stays inside the 2 resources named.");
    assert_eq!(detail(&long(&["ab"])), "Reversible, and stays inside the one resource named.");
    let mut both = with(|line| line.service.sensitive = true);
    both.lines.push(protocol::Line { resources: vec![], ..line(2) });
    both.lines[1].actions.truncate(1);
    both.lines[1].service.title = "Files".to_owned();
    assert_eq!(
        detail(&both),
        "Reversible, and reaches everything on Files, elsewhere only acme. What it can see is sensitive."
    );
    let nothing = worst(&with(|line| line.actions.clear()));
    assert_eq!((nothing.headline.as_str(), nothing.detail.as_str()), ("Can do nothing.", ""));
}

fn line_of_delete() -> Vec<protocol::Action> {
    vec![terms().lines[0].actions[3].clone()]
}

#[test]
fn of_what_a_client_is_offered_only_the_number_is_said_until_something_is_chosen() {
    let mut terms = with(|line| line.limits.max_calls = None);
    assert_eq!((asked(&terms), asked_deeds(&terms)), (sentence(&terms), deeds(&terms)));
    terms.unchosen = true;
    let where_it_is = "in **acme** on **Issue tracker** as @paul";
    assert_eq!(
        marked(&asked(&terms)),
        format!("wants to **use some of 3 tools** {where_it_is}, for **1 hour**.")
    );
    assert_eq!(marked(&asked_deeds(&terms)), format!("**use some of 3 tools** {where_it_is}"));
    // What is granted is named, whole.
    assert!(plain(&sentence(&terms)).starts_with("wants to read, comment on and close issues in acme"));
    terms.lines[0].actions.truncate(1);
    assert_eq!(asked(&terms), sentence(&terms), "one needs no number");
}
