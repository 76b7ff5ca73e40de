use super::*;
use crate::{
    narrowing::is_within,
    quorum::Quorum,
    samples,
    watermark::{self, Watermarks},
};
use proptest::prelude::*;
use protocol::{Slug, revoke::Subject};
use std::collections::BTreeSet;

const PEOPLE: [&str; 3] = ["ana", "paul", "eve"];

/// One thing that somebody tries, so many seconds after the thing before.
#[derive(Debug, Clone)]
enum Try {
    Approve { duration: u32, max_calls: Option<u32>, actions: usize, service: bool, by: usize },
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
    let durations = prop_oneof![Just(900_u32), 1..10_000_u32];
    let approve =
        (durations, prop::option::of(1..9_u32), 0..5_usize, prop::bool::weighted(0.9), 0..PEOPLE.len());
    let approve = approve.prop_map(|(duration, max_calls, actions, service, by)| Try::Approve {
        duration,
        max_calls,
        actions,
        service,
        by,
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

fn verdict_of(person: &str, at: DateTime<Utc>) -> Verdict {
    let (by, via) = (person.parse().unwrap(), "link".to_owned());
    Verdict { by, via, at, reason: None, took_ms: None, let_in_by: Vec::new() }
}

fn attempt(grant: Grant, now: DateTime<Utc>, what: &Try) -> Result<Transition, Refusal> {
    attempt_of(1, grant, now, what)
}

/// Tried where it takes so many people.
fn attempt_of(approvals: u8, grant: Grant, now: DateTime<Utc>, what: &Try) -> Result<Transition, Refusal> {
    let verdict = verdict_of("ana", now);
    match what {
        Try::Approve { duration, max_calls, actions, service, by } => {
            let verdict = verdict_of(PEOPLE[*by], now);
            let mut terms = grant.asked.clone();
            terms.duration = *duration;
            terms.lines[0].limits.max_calls = *max_calls;
            terms.lines[0].actions.truncate(*actions);
            if !service {
                terms.lines[0].service.version += 1;
            }
            let (request_digest, grant_digest) = (grant.request_digest.clone(), digest::grant_digest(&terms));
            let redeem_within = TimeDelta::seconds(600);
            grant.approve(Approving {
                verdict,
                evidence: None,
                terms,
                request_digest,
                grant_digest,
                redeem_within,
                quorum: Quorum { approvals, ..Quorum::default() },
                fallen: Vec::new(),
                seen: 0,
            })
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
        State::Pending { .. } => 0,
        State::Approved { .. } => 1,
        State::Active { .. } => 2,
        State::Denied { .. } | State::Withdrawn { .. } | State::Lapsed { .. } | State::Ended { .. } => 3,
    }
}

/// Whether all consents are of different people.
fn agree(proposal: &Proposal) -> bool {
    let people: BTreeSet<_> = proposal.consents.iter().map(|it| &it.verdict.by).collect();
    people.len() == proposal.consents.len() && proposal.grant_digest == digest::grant_digest(&proposal.terms)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_of_acts_raises_an_end_a_limit_or_a_scope(tries in tries(), approvals in 1..4_u8) {
        let mut grant = opened();
        let mut now = DateTime::UNIX_EPOCH;
        let mut decisions = 0;
        for (seconds, what) in tries {
            now += TimeDelta::seconds(seconds);
            let before = grant.clone();
            let Ok(Transition { from, to }) = attempt_of(approvals, grant.clone(), now, &what) else { continue };
            prop_assert_eq!((from, to.version), (before.version, before.version + 1));
            if let Some(proposal) = to.proposal() {
                prop_assert!(agree(proposal) && proposal.consents.len() < usize::from(approvals));
                prop_assert!(is_within(&proposal.terms, &to.asked));
                prop_assert_eq!((rank(&before.state), rank(&to.state)), (0, 0));
                grant = to;
                continue;
            }
            prop_assert!(rank(&to.state) > rank(&before.state), "{:?} to {:?}", before.state, to.state);
            decisions += u32::from(matches!(before.state, State::Pending { .. }));
            prop_assert_eq!(decisions, 1, "every way out of pending is a decision, and there is one");
            prop_assert_eq!((&to.asked, &to.request_digest), (&before.asked, &before.request_digest));
            if let Some(approval) = to.approval() {
                let people: BTreeSet<_> = approval.approvers().collect();
                prop_assert_eq!((people.len(), approval.earlier.len() + 1), (approvals.into(), approvals.into()));
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
    let verdict = verdict_of("ana", now);
    let terms = grant.asked.clone();
    let fine = Approving {
        verdict: verdict.clone(),
        request_digest: grant.request_digest.clone(),
        grant_digest: digest::grant_digest(&terms),
        redeem_within: TimeDelta::seconds(600),
        terms,
        evidence: None,
        quorum: Quorum::default(),
        fallen: Vec::new(),
        seen: 0,
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

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

const WHOLE: Try = Try::Approve { duration: 7_200, max_calls: Some(5), actions: 4, service: true, by: 0 };

/// Approved in second 100: to be redeemed before second 700, over in second 7,300.
fn approved() -> Grant {
    attempt(opened(), at(100), &WHOLE).unwrap().to
}

fn active() -> Grant {
    attempt(approved(), at(200), &Try::Redeem).unwrap().to
}

fn why_not(grant: &Grant, second: i64, what: &Try) -> Reason {
    attempt(grant.clone(), at(second), what).unwrap_err().reason
}

#[test]
fn a_request_is_decided_before_it_lapses_and_lapses_from_then_on() {
    for what in [WHOLE, Try::Deny, Try::Withdraw] {
        assert!(attempt(opened(), at(599), &what).is_ok(), "{what:?}");
        assert_eq!(why_not(&opened(), 600, &what), Reason::Late, "{what:?}");
    }
    assert_eq!(why_not(&opened(), 599, &Try::Lapse), Reason::Early);
    for second in [600, 9_000] {
        let lapsed = attempt(opened(), at(second), &Try::Lapse).unwrap().to;
        assert_eq!(lapsed.state, State::Lapsed { at: at(600) }, "as of when it was due");
    }
}

#[test]
fn a_grant_is_redeemed_before_its_term_and_before_its_end() {
    let redeemed = attempt(approved(), at(699), &Try::Redeem).unwrap().to;
    assert!(matches!(redeemed.state, State::Active { redeemed_at, .. } if redeemed_at == at(699)));
    assert_eq!(why_not(&approved(), 700, &Try::Redeem), Reason::Late);
    let short = Try::Approve { duration: 60, max_calls: Some(5), actions: 4, service: true, by: 0 };
    let short = attempt(opened(), at(100), &short).unwrap().to;
    assert!(attempt(short.clone(), at(159), &Try::Redeem).is_ok());
    assert_eq!(why_not(&short, 160, &Try::Redeem), Reason::Late, "it is over before it had to be redeemed");
}

#[test]
fn time_ends_a_grant_when_it_is_due_and_not_before() {
    let due = [
        (approved(), EndReason::NotRedeemed, 700),
        (approved(), EndReason::Expired, 7_300),
        (active(), EndReason::Expired, 7_300),
    ];
    for (grant, reason, second) in due {
        let end = Try::End(reason);
        assert_eq!(why_not(&grant, second - 1, &end), Reason::Early, "{reason:?}");
        for now in [second, second + 50] {
            let ended = attempt(grant.clone(), at(now), &end).unwrap().to;
            let approval = Box::new(grant.approval().unwrap().clone());
            assert_eq!(ended.state, State::Ended { approval, at: at(second), reason });
        }
    }
    assert_eq!(why_not(&active(), 9_000, &Try::End(EndReason::NotRedeemed)), Reason::State);
}

#[test]
fn anything_else_ends_a_grant_at_once() {
    for reason in [EndReason::Revoked, EndReason::Closed, EndReason::Exhausted, EndReason::Idle] {
        for grant in [approved(), active()] {
            let ended = attempt(grant, at(300), &Try::End(reason)).unwrap().to;
            assert!(matches!(ended.state, State::Ended { at: when, .. } if when == at(300)), "{reason:?}");
        }
    }
}

/// Every state, and everything that is tried in it at a time at which nothing is too early or too late.
#[test]
fn each_act_belongs_to_its_states() {
    let after = |grant: Grant, second, what| attempt(grant, at(second), &what).unwrap().to;
    let states = [
        (opened(), 300, RequestStatus::Pending),
        (after(opened(), 1, Try::Deny), 300, RequestStatus::Denied),
        (after(opened(), 1, Try::Withdraw), 300, RequestStatus::Withdrawn),
        (after(opened(), 600, Try::Lapse), 700, RequestStatus::Lapsed),
        (approved(), 300, RequestStatus::Approved),
        (active(), 300, RequestStatus::Active),
        (after(active(), 300, Try::End(EndReason::Closed)), 300, RequestStatus::Ended),
    ];
    for (grant, now, status) in states {
        assert_eq!(grant.status(), status);
        let granted =
            matches!(status, RequestStatus::Approved | RequestStatus::Active | RequestStatus::Ended);
        assert_eq!(grant.approval().is_some(), granted, "{status:?}");
        let acts = [
            (WHOLE, status == RequestStatus::Pending),
            (Try::Deny, status == RequestStatus::Pending),
            (Try::Withdraw, status == RequestStatus::Pending),
            (Try::Redeem, status == RequestStatus::Approved),
            (Try::End(EndReason::Revoked), matches!(status, RequestStatus::Approved | RequestStatus::Active)),
        ];
        for (what, allowed) in acts {
            let refused = attempt(grant.clone(), at(now), &what).err();
            assert_eq!(refused.is_none(), allowed, "{status:?}: {what:?}");
            assert!(refused.is_none_or(|it| (it.state, it.reason) == (status, Reason::State)), "{what:?}");
        }
        if status != RequestStatus::Pending {
            assert_eq!(why_not(&grant, 9_000, &Try::Lapse), Reason::State, "{status:?}");
        }
    }
}

#[test]
fn the_terms_that_hold_are_those_that_were_granted() {
    let narrow = Try::Approve { duration: 60, max_calls: Some(2), actions: 1, service: true, by: 0 };
    let grant = attempt(opened(), at(1), &narrow).unwrap().to;
    assert_eq!(opened().terms(), &opened().asked);
    assert_eq!((grant.terms().duration, grant.terms().lines[0].actions.len()), (60, 1));
}

#[test]
fn a_grant_is_subject_to_everybody_whom_it_concerns() {
    let ended_by = |grant: &Grant, subject: &Subject| {
        let mut marks = Watermarks::default();
        for key in &watermark::keys(subject) {
            marks.learn(1, key);
        }
        marks.ended(&grant.bearings(), 0).is_some()
    };
    let (pending, granted) = (opened(), approved());
    for subject in [
        Subject::All,
        Subject::Session { grant: pending.grant_id() },
        Subject::Agent { agent: pending.asked.agent.id.clone() },
        Subject::Person { person: pending.asked.owner.clone() },
        Subject::Service { service: pending.asked.lines[0].service.id.clone() },
    ] {
        assert!(ended_by(&pending, &subject) && ended_by(&granted, &subject), "{subject:?}");
    }
    let approver = Subject::Person { person: "ana".parse().unwrap() };
    assert!(ended_by(&granted, &approver) && !ended_by(&pending, &approver));
}

/// What somebody approves of it, where it takes two.
fn second(grant: &Grant, by: usize, duration: u32, fallen: &[&str]) -> Result<Grant, Reason> {
    let mut terms = grant.asked.clone();
    terms.duration = duration;
    let approving = Approving {
        verdict: verdict_of(PEOPLE[by], at(100)),
        evidence: None,
        request_digest: grant.request_digest.clone(),
        grant_digest: digest::grant_digest(&terms),
        terms,
        redeem_within: TimeDelta::seconds(600),
        quorum: Quorum { approvals: 2, others: 1, ..Quorum::default() },
        fallen: fallen.iter().map(|name| name.parse().unwrap()).collect(),
        seen: 0,
    };
    grant.clone().approve(approving).map(|it| it.to).map_err(|it| it.reason)
}

#[test]
fn two_people_approve_exactly_the_same_or_it_waits() {
    let first = second(&opened(), 0, 900, &[]).unwrap();
    assert_eq!(first.status(), RequestStatus::Pending);
    assert_eq!(first.proposal().unwrap().consents.len(), 1);
    assert_eq!(second(&first, 0, 900, &[]).unwrap_err(), Reason::Twice, "one person is not two");

    let both = second(&first, 1, 900, &[]).unwrap();
    let approval = both.approval().unwrap();
    assert_eq!(approval.approvers().map(Slug::as_str).collect::<Vec<_>>(), ["ana", "paul"]);
    assert_eq!(approval.ends_at, at(100) + TimeDelta::seconds(900), "it counts from the last approval");

    let other = second(&first, 1, 600, &[]).unwrap();
    let proposal = other.proposal().unwrap();
    assert_eq!((proposal.terms.duration, proposal.consents.len()), (600, 1), "a consent is to one digest");
    assert_eq!(proposal.consents[0].verdict.by.as_str(), "paul");
    assert!(second(&other, 0, 600, &[]).unwrap().approval().is_some());

    let alone = second(&first, 1, 900, &["ana"]).unwrap();
    assert_eq!(alone.proposal().unwrap().consents.len(), 1, "who may not approve any more does not count");
}

#[test]
fn one_denial_ends_what_others_approved() {
    let first = second(&opened(), 0, 900, &[]).unwrap();
    let denied = attempt(first, at(101), &Try::Deny).unwrap().to;
    assert_eq!(denied.status(), RequestStatus::Denied);
    assert_eq!(second(&denied, 1, 900, &[]).unwrap_err(), Reason::State);
}

#[test]
fn rows_of_before_there_were_proposals_are_read() {
    let state: State = serde_json::from_value(serde_json::json!({"is": "pending"})).unwrap();
    assert_eq!(state, State::Pending { proposal: None });
    assert_eq!(serde_json::to_value(&state).unwrap(), serde_json::json!({"is": "pending"}));
}
