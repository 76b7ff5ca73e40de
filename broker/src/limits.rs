//! How much anybody may ask: rates for each agent, each person and each client address, in memory, each broker for
//! itself. What must hold everywhere (open requests, cool-down, limits of lines) is in the ledger; these keep one
//! caller from crowding the others out.
//!
//! People have budgets of their own, and their revoking has none at all: it is never refused for its rate. (A client that
//! takes its own registration back is no person.)

mod clients;

pub use clients::Written;

use crate::{clock::Clock, fault::Fault};
use clients::ClientLimits;
use domain::policy::Policy;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, Reference as _},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use protocol::Slug;
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Keys that one limit remembers at most. Strangers beyond them share one.
const MOST: usize = 10_000;

/// The longest id of a client that is told from others.
const LONGEST_CLIENT: usize = 512;

/// The doors that let strangers try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// A sign-in link is used.
    SignIn,
    /// The set-up code is entered.
    SetUp,
}

/// A stranger at a door.
type Stranger = (IpAddr, Door);
/// A client that fails to authenticate: where it is, and who it says it is.
type Failing = (IpAddr, String);

/// All limits of one broker.
pub struct Limits {
    requests: Option<Keyed<Slug>>,
    prompts: Option<Keyed<Slug>>,
    calls: Option<Keyed<Slug>>,
    decisions: Option<Keyed<Slug>>,
    sign_ins: Option<Keyed<Stranger>>,
    failures: Option<Keyed<Failing>>,
    clients: ClientLimits,
    /// Who failed too often, until when.
    shut: Mutex<HashMap<Failing, Nanos>>,
    ticks: Ticks,
}

impl Limits {
    /// The limits that the policy sets; a rate of 0 is none.
    pub fn new(policy: &Policy, clock: &Clock) -> Self {
        let ticks = Ticks(clock.clone());
        let minute = Duration::from_mins(1);
        Self {
            requests: Keyed::new(policy.requests_per_minute, minute, &ticks),
            prompts: Keyed::new(policy.prompts_per_minute, minute, &ticks),
            calls: Keyed::new(policy.calls_per_second, Duration::from_secs(1), &ticks),
            decisions: Keyed::new(policy.decisions_per_minute, minute, &ticks),
            sign_ins: Keyed::new(policy.sign_ins_per_minute, minute, &ticks),
            failures: Keyed::new(policy.failures_per_minute, minute, &ticks),
            clients: ClientLimits::new(&ticks),
            shut: Mutex::default(),
            ticks,
        }
    }

    /// An agent asks for a session.
    pub fn request(&self, agent: &Slug) -> Result<(), Fault> {
        check(self.requests.as_ref(), agent, "this agent asks for sessions")
    }

    /// A person is asked by name: so often by all agents together, whatever each may ask.
    pub fn prompt(&self, person: &Slug) -> Result<(), Fault> {
        check(self.prompts.as_ref(), person, "the person whose agent this is is asked")
    }

    /// An agent exchanges a token or makes a call. Without a limit, which is the default, this costs nothing.
    pub fn call(&self, agent: &Slug) -> Result<(), Fault> {
        check(self.calls.as_ref(), agent, "this agent calls")
    }

    /// A person decides.
    pub fn decision(&self, person: &Slug) -> Result<(), Fault> {
        check(self.decisions.as_ref(), person, "you decide")
    }

    /// Somebody tries a door. Every try counts: what is guessed here is short or comes from a person's screen.
    pub fn stranger(&self, address: IpAddr, door: Door) -> Result<(), Fault> {
        let Some(keyed) = &self.sign_ins else { return Ok(()) };
        let place = keyed.place(address);
        keyed.take(&(place, door)).map_err(|after| too_many("this address tries to sign in", after))
    }

    /// A client is about to authenticate: refused unseen while it has failed too often.
    pub fn client(&self, address: IpAddr, named: &str) -> Result<(), Fault> {
        let now = self.ticks.now();
        let shut = self.shut.lock().unwrap_or_else(PoisonError::into_inner);
        if shut.is_empty() {
            return Ok(());
        }
        let until = shut.get(&failing(address, named)).copied().filter(|until| *until > now);
        until.map_or(Ok(()), |until| Err(too_many(FAILS, seconds(until.duration_since(now).into()))))
    }

    /// A client failed to authenticate.
    pub fn failed(&self, address: IpAddr, named: &str) {
        let Some(keyed) = &self.failures else { return };
        keyed.prune();
        let mut key = failing(address, named);
        if keyed.is_full() {
            key = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), String::new());
        }
        let Err(after) = keyed.take(&key) else { return };
        let now = self.ticks.now();
        let mut shut = self.shut.lock().unwrap_or_else(PoisonError::into_inner);
        if shut.len() >= MOST {
            shut.retain(|_, until| *until > now);
        }
        if shut.len() < MOST {
            shut.insert(key, now + Duration::from_secs(after.into()));
        }
    }
}

const FAILS: &str = "this client fails to authenticate from this address";

fn check(keyed: Option<&Keyed<Slug>>, who: &Slug, what: &'static str) -> Result<(), Fault> {
    let Some(keyed) = keyed else { return Ok(()) };
    keyed.prune();
    keyed.take(who).map_err(|after| too_many(what, after))
}

fn too_many(what: &'static str, after: u32) -> Fault {
    Fault::TooMany { what, after }
}

