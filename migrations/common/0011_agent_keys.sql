-- Public keys that agents authenticate with (private_key_jwt).
CREATE TABLE agent_keys (
    agent      TEXT   NOT NULL REFERENCES agents (id),
    thumbprint TEXT   NOT NULL, -- RFC 7638: what requests pin
    kid        TEXT   NOT NULL, -- what an assertion names it by
    jwk        TEXT   NOT NULL, -- the public JSON Web Key
    added_at   BIGINT NOT NULL,
    PRIMARY KEY (agent, thumbprint)
);

-- Assertions that were used, until nobody would accept them any more.
CREATE TABLE assertions (
    digest     TEXT   PRIMARY KEY, -- of the agent and the jti
    expires_at BIGINT NOT NULL
);
CREATE INDEX assertions_expiry ON assertions (expires_at);

-- Denials before this moment no longer cool the agent down.
ALTER TABLE agents ADD COLUMN cooled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX grants_denied ON grants (agent, decided_at) WHERE state = 'denied';
