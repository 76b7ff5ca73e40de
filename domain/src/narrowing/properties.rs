//! Whatever is asked and whatever is sent back: the result is refused or lies within what was asked.

use super::*;
use crate::{
    proof::Passkey,
    samples::{account, line, terms, tracker},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use protocol::Test;

const POLICY: Policy = Policy::DEFAULT;

fn some_of<T: Clone + std::fmt::Debug + 'static>(items: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let count = items.len();
    prop::sample::subsequence(items, 0..=count)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn asked_line(id: LineId) -> impl Strategy<Value = Line> {
    let actions = some_of(tracker().actions);
    let resources = some_of(names(&["acme", "beta", "gamma"]));
    let limit = option::of(1_u32..50);
    let connection = option::of(select(vec![account("paul"), account("bot")]));
    let condition = vec(Just(Condition { at: "query.n".to_owned(), test: Test::AtMost(3) }), 0..2);
    (actions, resources, limit, connection, condition, any::<bool>()).prop_map(
        move |(actions, resources, max_calls, connection, conditions, sensitive)| {
            let mut line =
                Line { actions, resources, conditions, connection, limits: Limits { max_calls }, ..line(id) };
            line.service.sensitive = sensitive;
            line
        },
    )
}

fn asked() -> impl Strategy<Value = Terms> {
    ((asked_line(1), asked_line(2), asked_line(3)), 0_usize..=3, 5_u32..90_000).prop_map(
        |((a, b, c), count, duration)| {
            let lines = [a, b, c].into_iter().take(count).collect();
            Terms { lines, duration, ..terms() }
        },
    )
}

/// Mostly plausible, sometimes not: unknown names, other lines, higher numbers.
fn hostile_line() -> impl Strategy<Value = NarrowedLine> {
    let actions =
        select(names(&["issues.read", "issues.comment", "issues.close", "issues.delete", "issues.burn", ""]));
    let resources = select(names(&["acme", "beta", "gamma", "delta", "a/b", "x\u{202e}", ""]));
    let connection = select(names(&["paul", "bot", "eve"])).prop_map(|name| name.parse::<Slug>().unwrap());
    let line = prop_oneof![8 => 1_u16..=3, 1 => any::<u16>()];
    (
        line,
        vec(actions, 0..4),
        option::of(vec(resources, 0..3)),
        option::of(0_u32..60),
        option::of(connection),
        vec(added(), 0..3),
    )
        .prop_map(|(line, actions, resources, max_calls, connection, conditions)| NarrowedLine {
            line,
            actions,
            resources,
            conditions,
            max_calls,
            connection,
        })
}

/// Conditions that a person may add, and some that nobody may.
fn added() -> impl Strategy<Value = Condition> {
    let at = select(names(&["path.issue", "query.state", "path.nothing", "body.x", ""]));
    let test = prop_oneof![
        Just(Test::Equals("open".to_owned())),
        Just(Test::Prefix("x\u{202e}".to_owned())),
        any::<i64>().prop_map(Test::AtMost),
    ];
    (at, test).prop_map(|(at, test)| Condition { at, test })
}

fn hostile() -> impl Strategy<Value = Narrowing> {
    (vec(hostile_line(), 0..4), option::of(0_u32..100_000))
        .prop_map(|(lines, duration)| Narrowing { lines, duration })
}

fn means() -> impl Strategy<Value = Means> {
    let passkeys = select(vec![Passkey::Missing, Passkey::Elsewhere, Passkey::Here]);
    (passkeys, any::<bool>()).prop_map(|(passkey, others)| Means { passkey, others })
}

fn choices() -> Choices {
    (1..=3).map(|id| (id, vec![account("paul"), account("bot")])).collect()
}

/// Tries the same thing with each line id once, so that accepted narrowings are common too.
fn plausible(asked: &Terms, narrowing: &Narrowing) -> Narrowing {
    let mut plausible = narrowing.clone();
    for (line, from) in plausible.lines.iter_mut().zip(&asked.lines) {
        line.line = from.id;
        line.actions.retain(|name| from.actions.iter().any(|action| action.name == *name));
        line.max_calls = line.max_calls.map(|max| max.clamp(1, from.limits.max_calls.unwrap_or(60)));
        line.connection = Some(from.connection.clone().unwrap_or_else(|| account("paul")).id);
        line.conditions.retain(|it| it.at == "query.state" && it.test == Test::Equals("open".to_owned()));
        if let Some(resources) = &mut line.resources {
            resources.retain(|name| from.resources.contains(name));
        }
    }
    plausible.lines.truncate(asked.lines.len());
    plausible.duration = plausible.duration.map(|d| d.clamp(5, asked.duration.clamp(5, 43_200)));
    plausible
}

/// Plausible but for the numbers and the resources, which are as they were sent.
fn greedy(asked: &Terms, narrowing: &Narrowing) -> Narrowing {
    let mut greedy = plausible(asked, narrowing);
    for (line, sent) in greedy.lines.iter_mut().zip(&narrowing.lines) {
        line.max_calls = sent.max_calls;
        line.resources.clone_from(&sent.resources);
    }
    greedy.duration = narrowing.duration;
    greedy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_is_ever_widened(asked in asked(), sent in hostile(), means in means()) {
        let choices = choices();
        let rules = Rules { policy: &POLICY, means, choices: &choices };
        for narrowing in [plausible(&asked, &sent), greedy(&asked, &sent), sent] {
            let Ok(granted) = narrow(&asked, &narrowing, &rules) else { continue };
            prop_assert!(is_within(&granted, &asked), "{granted:?}");
            let can = |line: &Line| line.actions.iter().all(|it| disabled_because(it, line, means, &POLICY).is_none());
            prop_assert!(granted.lines.iter().all(can));
            prop_assert!(granted.duration <= POLICY.max_duration);
            let same = narrow(&granted, &keep_all(&granted), &rules);
            prop_assert_eq!(same.as_ref(), Ok(&granted), "to take nothing away changes nothing");
            let again = narrow(&asked, &of_terms(&asked, &granted), &rules);
            prop_assert_eq!(again.as_ref(), Ok(&granted), "what was granted is found again");
        }
    }

    #[test]
    fn narrowing_twice_stays_within(asked in asked(), first in hostile(), second in hostile()) {
        let choices = choices();
        let rules = Rules { policy: &POLICY, means: Means::ALL, choices: &choices };
        if let Ok(once) = narrow(&asked, &plausible(&asked, &first), &rules)
            && let Ok(twice) = narrow(&once, &plausible(&once, &second), &rules)
        {
            prop_assert!(is_within(&twice, &once) && is_within(&twice, &asked));
        }
    }

    #[test]
    fn the_default_is_granted_or_waits_for_a_choice(asked in asked(), means in means()) {
        let choices = choices();
        let rules = Rules { policy: &POLICY, means, choices: &choices };
        match narrow(&asked, &default_narrowing(&asked, &rules), &rules) {
            Ok(granted) => prop_assert!(is_within(&granted, &asked)),
            Err(why) => prop_assert!(
                matches!(why, NarrowRefusal::NothingLeft | NarrowRefusal::AccountNotChosen { .. }),
                "{why}"
            ),
        }
    }

    #[test]
    fn forms_lose_nothing(mut sent in hostile()) {
        sent.lines.sort_by_key(|line| line.line);
        sent.lines.dedup_by_key(|line| line.line);
        prop_assert_eq!(from_pairs(&to_pairs(&sent)), Ok(sent));
    }
}

/// The properties above would hold if everything were refused: this shows that enough is accepted.
#[test]
fn enough_is_accepted_for_the_properties_to_mean_something() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let choices = choices();
    let rules = Rules { policy: &POLICY, means: Means::ALL, choices: &choices };
    let accepted = (0..500)
        .filter(|_| {
            let asked = asked().new_tree(&mut runner).unwrap().current();
            let sent = hostile().new_tree(&mut runner).unwrap().current();
            narrow(&asked, &plausible(&asked, &sent), &rules).is_ok()
        })
        .count();
    assert!(accepted > 50, "{accepted} of 500");
}
