//! What happened and who did it, in words.

use crate::texts::t;
use protocol::{audit::Outcome, record::Actor};

/// What happened. What this version has no words for is shown as it is recorded.
pub(crate) fn kind_words(kind: &str) -> String {
    let key = match kind {
        "agent.brought" => "kind-agent-brought",
        "agent.cool_down_lifted" => "kind-agent-cool-down-lifted",
        "agent.credentials" => "kind-agent-credentials",
        "agent.saved" => "kind-agent-saved",
        "broker.started" => "kind-broker-started",
        "call.authorised" => "kind-call-authorised",
        "call.finished" => "kind-call-finished",
        "call.not_sent" => "kind-call-not-sent",
        "call.outcome_unknown" => "kind-call-outcome-unknown",
        "call.refused" => "kind-call-refused",
        "client.changed" => "kind-client-changed",
        "client.document_changed" => "kind-client-document-changed",
        "client.registered" => "kind-client-registered",
        "client.removed" => "kind-client-removed",
        "connection.removed" => "kind-connection-removed",
        "connection.saved" => "kind-connection-saved",
        "database.accepted" => "kind-database-accepted",
        "database.suspended" => "kind-database-suspended",
        "grant.ended" => "kind-grant-ended",
        "grant.redeemed" => "kind-grant-redeemed",
        "link.issued" => "kind-link-issued",
        "person.saved" => "kind-person-saved",
        "person.vouched" => "kind-person-vouched",
        "person_token.issued" => "kind-person-token-issued",
        "record.dropped" => "kind-record-dropped",
        "request.approved" => "kind-request-approved",
        "request.denied" => "kind-request-denied",
        "request.lapsed" => "kind-request-lapsed",
        "request.opened" => "kind-request-opened",
        "request.withdrawn" => "kind-request-withdrawn",
        "revoked" => "kind-revoked",
        "service.saved" => "kind-service-saved",
        "service.tools" => "kind-service-tools",
        "service.tools_asked" => "kind-service-tools-asked",
        "session.ended" => "kind-session-ended",
        "session.started" => "kind-session-started",
        "token.minted" => "kind-token-minted",
        "token.refused" => "kind-token-refused",
        "unblocked" => "kind-unblocked",
        "vault.sealed" => "kind-vault-sealed",
        "vault.unsealed" => "kind-vault-unsealed",
        other => return other.to_owned(),
    };
    t!(key)
}

/// Who did it.
pub(crate) fn actor_words(actor: &Actor) -> String {
    match actor {
        Actor::Agent { agent } => t!("actor-agent", name = agent.to_string()),
        Actor::Person { person, via } => t!("actor-person", name = person.to_string(), via = via.as_str()),
        Actor::Host => t!("actor-host"),
        Actor::Broker => t!("actor-broker"),
    }
}

/// How it went: colour, icon and word.
pub(crate) fn outcome_look(outcome: Outcome) -> (&'static str, &'static str, String) {
    match outcome {
        Outcome::Done => ("low", "done", t!("outcome-done")),
        Outcome::Refused => ("high", "denied", t!("outcome-refused")),
        Outcome::Trouble => ("medium", "warning", t!("outcome-trouble")),
    }
}
