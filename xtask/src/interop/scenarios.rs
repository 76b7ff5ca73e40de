//! What must have been tried: each scenario by its name, exactly once.

use anyhow::{Result, bail};

/// Whose scenario it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The authorization leg of the MCP conformance suite.
    Suite,
    /// openid-client and oauth4webapi, by the scripts in `xtask/interop`.
    Strict,
    /// The server leg of the suite, directly and through the gateway.
    SuiteServer,
    /// The client leg of the suite, with the gateway's upstream side as the client.
    SuiteClient,
    /// The official TypeScript SDK.
    TypeScript,
    /// The official Python SDK.
    Python,
}

impl By {
    /// Of these, `docs/oauth.md` tells.
    pub const OAUTH: [Self; 2] = [Self::Suite, Self::Strict];
    /// And of these `docs/mcp.md`.
    pub const MCP: [Self; 4] = [Self::SuiteServer, Self::SuiteClient, Self::TypeScript, Self::Python];

    /// As a page calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suite => "conformance suite",
            Self::Strict => "strict client",
            Self::SuiteServer => "conformance suite, server leg",
            Self::SuiteClient => "conformance suite, client leg",
            Self::TypeScript => "TypeScript SDK",
            Self::Python => "Python SDK",
        }
    }
}

pub struct Scenario {
    pub name: &'static str,
    pub by: By,
    /// What it shows.
    pub about: &'static str,
    /// The requirements of `docs/requirements.md` that it shows.
    pub shows: &'static [&'static str],
}

const fn suite(name: &'static str, about: &'static str, shows: &'static [&'static str]) -> Scenario {
    Scenario { name, by: By::Suite, about, shows }
}

const fn strict(name: &'static str, about: &'static str, shows: &'static [&'static str]) -> Scenario {
    Scenario { name, by: By::Strict, about, shows }
}

/// Of the gateway. What it shows are requirements that have tests of their own.
const fn gateway(by: By, name: &'static str, about: &'static str) -> Scenario {
    Scenario { name, by, about, shows: &[] }
}

/// All of them, in the order in which they run.
pub const ALL: &[Scenario] = &[
    suite(
        "authorization-server-metadata-endpoint",
        "the metadata, as MCP asks for it",
        &["AS1", "AS2", "AS3"],
    ),
    suite(
        "authorization-code-grant",
        "a code and its token, for a client that names nothing",
        &["AS1", "AS11"],
    ),
    suite(
        "authorization-server-metadata-endpoint with resource",
        "the same before a run for one resource",
        &["AS1", "AS2", "AS3"],
    ),
    suite(
        "authorization-code-grant with resource",
        "a code and its token, for one resource",
        &["AS8", "AS11"],
    ),
    strict(
        "discovery",
        "RFC 8414 and OpenID discovery, each validated, and the same words",
        &["AS1", "AS2", "AS3"],
    ),
    strict(
        "code",
        "authorization code, PKCE, state, nonce, `iss`, ID token with its signature checked",
        &["AS1", "AS7", "AS9"],
    ),
    strict(
        "code-for-a-resource",
        "RFC 8707: the access token is for that resource, and RFC 9068 in every claim",
        &["AS8", "AS11"],
    ),
    strict(
        "pushed-with-details",
        "PAR and RAR: what was asked in `authorization_details` is what was granted",
        &["AS1"],
    ),
    strict(
        "narrowed",
        "a person takes an action away: `scope` and `authorization_details` say so",
        &["AS10"],
    ),
    strict("denied", "a person denies: `access_denied`, with `state` and `iss`", &["AS7"]),
    strict("code-used-twice", "the second use is refused, and ends what the first one gave", &["AS1"]),
    strict("wrong-verifier", "a code is worth nothing without the verifier of its challenge", &["AS3"]),
    strict("call", "the access token as a bearer at the proxy; the service answers", &["RS3"]),
    strict(
        "challenge-401",
        "no token: a challenge whose resource metadata (RFC 9728) leads back to the issuer",
        &["RS1", "RS2"],
    ),
    strict(
        "challenge-403",
        "not granted: `insufficient_scope`, with the scope that the call needs",
        &["RS4"],
    ),
    strict("step-up", "what the challenge named is asked for: a new session, beside the first one", &["RS4"]),
    strict("introspection", "RFC 7662: what a token is worth, and nothing of one that is none", &[]),
    strict("revocation", "RFC 7009: the session is over, and the next call is refused", &["RS2"]),
    strict(
        "client-credentials",
        "a token that may only ask, by client_secret_basic and client_secret_post",
        &["AS1", "RS3"],
    ),
    strict("private-key-jwt", "a client without a secret: PAR, code and credentials by its key", &["AS1"]),
    strict("token-exchange", "RFC 8693: a call token for one action, which calls once", &["RS3"]),
    strict("refresh-refused", "there is nothing to refresh: `unsupported_grant_type`", &["AS9"]),
    strict(
        "registration",
        "RFC 7591: a public and a confidential client register themselves, and get a code each",
        &["AS5", "AS6"],
    ),
    strict("registration-kept", "RFC 7592: read, changed, taken back; then the client is unknown", &["AS5"]),
    strict("ciba", "CIBA, poll mode: the person decides elsewhere, the client polls; one success", &[]),
    strict("ciba-denied", "a denial reaches the poll; a binding message that is none is refused", &[]),
    gateway(
        By::SuiteServer,
        "server-2025-11-25",
        "nothing that the revision requires is lost against the same server tested directly",
    ),
    gateway(By::SuiteServer, "server-2026-07-28", "the same, without sessions"),
    gateway(
        By::SuiteClient,
        "client-2025-11-25",
        "the gateway towards upstreams: the handshake, calls, what a server asks while it works, a stream taken up again",
    ),
    gateway(
        By::SuiteClient,
        "client-2026-07-28",
        "the same without sessions: what each request says of itself, headers of arguments, rounds, schemas left alone",
    ),
    gateway(
        By::TypeScript,
        "typescript-2026-07-28",
        "401, discovery, registration, a card, the tools that were granted, a call, one that was not granted, the token given back, 401",
    ),
    gateway(By::TypeScript, "typescript-2025-11-25", "the same journey, with a session"),
    gateway(By::TypeScript, "typescript-1", "the same journey, by version 1 of the SDK"),
    gateway(
        By::TypeScript,
        "bridge",
        "`countersign mcp` as the server of a client without HTTP and OAuth: nothing, a card, then what was granted",
    ),
    gateway(
        By::TypeScript,
        "everything-http",
        "`server-everything` over HTTP: text, structure, progress, arguments that its schema refuses",
    ),
    gateway(By::TypeScript, "everything-stdio", "the same server as a program that the broker runs"),
    gateway(
        By::TypeScript,
        "filesystem-stdio",
        "`server-filesystem`: a folder is read, and nothing beside it; what writes is not granted and changes nothing",
    ),
    gateway(By::Python, "python-2026-07-28", "the whole journey; the SDK finds the revision by itself"),
    gateway(By::Python, "python-2025-11-25", "the same journey, with a session"),
];

