//! What kind of address an IP address is, by table and never by spelling.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The kinds of address that matter to the guard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressKind {
    /// Reachable by everybody.
    Public,
    /// This machine.
    Loopback,
    /// A private network: RFC 1918 or unique local.
    Private,
    /// Carrier-grade NAT, RFC 6598.
    Shared,
    /// Of one link only; metadata services answer there.
    LinkLocal,
    /// A cloud's metadata service: it hands credentials to whoever reaches it.
    Metadata,
    /// To many at once.
    Multicast,
    /// `0.0.0.0/8` and `::`, which some systems route to themselves.
    Unspecified,
    /// Reserved for examples.
    Documentation,
    /// Carries an IPv4 address inside (v4-mapped, NAT64, 6to4, Teredo …): another spelling of some other address.
    Translated,
    /// Benchmarking, future use, and everything that was never assigned.
    Reserved,
}

impl AddressKind {
    /// Whether a connection may be made. The opt-in opens private networks only.
    pub fn is_permitted(self, allow_private: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Loopback | Self::Private | Self::Shared => allow_private,
            Self::LinkLocal
            | Self::Metadata
            | Self::Multicast
            | Self::Unspecified
            | Self::Documentation
            | Self::Translated
            | Self::Reserved => false,
        }
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "shared (carrier-grade NAT)",
            Self::LinkLocal => "link-local",
            Self::Metadata => "cloud metadata",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Documentation => "documentation",
            Self::Translated => "translated IPv4",
            Self::Reserved => "reserved",
        })
    }
}

