//! What a backup holds: the tables of both engines, with their columns, in an order in which rows may be inserted.

use Kind::{Bytes, Number, Text};
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// Bytes; in a backup hexadecimal digits.
    Bytes,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, Kind)],
    /// What its rows are in order of.
    pub order: &'static str,
}

const fn table(name: &'static str, order: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, order }
}

/// Every table that is in a backup.
pub const TABLES: &[Table] = &[
    table("meta", "key", &[("key", Text), ("value", Text)]),
    table(
        "people",
        "id",
        &[
            ("id", Text),
            ("title", Text),
            ("roles", Text),
            ("blocked", Number),
            ("created_at", Number),
            ("scope", Text),
        ],
    ),
    table(
        "agents",
        "id",
        &[
            ("id", Text),
            ("title", Text),
            ("owner", Text),
            ("direct", Number),
            ("blocked", Number),
            ("key", Number),
            ("secret_mac", Text),
            ("created_at", Number),
            ("cooled_at", Number),
            ("client", Text),
            ("redirect_uris", Text),
        ],
    ),
    table(
        "agent_keys",
        "agent, thumbprint",
        &[("agent", Text), ("thumbprint", Text), ("kid", Text), ("jwk", Text), ("added_at", Number)],
    ),
    table(
        "oauth_clients",
        "id",
        &[
            ("id", Text),
            ("kind", Text),
            ("body", Text),
            ("secret_mac", Text),
            ("registration_mac", Text),
            ("first_seen_at", Number),
            ("fetched_at", Number),
            ("fresh_until", Number),
            ("removed_at", Number),
        ],
    ),
    table(
        "passkeys",
        "credential",
        &[
            ("credential", Text),
            ("person", Text),
            ("name", Text),
            ("public", Text),
            ("record", Text),
            ("key_id", Number),
            ("counter", Number),
            ("backed_up", Number),
            ("created_at", Number),
            ("last_used_at", Number),
            ("removed_at", Number),
            ("let_in_by", Text),
        ],
    ),
    table(
        "recovery_codes",
        "person, slot",
        &[("person", Text), ("slot", Text), ("hash", Text), ("made_at", Number), ("used_at", Number)],
    ),
    table("assertions", "digest", &[("digest", Text), ("expires_at", Number)]),
    table(
        "services",
        "id",
        &[("id", Text), ("version", Number), ("body", Text), ("blocked", Number), ("updated_at", Number)],
    ),
    table(
        "mcp_tools",
        "service, name, digest",
        &[
            ("service", Text),
            ("name", Text),
            ("digest", Text),
            ("definition", Text),
            ("first_seen", Number),
            ("since", Number),
            ("current", Number),
        ],
    ),
    table(
        "connections",
        "id",
        &[
            ("id", Text),
            ("service", Text),
            ("account", Text),
            ("owner", Text),
            ("approvers", Text),
            ("version", Number),
            ("record", Text),
            ("updated_at", Number),
            ("key_id", Number),
            ("sealed_at", Number),
            ("removed_at", Number),
        ],
    ),
    table(
        "connection_tests",
        "connection",
        &[
            ("connection", Text),
            ("version", Number),
            ("at", Number),
            ("person", Text),
            ("call", Text),
            ("status", Number),
            ("outcome", Text),
            ("ms", Number),
        ],
    ),
    table(
        "keyring",
        "id",
        &[
            ("id", Number),
            ("wrapped", Text),
            ("check_value", Text),
            ("root_id", Text),
            ("created_at", Number),
            ("wraps", Number),
        ],
    ),
    table(
        "passphrases",
        "root_id",
        &[
            ("root_id", Text),
            ("salt", Text),
            ("memory", Number),
            ("passes", Number),
            ("lanes", Number),
            ("created_at", Number),
        ],
    ),
    table(
        "grants",
        "id",
        &[
            ("id", Text),
            ("agent", Text),
            ("owner", Text),
            ("approver", Text),
            ("state", Text),
            ("version", Number),
            ("watermark", Number),
            ("same_ask", Text),
            ("idempotency", Text),
            ("asked_at", Number),
            ("expires_at", Number),
            ("decided_at", Number),
            ("ends_at", Number),
            ("last_call_at", Number),
            ("body", Text),
            ("decided_by", Text),
            ("took_ms", Number),
        ],
    ),
    table("grant_approvers", "grant_id, person", &[("grant_id", Text), ("person", Text)]),
    table("grant_services", "grant_id, service", &[("grant_id", Text), ("service", Text)]),
    table(
        "grant_lines",
        "grant_id, line",
        &[("grant_id", Text), ("line", Number), ("max_calls", Number), ("used", Number), ("given", Number)],
    ),
    table("watermarks", "number, subject", &[("number", Number), ("subject", Text), ("at", Number)]),
    table("counters", "name", &[("name", Text), ("value", Number)]),
    table(
        "calls",
        "id",
        &[
            ("id", Text),
            ("grant_id", Text),
            ("service", Text),
            ("state", Text),
            ("chain", Text),
            ("expires_at", Number),
        ],
    ),
    table(
        "idempotency",
        "grant_id, key",
        &[("grant_id", Text), ("key", Text), ("call_id", Text), ("digest", Text)],
    ),
    table(
        "chains",
        "number",
        &[
            ("id", Text),
            ("started_at", Number),
            ("alive_at", Number),
            ("ended_at", Number),
            ("head_seq", Number),
            ("head_hash", Text),
            ("number", Number),
            ("dropped_seq", Number),
            ("dropped_hash", Text),
        ],
    ),
    table(
        "audit",
        "id",
        &[
            ("id", Number),
            ("at", Number),
            ("watermark", Number),
            ("back", Number),
            ("kind", Text),
            ("actor", Text),
            ("grant_id", Bytes),
            ("call_id", Bytes),
            ("facts", Text),
            ("hash", Bytes),
        ],
    ),
    table(
        "segments",
        "chain, first",
        &[
            ("chain", Number),
            ("first", Number),
            ("last", Number),
            ("hash", Text),
            ("first_at", Number),
            ("last_at", Number),
        ],
    ),
    table(
        "audit_sessions",
        "grant_id, chain",
        &[
            ("grant_id", Text),
            ("chain", Number),
            ("last", Number),
            ("calls", Number),
            ("refused", Number),
            ("last_call_at", Number),
        ],
    ),
    table(
        "usage_days",
        "day, service, agent, action",
        &[
            ("day", Number),
            ("service", Text),
            ("agent", Text),
            ("action", Text),
            ("calls", Number),
            ("refused", Number),
        ],
    ),
    table("usage_cursors", "chain", &[("chain", Number), ("seq", Number)]),
];

/// Tables that are not, each with the reason. A table that stands in neither list fails a test.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("links", "nobody comes in with what was valid before"),
    ("person_tokens", "nobody comes in with what was valid before"),
    ("web_sessions", "nobody comes in with what was valid before"),
    ("authorizations", "nothing of before can still be approved or redeemed; the browser asks anew"),
    ("authorization_codes", "nothing of before can still be approved or redeemed; the browser asks anew"),
    ("pushed_requests", "nothing of before can still be approved or redeemed; the client asks anew"),
    ("ciba_requests", "nothing of before can still be approved or redeemed; the agent asks anew"),
    ("signing_keys", "no token of before is valid; a new key is made"),
    ("revision", "a count that every database keeps for itself"),
    ("_sqlx_migrations", "the schema is made by the broker that restores"),
];