/// What became of them.
#[derive(Default)]
pub struct Tally {
    run: Vec<(String, Result<(), String>)>,
}

impl Tally {
    /// How a scenario ended: well, or with what the client said.
    pub fn note(&mut self, name: &str, outcome: Result<(), String>) {
        let about = ALL.iter().find(|it| it.name == name).map_or("not in the list", |it| it.about);
        match &outcome {
            Ok(()) => println!("  ✓ {name}: {about}"),
            Err(said) => println!("  ✗ {name}: {about}\n{}", indented(said)),
        }
        self.run.push((name.to_owned(), outcome));
    }

    /// The summary; an error if a scenario failed, was left out, was run twice or is in no list.
    pub fn summary(&self, expected: &[&Scenario]) -> Result<String> {
        let times = |name: &str| self.run.iter().filter(|(run, _)| run == name).count();
        let mut wrong = Vec::new();
        for scenario in expected {
            match times(scenario.name) {
                1 => {}
                0 => wrong.push(format!("{} did not run", scenario.name)),
                more => wrong.push(format!("{} ran {more} times", scenario.name)),
            }
        }
        for (name, outcome) in &self.run {
            if outcome.is_err() {
                wrong.push(format!("{name} failed"));
            }
            if !expected.iter().any(|it| it.name == name) {
                wrong.push(format!("{name} is not in the list"));
            }
        }
        if wrong.is_empty() {
            return Ok(format!("interop: {} scenarios passed", expected.len()));
        }
        bail!("interop: {}", wrong.join("; "))
    }
}

fn indented(said: &str) -> String {
    said.trim_end().lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(run: &[(&str, bool)]) -> Result<String> {
        let mut tally = Tally::default();
        for (name, passed) in run {
            tally.note(name, if *passed { Ok(()) } else { Err("the client said no".to_owned()) });
        }
        tally.summary(&[&strict("a", "", &[]), &strict("b", "", &[])])
    }

    #[test]
    fn every_scenario_must_have_run_well_and_once() {
        assert_eq!(tally(&[("b", true), ("a", true)]).unwrap(), "interop: 2 scenarios passed");
        for (run, why) in [
            (&[("a", true)][..], "b did not run"),
            (&[("a", true), ("b", true), ("a", true)], "a ran 2 times"),
            (&[("a", true), ("b", false)], "b failed"),
            (&[("a", true), ("b", true), ("c", true)], "c is not in the list"),
        ] {
            assert!(tally(run).unwrap_err().to_string().contains(why), "{why}");
        }
    }

    #[test]
    fn names_are_unique() {
        for (at, scenario) in ALL.iter().enumerate() {
            assert!(ALL[..at].iter().all(|it| it.name != scenario.name), "{}", scenario.name);
        }
    }
}
