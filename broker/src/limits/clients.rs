//! How often OAuth clients that nobody here declared may have something written or fetched. Anybody may be such a client,
//! so these rates are no setting: they are far above what a person can look at, and far below what fills a disk.

use super::{Keyed, Limits, Ticks, too_many};
use crate::fault::Fault;
use protocol::Slug;
use std::{hash::Hash, net::IpAddr, time::Duration};

/// Documents that nobody has brought along yet, fetched for one person in a minute.
const UNSEEN: u32 = 12;
/// And from one host for all of them together.
const FROM_HOST: u32 = 60;
/// One document that somebody brought along, fetched again in a minute.
const AGAIN: u32 = 12;
/// What is written in a minute from one address, and again for one client that proved who it is.
const WRITTEN: u32 = 60;
/// The same of what is kept for good or for long.
const KEPT: u32 = 20;

/// What a client does that is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// It registers itself.
    Registered,
    /// It changes its registration.
    Changed,
    /// It takes its registration back.
    Removed,
    /// It pushes an authorization request ahead.
    Pushed,
    /// It proves by an assertion who it is.
    Asserted,
}

impl Written {
    /// From one address, or for one client.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Registered => ("clients register themselves from this address", "this client registers"),
            Self::Changed => ("registrations are changed from this address", "this client changes"),
            Self::Removed => ("registrations are taken back from this address", "this client is taken back"),
            Self::Pushed => ("requests are pushed from this address", "this client pushes requests"),
            Self::Asserted => ("assertions come from this address", "this client sends assertions"),
        }
    }

    fn is_kept(self) -> bool {
        matches!(self, Self::Registered | Self::Changed | Self::Removed)
    }
}

/// The rates of clients.
pub(super) struct ClientLimits {
    unseen: Option<Keyed<Slug>>,
    hosts: Option<Keyed<String>>,
    again: Option<Keyed<String>>,
    written: Rates,
    kept: Rates,
}

/// By address, and by client.
struct Rates {
    places: Option<Keyed<(IpAddr, Written)>>,
    clients: Option<Keyed<(String, Written)>>,
}

impl ClientLimits {
    pub fn new(ticks: &Ticks) -> Self {
        Self {
            unseen: a_minute(UNSEEN, ticks),
            hosts: a_minute(FROM_HOST, ticks),
            again: a_minute(AGAIN, ticks),
            written: Rates::new(WRITTEN, ticks),
            kept: Rates::new(KEPT, ticks),
        }
    }
}

impl Rates {
    fn new(rate: u32, ticks: &Ticks) -> Self {
        Self { places: a_minute(rate, ticks), clients: a_minute(rate, ticks) }
    }
}

fn a_minute<K: Hash + Eq + Clone>(rate: u32, ticks: &Ticks) -> Option<Keyed<K>> {
    Keyed::new(rate, Duration::from_mins(1), ticks)
}

impl Limits {
    /// Something is about to be written for a client, as somebody at this address wants. The client is named where it
    /// proved who it is: nobody uses up what a client may do by saying that they are it.
    pub fn written(&self, what: Written, address: IpAddr, proven: Option<&str>) -> Result<(), Fault> {
        let rates = if what.is_kept() { &self.clients.kept } else { &self.clients.written };
        let (here, client) = what.told();
        if let Some(keyed) = &rates.places {
            let place = keyed.place(address);
            keyed.take(&(place, what)).map_err(|after| too_many(here, after))?;
        }
        let (Some(keyed), Some(id)) = (&rates.clients, proven) else { return Ok(()) };
        keyed
            .take_bounded(&(id.to_owned(), what), &(String::new(), what))
            .map_err(|after| too_many(client, after))
    }

    /// A document that nobody has brought along yet is about to be fetched for a person: whatever one person makes the
    /// broker fetch, others wait for no longer.
    pub fn unseen_document(&self, person: &Slug, host: &str) -> Result<(), Fault> {
        if let Some(keyed) = &self.clients.unseen {
            keyed.prune();
            let what = "documents of clients are fetched for you";
            keyed.take(person).map_err(|after| too_many(what, after))?;
        }
        let Some(keyed) = &self.clients.hosts else { return Ok(()) };
        let what = "documents of clients are fetched from this host";
        keyed.take_bounded(&host.to_owned(), &String::new()).map_err(|after| too_many(what, after))
    }

    /// A document that somebody brought along is about to be fetched again.
    pub fn document_again(&self, url: &str) -> Result<(), Fault> {
        let Some(keyed) = &self.clients.again else { return Ok(()) };
        let what = "the document of this client is fetched";
        keyed.take_bounded(&url.to_owned(), &String::new()).map_err(|after| too_many(what, after))
    }
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    /// Takes one unit of this key, or where too many are known already, of one that all others share.
    fn take_bounded(&self, key: &K, shared: &K) -> Result<(), u32> {
        self.prune();
        self.take(if self.is_full() { shared } else { key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use chrono::{DateTime, TimeDelta};
    use domain::policy::Policy;

    fn limits() -> (Limits, Clock) {
        let clock = Clock::held(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        (Limits::new(&Policy::DEFAULT, &clock), clock)
    }

    fn granted(tries: usize, mut one: impl FnMut(usize) -> Result<(), Fault>) -> usize {
        (0..tries).filter(|at| one(*at).is_ok()).count()
    }

    #[test]
    fn whatever_one_person_has_fetched_others_do_not_wait() {
        let (limits, clock) = limits();
        let (mallory, otto): (Slug, Slug) = ("mallory".parse().unwrap(), "otto".parse().unwrap());
        let made_up = |at: usize| limits.unseen_document(&mallory, &format!("h{at}.example"));
        assert_eq!(granted(500, made_up), 12);
        for host in ["client.example", "h1.example"] {
            limits.unseen_document(&otto, host).unwrap();
        }
        limits.document_again("https://client.example/c").unwrap();
        assert_eq!(granted(50, |_| limits.document_again("https://busy.example/c")), 12);
        limits.document_again("https://client.example/c").unwrap();
        let one_host =
            |at: usize| limits.unseen_document(&format!("p{}", at / 12).parse().unwrap(), "one.example");
        assert_eq!(granted(120, one_host), 60, "many people do not make it a flood");
        clock.advance(TimeDelta::seconds(60));
        limits.unseen_document(&mallory, "one.example").unwrap();
    }

    #[test]
    fn a_client_has_so_much_written_from_one_address_and_by_itself() {
        let (limits, clock) = limits();
        let at = |host: u8| IpAddr::from([10, 0, 0, host]);
        let pushed = |host, proven| limits.written(Written::Pushed, at(host), proven);
        assert_eq!(granted(100, |_| pushed(1, None)), 60);
        assert!(pushed(1, Some("csn_c_x")).is_err() && pushed(2, None).is_ok());
        assert_eq!(granted(100, |host| pushed(u8::try_from(host).unwrap() + 100, Some("csn_c_x"))), 60);
        assert!(pushed(3, Some("csn_c_y")).is_ok() && pushed(4, None).is_ok());
        assert_eq!(granted(100, |_| limits.written(Written::Changed, at(1), Some("csn_c_x"))), 20);
        assert!(limits.written(Written::Removed, at(1), Some("csn_c_x")).is_ok(), "each has its own");
        assert!(limits.written(Written::Asserted, at(1), None).is_ok());
        clock.advance(TimeDelta::seconds(60));
        assert!(pushed(1, Some("csn_c_x")).is_ok());
    }
}
