//! Origins: scheme, host and port, written in the one way that leaves nothing to interpret.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Checks `scheme://host[:port]`: http or https, no user, no path, no upper case, no default port, and no number
/// that some programs would read as an IPv4 address and others as a name.
pub fn check_origin(origin: &str) -> Result<(), &'static str> {
    let (authority, default_port) = if let Some(rest) = origin.strip_prefix("https://") {
        (rest, 443)
    } else if let Some(rest) = origin.strip_prefix("http://") {
        (rest, 80)
    } else {
        return Err("must start with https:// or http://");
    };
    if authority.contains(['/', '?', '#', '\\', '@']) {
        return Err("must be only scheme, host and port, without user, path or final slash");
    }
    let (host, port) = split_port(authority)?;
    if let Some(port) = port {
        check_port(port, default_port)?;
    }
    check_host(host)
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if !authority.starts_with('[') {
        return Ok(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))));
    }
    let end = authority.find(']').ok_or("has a [ without ]")?;
    let (host, rest) = authority.split_at(end + 1);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err("has something other than a port behind the address"),
    }
}

fn check_port(port: &str, default: u16) -> Result<(), &'static str> {
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
    match port.parse::<u16>() {
        Ok(number) if digits && number != default => Ok(()),
        Ok(number) if digits && number == default => Err("must leave the scheme's default port out"),
        _ => Err("must have a port from 1 to 65535"),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // Programs differ in how they write one inside an IPv6 address, and no service is called there.
        if address.contains('.') {
            return Err("must write an IPv4 address as one");
        }
        let canonical = address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
        return if canonical { Ok(()) } else { Err("must write its IPv6 address in the shortest form") };
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err("must have a host of lower-case letters, digits, dots and hyphens (xn-- for others)");
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err("must write its IPv4 address as four plain numbers");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_in_one_way() {
        let good = [
            "https://api.example.com",
            "http://localhost:8421",
            "https://127.0.0.1:8443",
            "http://[::1]:3000",
            "https://xn--mnchen-3ya.example",
        ];
        for origin in good {
            assert_eq!(check_origin(origin), Ok(()), "{origin}");
        }
        let bad = [
            "",
            "api.example.com",
            "ftp://api.example.com",
            "HTTPS://api.example.com",
            "https://",
            "https://api.example.com/",
            "https://api.example.com/v3",
            "https://api.example.com?x",
            "https://user@api.example.com",
            "https://api.example.com\\x",
            "https://API.example.com",
            "https://münchen.example",
            "https://api.example.com.",
            "https://-a.example",
            "https://api..example",
            "https://api.example.com:443",
            "http://api.example.com:80",
            "https://api.example.com:0",
            "https://api.example.com:",
            "https://api.example.com:08443",
            "https://api.example.com:+8443",
            "https://api.example.com:70000",
            "https://127.1",
            "https://0x7f.0.0.1",
            "https://0x7f000001",
            "https://2130706433",
            "https://127.0.0.01",
            "https://[::1",
            "https://[0:0:0:0:0:0:0:1]",
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:7f00:1]",
            "https://[::1]x",
            "https://a b",
            "https://a%41",
        ];
        for origin in bad {
            assert!(check_origin(origin).is_err(), "{origin}");
        }
    }
}
