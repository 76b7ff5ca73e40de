-- The record at size: one key in the order of appending, each value once, and no index that grows at random places.

-- The number of the last revocation, which stays when its row is forgotten.
CREATE TABLE counters (
    name  TEXT   PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) SELECT 'revocation', COALESCE(MAX(number), 0) FROM watermarks;

ALTER TABLE chains ADD COLUMN number BIGINT;
UPDATE chains SET number =
    (SELECT COUNT(*) FROM chains o WHERE (o.started_at, o.id) <= (chains.started_at, chains.id));
CREATE UNIQUE INDEX chains_number ON chains (number);

CREATE TABLE record (
    id        INTEGER PRIMARY KEY, -- the number of the chain × 2^40 + the number in the chain
    at        BIGINT  NOT NULL,
    watermark BIGINT  NOT NULL,
    back      BIGINT  NOT NULL,    -- how far back the record before of the same session stands in this chain; 0: none
    kind      TEXT    NOT NULL,
    actor     TEXT    NOT NULL,    -- broker, host, agent:NAME or person:NAME:HOW
    grant_id  BLOB,                -- 16 bytes
    call_id   BLOB,                -- 16 bytes
    facts     TEXT    NOT NULL,    -- canonical JSON
    hash      BLOB    NOT NULL     -- 32 bytes
);
INSERT INTO record (id, at, watermark, back, kind, actor, grant_id, call_id, facts, hash)
SELECT (SELECT c.number FROM chains c WHERE c.id = a.chain) * 1099511627776 + a.seq,
    a.at,
    json_extract(a.body, '$.watermark'),
    CASE WHEN a.grant_id IS NULL THEN 0
        ELSE a.seq - LAG(a.seq, 1, a.seq) OVER (PARTITION BY a.chain, a.grant_id ORDER BY a.seq) END,
    a.kind,
    CASE json_extract(a.body, '$.actor.is')
        WHEN 'agent' THEN 'agent:' || json_extract(a.body, '$.actor.agent')
        WHEN 'person' THEN
            'person:' || json_extract(a.body, '$.actor.person') || ':' || json_extract(a.body, '$.actor.via')
        ELSE json_extract(a.body, '$.actor.is') END,
    unhex(a.grant_id),
    unhex(substr(json_extract(a.body, '$.call'), 6)),
    a.body -> '$.facts',
    unhex(a.hash)
FROM audit a ORDER BY 1;
DROP TABLE audit;
ALTER TABLE record RENAME TO audit;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- Where a session's records are: the last of each chain, from which each leads to the one before. Only the broker of
-- a chain writes its rows.
CREATE TABLE audit_sessions (
    grant_id     TEXT   NOT NULL,
    chain        BIGINT NOT NULL,
    last         BIGINT NOT NULL, -- the id of the last record
    calls        BIGINT NOT NULL, -- authorised
    refused      BIGINT NOT NULL, -- calls and call tokens
    last_call_at BIGINT,
    PRIMARY KEY (grant_id, chain)
) WITHOUT ROWID;
INSERT INTO audit_sessions (grant_id, chain, last, calls, refused, last_call_at)
SELECT lower(hex(grant_id)), id >> 40, MAX(id),
    SUM(CASE WHEN kind = 'call.authorised' THEN 1 ELSE 0 END),
    SUM(CASE WHEN kind IN ('call.refused', 'token.refused') THEN 1 ELSE 0 END),
    MAX(CASE WHEN kind = 'call.authorised' THEN at END)
FROM audit WHERE grant_id IS NOT NULL GROUP BY grant_id, id >> 40;

-- What is not over, which is little beside what is.
CREATE INDEX grants_open ON grants (agent, asked_at) WHERE state IN ('pending', 'approved', 'active');

CREATE TRIGGER counters_grow BEFORE UPDATE ON counters
WHEN NEW.value <= OLD.value OR NEW.name <> OLD.name
BEGIN SELECT RAISE(ABORT, 'a counter only grows'); END;

CREATE TRIGGER counters_no_delete BEFORE DELETE ON counters
BEGIN SELECT RAISE(ABORT, 'a counter is never removed'); END;
