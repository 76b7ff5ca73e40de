-- What people who keep services want to know: how old a secret is, what the last test came to, what is used at all.

-- When the secret was entered; a change of the account alone is none.
ALTER TABLE connections ADD COLUMN sealed_at BIGINT NOT NULL DEFAULT 0;
UPDATE connections SET sealed_at = updated_at;

-- The last test of each connection. The record has them all.
CREATE TABLE connection_tests (
    connection TEXT   PRIMARY KEY REFERENCES connections (id),
    version    BIGINT NOT NULL, -- of the secret that was tried
    at         BIGINT NOT NULL,
    person     TEXT   NOT NULL, -- who tried it
    call       TEXT   NOT NULL, -- method and path
    status     BIGINT,          -- what the service answered, if it did
    outcome    TEXT   NOT NULL, -- answered, or why not
    ms         BIGINT NOT NULL
);

-- Calls and refusals by day, counted from the record behind its head, so that no call pays for it.
CREATE TABLE usage_days (
    day     BIGINT NOT NULL, -- since 1970 (UTC)
    service TEXT   NOT NULL,
    agent   TEXT   NOT NULL,
    action  TEXT   NOT NULL, -- empty where what was refused is none
    calls   BIGINT NOT NULL, -- authorised
    refused BIGINT NOT NULL, -- calls and call tokens
    PRIMARY KEY (day, service, agent, action)
);
CREATE INDEX usage_days_service ON usage_days (service, day);
CREATE INDEX usage_days_agent ON usage_days (agent, day);

-- How far each chain is counted. What was recorded before there was a count is counted too.
CREATE TABLE usage_cursors (
    chain BIGINT PRIMARY KEY,
    seq   BIGINT NOT NULL
);
