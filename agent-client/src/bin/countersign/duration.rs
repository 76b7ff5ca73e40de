//! Durations as people write them.

/// Seconds of `30s`, `15m`, `1h30m`.
pub fn seconds(text: &str) -> Result<u32, String> {
    let bad = || format!("{text:?} is no duration; write it as 30s, 15m or 1h30m");
    let (mut rest, mut total, mut larger) = (text, 0_u32, u32::MAX);
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let factor = match rest.as_bytes()[unit_at] {
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return Err(bad()),
        };
        let number: u32 = rest[..unit_at].parse().map_err(|_| bad())?;
        let part = number.checked_mul(factor).filter(|_| factor < larger).ok_or_else(bad)?;
        total = total.checked_add(part).ok_or_else(bad)?;
        larger = factor;
        rest = &rest[unit_at + 1..];
    }
    if total == 0 { Err(bad()) } else { Ok(total) }
}

/// The way back: `1h30m`.
pub fn words(seconds: u32) -> String {
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let said = parts.iter().filter(|(number, _)| *number > 0);
    let text = said.map(|(number, unit)| format!("{number}{unit}")).collect::<Vec<_>>().concat();
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, expected) in [("30s", 30), ("15m", 900), ("1h30m", 5400), ("1h1m1s", 3661), ("90m", 5400)]
        {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for (number, expected) in [(0, "0s"), (30, "30s"), (5400, "1h30m"), (3661, "1h1m1s")] {
            assert_eq!(words(number), expected);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["", "0s", "1", "h", "1d", "-1s", "1m1h", "1s1s", "1 m", "9999999999s", "2000000h", "1é"]
        {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