fn failing(address: IpAddr, named: &str) -> Failing {
    // What cannot be a client's id is one name: nobody fills the memory with made-up ones of any length.
    let client =
        named.len() <= LONGEST_CLIENT && (named.starts_with("https://") || named.starts_with("csn_c_"));
    let known = client || named.parse::<Slug>().is_ok();
    (source(address), if known { named.to_owned() } else { String::new() })
}

/// What one stranger commands: an IPv4 address, or the /64 of an IPv6 one.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One rate for each key, in bounded memory.
struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>,
    ticks: Ticks,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(rate: u32, per: Duration, ticks: &Ticks) -> Option<Self> {
        let rate = NonZeroU32::new(rate)?;
        let quota = Quota::with_period(per / rate.get())?.allow_burst(rate);
        let limiter = RateLimiter::hashmap_with_clock(quota, ticks.clone());
        Some(Self { limiter, ticks: ticks.clone() })
    }

    /// Takes one unit, or says in how many seconds there is one.
    fn take(&self, key: &K) -> Result<(), u32> {
        let not_until = self.limiter.check_key(key).map(drop);
        not_until.map_err(|until| seconds(until.wait_time_from(self.ticks.now())))
    }

    /// Forgets whose budget is whole again, once there are many.
    fn prune(&self) {
        if self.is_full() {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }

    fn is_full(&self) -> bool {
        self.limiter.len() >= MOST
    }

    /// Under which place a stranger at this address is counted, after what is whole again was forgotten: their own, or
    /// where too many are known already, one that all others share.
    fn place(&self, address: IpAddr) -> IpAddr {
        self.prune();
        if self.is_full() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { source(address) }
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds(wait: Duration) -> u32 {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(whole.max(1)).unwrap_or(u32::MAX)
}

/// The App's clock as governor wants it.
#[derive(Debug, Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.steady().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn limits(change: impl FnOnce(&mut Policy)) -> (Limits, Clock) {
        let mut policy = Policy::DEFAULT;
        change(&mut policy);
        let clock = Clock::held(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        (Limits::new(&policy, &clock), clock)
    }

    fn after(result: Result<(), Fault>) -> u32 {
        match result {
            Ok(()) => 0,
            Err(Fault::TooMany { after, .. }) => after,
            Err(other) => panic!("{other}"),
        }
    }

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    #[test]
    fn each_has_a_budget_that_fills_again() {
        let (limits, clock) = limits(|it| it.requests_per_minute = 4);
        let told: Vec<u32> = (0..6).map(|_| after(limits.request(&slug("a")))).collect();
        assert_eq!(told, [0, 0, 0, 0, 15, 15]);
        assert_eq!(after(limits.request(&slug("b"))), 0, "another's budget is another");
        assert_eq!(after(limits.decision(&slug("a"))), 0, "and so is a person's of the same name");
        clock.advance(TimeDelta::milliseconds(14_001));
        assert_eq!(after(limits.request(&slug("a"))), 1);
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(after(limits.request(&slug("a"))), 0);
        clock.advance(TimeDelta::hours(-1));
        assert!(after(limits.request(&slug("a"))) > 0, "a clock that is set back opens nothing");
    }

    #[test]
    fn calls_are_not_limited_unless_somebody_says_so() {
        let (without, _) = limits(|_| {});
        assert!((0..100_000).all(|_| without.call(&slug("a")).is_ok()));
        let (with, _) = limits(|it| it.calls_per_second = 10);
        assert_eq!((0..100).filter(|_| with.call(&slug("a")).is_ok()).count(), 10);
    }

    #[test]
    fn a_client_that_fails_is_shut_out_alone() {
        let (limits, clock) = limits(|it| it.failures_per_minute = 3);
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..3 {
            limits.failed(here, "bot");
            assert_eq!(after(limits.client(here, "bot")), 0);
        }
        limits.failed(here, "bot");
        assert_eq!(after(limits.client(here, "bot")), 20);
        assert_eq!(after(limits.client(here, "other")), 0);
        assert_eq!(after(limits.client(there, "bot")), 0);
        clock.advance(TimeDelta::seconds(20));
        assert_eq!(after(limits.client(here, "bot")), 0);
    }

    #[test]
    fn strangers_fill_neither_memory_nor_each_others_budget() {
        let (limits, clock) = limits(|it| it.sign_ins_per_minute = 2);
        let v6 = |net: u32, host: u32| IpAddr::from((u128::from(net) << 64 | u128::from(host)).to_be_bytes());
        assert_eq!((0..9).filter(|host| limits.stranger(v6(1, *host), Door::SignIn).is_ok()).count(), 2);
        assert!(limits.stranger(v6(1, 0), Door::SetUp).is_ok());
        let mapped = IpAddr::V6(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped());
        let all = [mapped, IpAddr::from([10, 0, 0, 1]), mapped];
        assert_eq!(all.into_iter().filter(|it| limits.stranger(*it, Door::SignIn).is_ok()).count(), 2);
        for net in 0..30_000 {
            let _ = limits.stranger(v6(net, 0), Door::SignIn);
            limits.failed(v6(net, 0), &format!("bot-{net}"));
        }
        assert!(limits.sign_ins.as_ref().unwrap().limiter.len() <= MOST + 2);
        assert!(limits.failures.as_ref().unwrap().limiter.len() <= MOST + 2);
        assert!(limits.shut.lock().unwrap().len() <= MOST);
        clock.advance(TimeDelta::minutes(2));
        assert!(limits.stranger(v6(77_777, 0), Door::SignIn).is_ok());
        assert!(limits.sign_ins.as_ref().unwrap().limiter.len() < 10, "what is whole again is forgotten");
    }
}
