//! The connections that are open, and who may hold how many of them.
//!
//! A connection is *unproven* until a valid credential came over it. Unproven ones never keep anybody out: when there
//! are too many, of one address or altogether, the oldest is closed. A slow client loses its place so, an honest one
//! has long proved itself. And agents never hold all connections: some are left for people, who revoke.

use http::Extensions;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The most connections, however many files the process may open.
const MOST: usize = 16_384;
/// Files that the broker needs beside its connections.
const OTHER_FILES: u64 = 256;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Altogether.
    pub connections: usize,
    /// Over which the last request was an agent's.
    pub agents: usize,
    /// Unproven, altogether.
    pub unproven: usize,
    /// Unproven, of one address (IPv6: one /64). Younger ones than `grace` are left alone.
    pub unproven_of_one: usize,
    /// How long an address's unproven connections are left alone.
    pub grace: Duration,
    /// How long a TLS handshake, and then each request's head, may take.
    pub head: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(4096)
    }
}

impl Limits {
    /// In proportion to all.
    pub fn of(connections: usize) -> Self {
        Self {
            connections,
            agents: connections / 4 * 3,
            unproven: connections / 2,
            unproven_of_one: (connections / 16).clamp(16, 128),
            grace: Duration::from_secs(2),
            head: Duration::from_secs(10),
        }
    }

    /// What this process can hold: it may open as many files as the system lets it, and each call may need two.
    pub fn of_this_process() -> Self {
        let files = match getrlimit(Resource::RLIMIT_NOFILE) {
            Ok((_, hard)) if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() => hard,
            Ok((soft, _)) => soft,
            Err(_) => 1024,
        };
        let connections = usize::try_from(files.saturating_sub(OTHER_FILES) / 2).unwrap_or(MOST);
        Self::of(connections.clamp(64, MOST))
    }
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Altogether.
    pub open: usize,
    /// Over which the last request was an agent's.
    pub agents: usize,
    /// Unproven.
    pub unproven: usize,
}

/// The open connections of a listener.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    open: usize,
    agents: usize,
    unproven: BTreeMap<u64, Unproven>,
    of_one: HashMap<IpAddr, BTreeSet<u64>>,
}

#[derive(Debug)]
struct Unproven {
    from: IpAddr,
    since: Instant,
    close: CancellationToken,
}

/// A place among the open connections; the last clone that is dropped gives it back.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Place>);

#[derive(Debug)]
struct Place {
    id: u64,
    connections: Connections,
    proven: AtomicBool,
    agents: Mutex<bool>,
    close: CancellationToken,
}

