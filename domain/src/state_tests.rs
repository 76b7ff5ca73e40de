use super::*;
use crate::{narrowing::is_within, samples};
use proptest::prelude::*;

/// One thing that somebody tries, so many seconds after the thing before.
#[derive(Debug, Clone)]
enum Try {
    Approve { duration: u32, max_calls: Option<u32>, actions: usize, service: bool },
    Deny,
    Withdraw,
    Lapse,
    Redeem,
    End(EndReason),
}

fn tries() -> impl Strategy<Value = Vec<(i64, Try)>> {
    let reason = prop::sample::select(vec![
        EndReason::Expired,
        EndReason::Revoked,
        EndReason::Closed,
        EndReason::Exhausted,
        EndReason::Idle,
        EndReason::NotRedeemed,
    ]);
    let approve = (1..10_000_u32, prop::option::of(1..9_u32), 0..5_usize, prop::bool::weighted(0.9));
    let approve = approve.prop_map(|(duration, max_calls, actions, service)| Try::Approve {
        duration,
        max_calls,
        actions,
        service,
    });
    let one = prop_oneof![
        4 => approve,
        1 => Just(Try::Deny),
        1 => Just(Try::Withdraw),
        2 => Just(Try::Lapse),
        4 => Just(Try::Redeem),
        3 => reason.prop_map(Try::End),
    ];
    prop::collection::vec((prop_oneof![0..120_i64, 0..9_000_i64], one), 1..24)
}

/// A request for at most five calls.
fn opened() -> Grant {
    let mut asked = samples::terms();
    asked.lines[0].limits.max_calls = Some(5);
    let now = DateTime::UNIX_EPOCH;
    Grant::open(asked, 0, now, now + TimeDelta::seconds(600))
}

fn attempt(grant: Grant, now: DateTime<Utc>, what: &Try) -> Result<Transition, Refusal> {
    let verdict = Verdict { by: "ana".parse().unwrap(), via: "link".to_owned(), at: now, reason: None };
    match what {
        Try::Approve { duration, max_calls, actions, service } => {
            let mut terms = grant.asked.clone();
            terms.duration = *duration;
            terms.lines[0].limits.max_calls = *max_calls;
            terms.lines[0].actions.truncate(*actions);
            if !service {
                terms.lines[0].service.version += 1;
            }
            let (request_digest, grant_digest) = (grant.request_digest.clone(), digest::grant_digest(&terms));
            let redeem_within = TimeDelta::seconds(600);
            grant.approve(Approving { verdict, terms, request_digest, grant_digest, redeem_within })
        }
        Try::Deny => {
            let shown = grant.request_digest.clone();
            grant.deny(verdict, &shown)
        }
        Try::Withdraw => grant.withdraw(now),
        Try::Lapse => grant.lapse(now),
        Try::Redeem => grant.redeem(now),
        Try::End(reason) => grant.end(*reason, now),
    }
}

/// How far along a state is: no transition goes back, and from the last nothing leads on.
fn rank(state: &State) -> u8 {
    match state {
        State::Pending => 0,
        State::Approved { .. } => 1,
        State::Active { .. } => 2,
        State::Denied { .. } | State::Withdrawn { .. } | State::Lapsed { .. } | State::Ended { .. } => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_of_acts_raises_an_end_a_limit_or_a_scope(tries in tries()) {
        let mut grant = opened();
        let mut now = DateTime::UNIX_EPOCH;
        let mut decisions = 0;
        for (seconds, what) in tries {
            now += TimeDelta::seconds(seconds);
            let before = grant.clone();
            let Ok(Transition { from, to }) = attempt(grant.clone(), now, &what) else { continue };
            prop_assert_eq!((from, to.version), (before.version, before.version + 1));
            prop_assert!(rank(&to.state) > rank(&before.state), "{:?} to {:?}", before.state, to.state);
            decisions += u32::from(matches!(before.state, State::Pending));
            prop_assert_eq!(decisions, 1, "every way out of pending is a decision, and there is one");
            prop_assert_eq!((&to.asked, &to.request_digest), (&before.asked, &before.request_digest));
            if let Some(approval) = to.approval() {
                let longest = approval.verdict.at + TimeDelta::seconds(i64::from(approval.terms.duration));
                prop_assert_eq!(approval.ends_at, longest);
                prop_assert!(is_within(&approval.terms, &to.asked));
                prop_assert!(approval.terms.duration <= to.asked.duration);
                prop_assert!(approval.terms.lines[0].limits.max_calls.is_some_and(|calls| calls <= 5));
                prop_assert!(approval.terms.lines[0].service == to.asked.lines[0].service);
            }
            if let Some(approval) = before.approval() {
                prop_assert_eq!(Some(approval), to.approval(), "an approval does not change");
            }
            if let State::Ended { approval, at, .. } = &to.state {
                prop_assert!(*at <= approval.ends_at && *at <= now);
            }
            if let State::Active { approval, redeemed_at } = &to.state {
                prop_assert!(*redeemed_at < approval.ends_at && *redeemed_at < approval.redeem_by);
            }
            grant = to;
        }
    }
}

#[test]
fn what_was_not_shown_is_not_approved() {
    let grant = opened();
    let now = DateTime::UNIX_EPOCH;
    let verdict = Verdict { by: "ana".parse().unwrap(), via: "link".to_owned(), at: now, reason: None };
    let terms = grant.asked.clone();
    let fine = Approving {
        verdict: verdict.clone(),
        request_digest: grant.request_digest.clone(),
        grant_digest: digest::grant_digest(&terms),
        redeem_within: TimeDelta::seconds(600),
        terms,
    };
    let other = digest::request_digest(&samples::terms());
    let wrong = [
        Approving { request_digest: other.clone(), ..fine.clone() },
        Approving { grant_digest: other.clone(), ..fine.clone() },
        // Each digest is of its own kind of thing.
        Approving { grant_digest: fine.request_digest.clone(), ..fine.clone() },
        Approving { request_digest: fine.grant_digest.clone(), ..fine.clone() },
    ];
    for decision in wrong {
        assert_eq!(grant.clone().approve(decision).unwrap_err().reason, Reason::Digest);
    }
    assert_eq!(grant.clone().deny(verdict, &other).unwrap_err().reason, Reason::Digest);
    assert!(grant.approve(fine).is_ok());
}
