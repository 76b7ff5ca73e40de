//! An address is permitted only where a second reading of the registries, in arithmetic instead of a table, finds it
//! public; and an origin has one spelling.
#![no_main]

use fuzz::{
    Pieces,
    egress::{
        Origin,
        address::{AddressKind, classify},
    },
};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fuzz_target!(|data: &[u8]| {
    let mut pieces = Pieces(data);
    match pieces.byte() % 3 {
        0 => check(IpAddr::V4(Ipv4Addr::from([pieces.byte(), pieces.byte(), pieces.byte(), pieces.byte()]))),
        1 => {
            let mut octets = [0; 16];
            octets.fill_with(|| pieces.byte());
            check(IpAddr::V6(Ipv6Addr::from(octets)));
        }
        _ => origin(&String::from_utf8_lossy(pieces.0)),
    }
});

fn check(address: IpAddr) {
    let kind = classify(address);
    let (public, private) = match address {
        IpAddr::V4(v4) => (public_v4(v4), private_v4(v4)),
        IpAddr::V6(v6) => (public_v6(v6), private_v6(v6)),
    };
    assert_eq!(kind.is_permitted(false), public, "{address} is {kind}");
    assert_eq!(kind.is_permitted(true), public || private, "{address} is {kind}");
    assert_eq!(kind == AddressKind::Public, public, "{address} is {kind}");
}

/// Metadata services on addresses that would otherwise be public or private.
fn metadata(v4: Ipv4Addr) -> bool {
    [0xa83f_8110, 0x6464_64c8].contains(&v4.to_bits())
}

fn private_v4(v4: Ipv4Addr) -> bool {
    let shared = v4.to_bits() >> 22 == 0x6440_0000 >> 22;
    (v4.is_private() || v4.is_loopback() || shared) && !metadata(v4)
}

fn public_v4(v4: Ipv4Addr) -> bool {
    let bits = v4.to_bits();
    let within = |network: u32, length: u32| bits >> (32 - length) == network >> (32 - length);
    let shared = within(0x6440_0000, 10);
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_documentation();
    let odd = bits >> 24 == 0
        || bits >> 28 == 15
        || within(0xc000_0000, 24)
        || within(0xc612_0000, 15)
        || within(0xc058_6300, 24);
    !(shared || special || odd || metadata(v4))
}

fn private_v6(v6: Ipv6Addr) -> bool {
    let metadata = ["fd00:ec2::254", "fd20:ce::254"].iter().any(|it| it.parse() == Ok(v6));
    (v6.is_loopback() || v6.segments()[0] & 0xfe00 == 0xfc00) && !metadata
}

/// Of 2000::/3, what is neither for protocols, nor for examples, nor another spelling of an IPv4 address.
fn public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    let protocols = first == 0x2001 && second < 0x200;
    let examples = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    first >> 13 == 1 && !protocols && !examples && first != 0x2002
}

fn origin(text: &str) {
    let read = Origin::parse(text);
    if domain::definition::check_origin(text).is_ok() {
        // Punycode that stands for nothing may be declared, and is never called.
        let called = read.as_ref().map_or_else(|_| text.to_owned(), ToString::to_string);
        assert_eq!(called, text, "what is shown is not what is called");
    }
    let Ok(origin) = read else { return };
    let again = origin.to_string();
    assert_eq!(Origin::parse(&again), Ok(origin.clone()), "{again:?}");
    let host = origin.host();
    assert!(
        host.is_ascii() && !host.contains(['/', '@', '\\', '#', '?', '%', ' ']) && !host.ends_with('.'),
        "{host:?}"
    );
    // A name whose last label is a number would be an address to some programs and a name to others.
    let last = host.rsplit('.').next().unwrap_or_default();
    if !host.starts_with('[') && last.bytes().all(|it| it.is_ascii_digit()) {
        assert!(host.parse::<Ipv4Addr>().is_ok(), "{host:?}");
    }
}