impl Connections {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner { limits, state: Mutex::default() }))
    }

    /// How many there may be.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        let state = self.lock();
        Counts { open: state.open, agents: state.agents, unproven: state.unproven.len() }
    }

    /// Takes a new connection in, and closes an unproven one for it if it has to; none if all are proven. Those of a
    /// trusted proxy are proven: it waits for slow clients itself.
    pub fn admit(&self, from: IpAddr, trusted: bool) -> Option<Connection> {
        let limits = self.limits();
        let mut state = self.lock();
        if state.open >= limits.connections && !state.close_oldest() {
            return None;
        }
        state.open += 1;
        state.last += 1;
        let (id, close) = (state.last, CancellationToken::new());
        if !trusted {
            let from = source(from);
            while state.crowded(from, limits) && state.close_oldest_of(from) {}
            if state.unproven.len() >= limits.unproven {
                state.close_oldest();
            }
            state.of_one.entry(from).or_default().insert(id);
            state.unproven.insert(id, Unproven { from, since: Instant::now(), close: close.clone() });
        }
        let (proven, agents) = (AtomicBool::new(trusted), Mutex::new(false));
        Some(Connection(Arc::new(Place { id, connections: self.clone(), proven, agents, close })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether an address has as many unproven connections as it may, and not just for a moment.
    fn crowded(&self, from: IpAddr, limits: &Limits) -> bool {
        let Some(ids) = self.of_one.get(&from).filter(|ids| ids.len() >= limits.unproven_of_one) else {
            return false;
        };
        let oldest = ids.first().and_then(|id| self.unproven.get(id));
        oldest.is_some_and(|it| it.since.elapsed() >= limits.grace)
    }

    fn close_oldest_of(&mut self, from: IpAddr) -> bool {
        let oldest = self.of_one.get(&from).and_then(|ids| ids.first().copied());
        oldest.and_then(|id| self.forget(id)).inspect(|it| it.close.cancel()).is_some()
    }

    fn close_oldest(&mut self) -> bool {
        let oldest = self.unproven.first_key_value().map(|(id, _)| *id);
        oldest.and_then(|id| self.forget(id)).inspect(|it| it.close.cancel()).is_some()
    }

    /// It is no longer among the unproven.
    fn forget(&mut self, id: u64) -> Option<Unproven> {
        let found = self.unproven.remove(&id)?;
        if let Some(ids) = self.of_one.get_mut(&found.from) {
            ids.remove(&id);
            if ids.is_empty() {
                self.of_one.remove(&found.from);
            }
        }
        Some(found)
    }
}

impl Connection {
    /// Waits until somebody else needs the place.
    pub async fn closed(&self) {
        self.0.close.cancelled().await;
    }

    /// A valid credential came over it.
    pub fn prove(&self) {
        if !self.0.proven.swap(true, Ordering::Relaxed) {
            self.0.connections.lock().forget(self.0.id);
        }
    }

    /// The next request is an agent's; says whether agents may have one more.
    pub fn for_agent(&self) -> bool {
        let mut agents = self.0.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if !*agents {
            let mut state = self.0.connections.lock();
            if state.agents >= self.0.connections.limits().agents {
                return false;
            }
            state.agents += 1;
            *agents = true;
        }
        true
    }

    /// The next request is a person's or nobody's.
    pub fn for_person(&self) {
        let mut agents = self.0.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *agents) {
            self.0.connections.lock().agents -= 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let agents = *self.agents.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.connections.lock();
        state.open -= 1;
        state.agents -= usize::from(agents);
        state.forget(self.id);
    }
}

/// A valid credential came with this request.
pub fn prove(request: &Extensions) {
    if let Some(connection) = request.get::<Connection>() {
        connection.prove();
    }
}

/// Whom an address stands for: who has one IPv6 address has a whole /64 of them.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(connections: usize, unproven: usize, unproven_of_one: usize) -> Connections {
        let grace = Duration::ZERO;
        Connections::new(Limits {
            connections,
            agents: 2,
            unproven,
            unproven_of_one,
            grace,
            ..Limits::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.0.close.is_cancelled()
    }

    #[test]
    fn the_oldest_unproven_one_makes_room() {
        let all = connections(100, 3, 100);
        let four: Vec<_> = (1..=3).map(|n| all.admit(ip(&format!("10.0.0.{n}")), false).unwrap()).collect();
        four[0].prove();
        let fourth = all.admit(ip("10.0.0.4"), false).unwrap();
        assert!(four.iter().all(|it| !is_closed(it)), "one is proven: there is room");
        let fifth = all.admit(ip("10.0.0.5"), false).unwrap();
        assert_eq!(
            [&four[0], &four[1], &four[2], &fourth, &fifth].map(is_closed),
            [false, true, false, false, false]
        );
        drop((four, fourth, fifth));
        assert_eq!(all.counts(), Counts::default());
        assert!(all.lock().of_one.is_empty());
    }

    #[test]
    fn one_address_only_crowds_itself_out() {
        let all = connections(100, 100, 2);
        let other = all.admit(ip("10.0.0.9"), false).unwrap();
        let crowd: Vec<_> = (0..4).map(|_| all.admit(ip("10.0.0.1"), false).unwrap()).collect();
        assert_eq!(crowd.iter().map(is_closed).collect::<Vec<_>>(), [true, true, false, false]);
        let network: Vec<_> =
            (1..=4).map(|n| all.admit(ip(&format!("2001:db8::{n}")), false).unwrap()).collect();
        assert_eq!(network.iter().map(is_closed).collect::<Vec<_>>(), [true, true, false, false]);
        let proxied: Vec<_> = (0..9).map(|_| all.admit(ip("10.0.0.7"), true).unwrap()).collect();
        assert!(proxied.iter().all(|it| !is_closed(it)) && !is_closed(&other));
    }

    #[test]
    fn the_young_are_left_alone() {
        let limits = Limits { unproven_of_one: 1, grace: Duration::from_hours(1), ..Limits::default() };
        let all = Connections::new(limits);
        let burst: Vec<_> = (0..50).map(|_| all.admit(ip("10.0.0.1"), false).unwrap()).collect();
        assert!(burst.iter().all(|it| !is_closed(it)));
    }

    #[test]
    fn only_proven_ones_keep_others_out() {
        let all = connections(2, 10, 10);
        let first = all.admit(ip("10.0.0.1"), false).unwrap();
        let second = all.admit(ip("10.0.0.2"), false).unwrap();
        second.prove();
        second.prove();
        let third = all.admit(ip("10.0.0.3"), false).unwrap();
        assert!(is_closed(&first) && !is_closed(&third));
        drop(first);
        third.prove();
        assert!(all.admit(ip("10.0.0.4"), false).is_none());
        drop(third);
        assert!(all.admit(ip("10.0.0.4"), false).is_some());
    }

    #[test]
    fn agents_leave_some_for_people() {
        let all = connections(100, 100, 100);
        let three: Vec<_> = (0..3).map(|_| all.admit(ip("10.0.0.1"), false).unwrap()).collect();
        assert!(three[0].for_agent() && three[0].for_agent() && three[1].for_agent());
        assert!(!three[2].for_agent());
        assert_eq!(all.counts().agents, 2);
        three[1].for_person();
        assert!(three[2].for_agent());
        drop(three);
        assert_eq!(all.counts(), Counts::default());
    }

    #[test]
    fn a_small_process_has_small_limits() {
        let least = Limits::of(64);
        assert!(least.agents < least.connections && least.unproven < least.connections);
        assert!(least.unproven_of_one <= least.unproven);
        assert!(Limits::of_this_process().connections >= 64);
    }
}
