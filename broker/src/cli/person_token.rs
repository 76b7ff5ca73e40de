//! `person-token PERSON`.

use super::{Context, say};
use crate::host::{Command, Host, MAX_TOKEN_SECONDS, Reply};
use anyhow::bail;
use protocol::Slug;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Whose token it is
    person: Slug,
    /// For how long it works, as 90s, 30m or 12h; at most 12h
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = seconds)]
    lasting: u32,
}

/// Prints the token, and nothing else, on stdout.
pub async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let host = Host::reach(&context.config, &context.lookup(), false).await?;
    let command = Command::PersonToken { person: args.person, seconds: args.lasting };
    let Reply::Issued { text, .. } = host.ask(command).await? else {
        bail!("the broker answered something else");
    };
    say(text.expose());
    Ok(ExitCode::SUCCESS)
}

fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "must be a number with s, m or h, as 30m".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        _ => return Err(wrong()),
    };
    let number = &text[..text.len() - 1];
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let seconds = plain.then(|| number.parse::<u32>().ok()?.checked_mul(unit)).flatten().ok_or_else(wrong)?;
    if (1..=MAX_TOKEN_SECONDS).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("must be at most 12h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [("1s", 1), ("30m", 1_800), ("12h", 43_200), ("720m", 43_200)] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for bad in ["", "1", "h", "13h", "0s", "+1h", "-1h", "1d", "1.5h", "99999999999h", "1é", "43201s"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
