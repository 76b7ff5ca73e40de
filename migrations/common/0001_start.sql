-- Text and whole numbers only, so that one SQL runs on both engines. Times are milliseconds since 1970 (UTC).

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Who there is.
CREATE TABLE people (
    id         TEXT   PRIMARY KEY,
    title      TEXT   NOT NULL,
    roles      TEXT   NOT NULL, -- JSON list
    blocked    BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

CREATE TABLE agents (
    id         TEXT   PRIMARY KEY,
    title      TEXT   NOT NULL,
    owner      TEXT   NOT NULL REFERENCES people (id),
    direct     BIGINT NOT NULL, -- whether the grant token itself may be used at the proxy
    blocked    BIGINT NOT NULL DEFAULT 0,
    key        BIGINT NOT NULL, -- the number of its secret
    secret_mac TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE services (
    id         TEXT   PRIMARY KEY,
    version    BIGINT NOT NULL,
    body       TEXT   NOT NULL, -- JSON ServiceDefinition
    blocked    BIGINT NOT NULL DEFAULT 0,
    updated_at BIGINT NOT NULL
);

CREATE TABLE connections (
    id         TEXT   PRIMARY KEY,
    service    TEXT   NOT NULL REFERENCES services (id),
    account    TEXT   NOT NULL,
    owner      TEXT   REFERENCES people (id), -- none: shared
    approvers  TEXT   NOT NULL,               -- JSON list; for a shared one; empty: everybody with the role
    version    BIGINT NOT NULL,               -- of the secret
    record     TEXT   NOT NULL,               -- the sealed secret
    updated_at BIGINT NOT NULL
);
CREATE INDEX connections_service ON connections (service);

-- The vault's keys, wrapped.
CREATE TABLE keyring (
    id          BIGINT PRIMARY KEY,
    wrapped     TEXT   NOT NULL,
    check_value TEXT   NOT NULL,
    root_id     TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    kid        TEXT   PRIMARY KEY,
    record     TEXT   NOT NULL, -- the sealed private key
    public     TEXT   NOT NULL, -- JSON Web Key
    created_at BIGINT NOT NULL
);

-- How people come in. Only HMACs of tokens are kept.
CREATE TABLE links (
    mac        TEXT   PRIMARY KEY,
    person     TEXT   NOT NULL REFERENCES people (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE person_tokens (
    mac        TEXT   PRIMARY KEY,
    person     TEXT   NOT NULL REFERENCES people (id),
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT
);

CREATE TABLE web_sessions (
    mac        TEXT   PRIMARY KEY,
    person     TEXT   NOT NULL REFERENCES people (id),
    via        TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    ended_at   BIGINT
);

-- Requests and the grants that came of them: one row, one state machine.
CREATE TABLE grants (
    id           TEXT   PRIMARY KEY,
    agent        TEXT   NOT NULL REFERENCES agents (id),
    owner        TEXT   NOT NULL REFERENCES people (id),
    approver     TEXT,
    state        TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    watermark    BIGINT NOT NULL, -- the highest revocation at its creation, then at its approval
    same_ask     TEXT   NOT NULL, -- digest of what was asked, without ids
    idempotency  TEXT,
    asked_at     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL, -- of the request
    decided_at   BIGINT,
    ends_at      BIGINT,          -- of the grant
    last_call_at BIGINT,
    body         TEXT   NOT NULL  -- JSON Grant
);
CREATE INDEX grants_pending ON grants (expires_at) WHERE state = 'pending';
CREATE INDEX grants_live ON grants (ends_at) WHERE state IN ('approved', 'active');
CREATE INDEX grants_agent ON grants (agent, asked_at);
CREATE INDEX grants_decided ON grants (decided_at) WHERE decided_at IS NOT NULL;
CREATE UNIQUE INDEX grants_idempotency ON grants (agent, idempotency) WHERE idempotency IS NOT NULL;

CREATE TABLE grant_services (
    grant_id TEXT NOT NULL REFERENCES grants (id),
    service  TEXT NOT NULL REFERENCES services (id),
    PRIMARY KEY (grant_id, service)
);
CREATE INDEX grant_services_service ON grant_services (service);

-- Only lines with limits have a row.
CREATE TABLE grant_lines (
    grant_id  TEXT   NOT NULL REFERENCES grants (id),
    line      BIGINT NOT NULL,
    max_calls BIGINT NOT NULL,
    used      BIGINT NOT NULL DEFAULT 0,
    given     BIGINT NOT NULL DEFAULT 0, -- what the last batch got of what it wanted
    PRIMARY KEY (grant_id, line),
    CHECK (used >= 0 AND used <= max_calls)
);

-- Revocations: nothing that remembers a lower number and matches the subject is alive.
CREATE TABLE watermarks (
    number  BIGINT NOT NULL,
    subject TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (number, subject)
);
CREATE INDEX watermarks_subject ON watermarks (subject, number);

-- Call tokens and calls while they matter: minted, open, or just done. The record holds the history.
CREATE TABLE calls (
    id         TEXT   PRIMARY KEY, -- the jti of the token it came with
    grant_id   TEXT   NOT NULL,
    service    TEXT   NOT NULL,
    state      TEXT   NOT NULL, -- minted, open, done
    chain      TEXT   NOT NULL, -- the incarnation that holds it
    expires_at BIGINT NOT NULL  -- of the token; after that a done row may go
);
CREATE INDEX calls_minted ON calls (grant_id, expires_at) WHERE state = 'minted';
CREATE INDEX calls_open ON calls (chain) WHERE state = 'open';

CREATE TABLE idempotency (
    grant_id TEXT NOT NULL,
    key      TEXT NOT NULL,
    call_id  TEXT NOT NULL,
    digest   TEXT NOT NULL, -- of method, path and query
    PRIMARY KEY (grant_id, key)
);

-- The record: one chain for each start of a broker.
CREATE TABLE chains (
    id         TEXT   PRIMARY KEY,
    started_at BIGINT NOT NULL,
    alive_at   BIGINT NOT NULL,
    ended_at   BIGINT,
    head_seq   BIGINT NOT NULL,
    head_hash  TEXT   NOT NULL
);

CREATE TABLE audit (
    chain    TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    grant_id TEXT,
    body     TEXT   NOT NULL, -- canonical JSON Record
    hash     TEXT   NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_grant ON audit (grant_id, at) WHERE grant_id IS NOT NULL;