/// Classifies an address. The first row that contains it counts, so narrow rows come first.
pub fn classify(address: IpAddr) -> AddressKind {
    match address {
        IpAddr::V4(v4) => {
            V4.iter().find(|(net, _)| net.contains(&v4)).map_or(AddressKind::Public, |(_, kind)| *kind)
        }
        // IPv6 is the other way round: what is not known to be global is reserved.
        IpAddr::V6(v6) => {
            V6.iter().find(|(net, _)| net.contains(&v6)).map_or(AddressKind::Reserved, |(_, kind)| *kind)
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, kind: AddressKind) -> (Ipv4Net, AddressKind) {
    (Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix), kind)
}

/// `high` holds the four groups on the left, `low` those on the right.
const fn v6(high: u64, low: u64, prefix: u8, kind: AddressKind) -> (Ipv6Net, AddressKind) {
    (Ipv6Net::new_assert(Ipv6Addr::from_bits(((high as u128) << 64) | low as u128), prefix), kind)
}

/// IANA's special-purpose registry, and the metadata services of the clouds.
const V4: &[(Ipv4Net, AddressKind)] = &[
    v4(169, 254, 169, 254, 32, AddressKind::Metadata), // AWS, GCP, Azure and others
    v4(169, 254, 170, 2, 32, AddressKind::Metadata),   // AWS ECS
    v4(168, 63, 129, 16, 32, AddressKind::Metadata),   // Azure
    v4(100, 100, 100, 200, 32, AddressKind::Metadata), // Alibaba
    v4(192, 0, 0, 192, 32, AddressKind::Metadata),     // Oracle
    v4(0, 0, 0, 0, 8, AddressKind::Unspecified),
    v4(10, 0, 0, 0, 8, AddressKind::Private),
    v4(100, 64, 0, 0, 10, AddressKind::Shared),
    v4(127, 0, 0, 0, 8, AddressKind::Loopback),
    v4(169, 254, 0, 0, 16, AddressKind::LinkLocal),
    v4(172, 16, 0, 0, 12, AddressKind::Private),
    v4(192, 0, 0, 0, 24, AddressKind::Reserved),
    v4(192, 0, 2, 0, 24, AddressKind::Documentation),
    v4(192, 88, 99, 0, 24, AddressKind::Translated), // 6to4 relays
    v4(192, 168, 0, 0, 16, AddressKind::Private),
    v4(198, 18, 0, 0, 15, AddressKind::Reserved), // benchmarking
    v4(198, 51, 100, 0, 24, AddressKind::Documentation),
    v4(203, 0, 113, 0, 24, AddressKind::Documentation),
    v4(224, 0, 0, 0, 4, AddressKind::Multicast),
    v4(240, 0, 0, 0, 4, AddressKind::Reserved),
];

const V6: &[(Ipv6Net, AddressKind)] = &[
    v6(0xfd00_0ec2_0000_0000, 0x254, 128, AddressKind::Metadata), // AWS
    v6(0xfd20_00ce_0000_0000, 0x254, 128, AddressKind::Metadata), // GCP
    v6(0, 0, 128, AddressKind::Unspecified),
    v6(0, 1, 128, AddressKind::Loopback),
    v6(0, 0, 96, AddressKind::Translated),                // v4-compatible
    v6(0, 0xffff_0000_0000, 96, AddressKind::Translated), // v4-mapped
    v6(0, 0xffff_0000_0000_0000, 96, AddressKind::Translated), // v4-translated
    v6(0x0064_ff9b_0000_0000, 0, 96, AddressKind::Translated), // NAT64
    v6(0x0064_ff9b_0001_0000, 0, 48, AddressKind::Translated), // NAT64, local use
    v6(0x2001_0000_0000_0000, 0, 32, AddressKind::Translated), // Teredo
    v6(0x2001_0db8_0000_0000, 0, 32, AddressKind::Documentation),
    v6(0x2001_0000_0000_0000, 0, 23, AddressKind::Reserved), // protocol assignments
    v6(0x2002_0000_0000_0000, 0, 16, AddressKind::Translated), // 6to4
    v6(0x3fff_0000_0000_0000, 0, 20, AddressKind::Documentation),
    v6(0x2000_0000_0000_0000, 0, 3, AddressKind::Public),
    v6(0xfc00_0000_0000_0000, 0, 7, AddressKind::Private),
    v6(0xfe80_0000_0000_0000, 0, 10, AddressKind::LinkLocal),
    v6(0xfec0_0000_0000_0000, 0, 10, AddressKind::Reserved), // site-local, deprecated
    v6(0xff00_0000_0000_0000, 0, 8, AddressKind::Multicast),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_by_its_edges() {
        use AddressKind::{
            Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Public, Reserved, Shared,
            Translated, Unspecified,
        };
        let cases = [
            (Public, "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0"),
            (Public, "169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0"),
            (Public, "198.17.255.255 198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17 192.0.1.0"),
            (Public, "2001:200:: 2606:4700::1111 2a00:1450::1 2003:: 3ffe:ffff::1 3fff:1000::"),
            (Loopback, "127.0.0.1 127.0.0.0 127.255.255.255 127.1.2.3 ::1"),
            (Private, "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255"),
            (Private, "fc00:: fd00:ec2::253 fd12:3456::1 fdff:ffff::"),
            (Shared, "100.64.0.0 100.127.255.255 100.100.100.201"),
            (LinkLocal, "169.254.0.0 169.254.255.255 169.254.169.253 fe80::1 febf::1"),
            (Metadata, "169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192"),
            (Metadata, "fd00:ec2::254 fd20:ce::254"),
            (Multicast, "224.0.0.0 239.255.255.255 ff02::1 ff00::"),
            (Unspecified, "0.0.0.0 0.0.0.1 0.255.255.255 ::"),
            (Documentation, "192.0.2.1 198.51.100.1 203.0.113.255 2001:db8::1 3fff::1 3fff:fff::1"),
            (Reserved, "192.0.0.1 198.18.0.0 198.19.255.255 240.0.0.0 255.255.255.255"),
            (Reserved, "2001:2::1 2001:10::1 2001:20::1 fec0::1 100::1 5f00::1 4000:: fe00::1 200::1"),
            (Translated, "::ffff:127.0.0.1 ::ffff:1.1.1.1 ::ffff:7f00:1 ::ffff:a9fe:a9fe ::127.0.0.1 ::2"),
            (Translated, "::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::1.1.1.1 64:ff9b:1::7f00:1"),
            (Translated, "2002:7f00:1:: 2001::1 2001:0:ffff::1 192.88.99.1"),
        ];
        for (kind, addresses) in cases {
            for address in addresses.split(' ') {
                assert_eq!(classify(address.parse().unwrap()), kind, "{address}");
            }
        }
    }

    #[test]
    fn the_opt_in_opens_private_networks_only() {
        let opened = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"];
        let never = [
            "169.254.169.254",
            "169.254.1.1",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "192.0.2.1",
        ];
        let permitted = |address: &str, opt_in| classify(address.parse().unwrap()).is_permitted(opt_in);
        for address in opened {
            assert!(permitted(address, true) && !permitted(address, false), "{address}");
        }
        for address in never {
            assert!(!permitted(address, true) && !permitted(address, false), "{address}");
        }
        assert!(permitted("1.1.1.1", false) && permitted("2606:4700::1111", false));
    }

    #[test]
    fn what_the_standard_library_knows_is_never_public() {
        for bits in 0..=u16::MAX {
            let [a, b] = bits.to_be_bytes();
            let v4 = Ipv4Addr::new(a, b, 1, 1);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
            assert!(!special || classify(v4.into()) != AddressKind::Public, "{v4}");
            let mapped = classify(v4.to_ipv6_mapped().into());
            assert_eq!(mapped, AddressKind::Translated);
        }
    }
}
