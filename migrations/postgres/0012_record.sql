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
    id        BIGINT NOT NULL, -- the number of the chain × 2^40 + the number in the chain
    at        BIGINT NOT NULL,
    watermark BIGINT NOT NULL,
    back      BIGINT NOT NULL, -- how far back the record before of the same session stands in this chain; 0: none
    kind      TEXT   NOT NULL,
    actor     TEXT   NOT NULL, -- broker, host, agent:NAME or person:NAME:HOW
    grant_id  BYTEA,           -- 16 bytes
    call_id   BYTEA,           -- 16 bytes
    facts     TEXT   NOT NULL, -- canonical JSON
    hash      BYTEA  NOT NULL  -- 32 bytes
);
INSERT INTO record (id, at, watermark, back, kind, actor, grant_id, call_id, facts, hash)
SELECT c.number * 1099511627776 + a.seq,
    a.at,
    CAST(a.json ->> 'watermark' AS BIGINT),
    CASE WHEN a.grant_id IS NULL THEN 0
        ELSE a.seq - LAG(a.seq, 1, a.seq) OVER (PARTITION BY a.chain, a.grant_id ORDER BY a.seq) END,
    a.kind,
    CASE a.json -> 'actor' ->> 'is'
        WHEN 'agent' THEN 'agent:' || (a.json -> 'actor' ->> 'agent')
        WHEN 'person' THEN 'person:' || (a.json -> 'actor' ->> 'person') || ':' || (a.json -> 'actor' ->> 'via')
        ELSE a.json -> 'actor' ->> 'is' END,
    decode(a.grant_id, 'hex'),
    decode(substr(a.json ->> 'call', 6), 'hex'),
    CAST(a.json -> 'facts' AS TEXT),
    decode(a.hash, 'hex')
FROM (SELECT *, CAST(body AS json) AS json FROM audit) AS a JOIN chains c ON c.id = a.chain
ORDER BY 1;
DROP TABLE audit;
ALTER TABLE record RENAME TO audit;
ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

CREATE TRIGGER audit_no_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is append-only');

-- Where a session's records are: the last of each chain, from which each leads to the one before. Only the broker of
-- a chain writes its rows. Pages are left with room, so that a row's next version fits beside it.
CREATE TABLE audit_sessions (
    grant_id     TEXT   NOT NULL,
    chain        BIGINT NOT NULL,
    last         BIGINT NOT NULL, -- the id of the last record
    calls        BIGINT NOT NULL, -- authorised
    refused      BIGINT NOT NULL, -- calls and call tokens
    last_call_at BIGINT,
    PRIMARY KEY (grant_id, chain)
) WITH (fillfactor = 70);
INSERT INTO audit_sessions (grant_id, chain, last, calls, refused, last_call_at)
SELECT encode(grant_id, 'hex'), id >> 40, MAX(id),
    SUM(CASE WHEN kind = 'call.authorised' THEN 1 ELSE 0 END),
    SUM(CASE WHEN kind IN ('call.refused', 'token.refused') THEN 1 ELSE 0 END),
    MAX(CASE WHEN kind = 'call.authorised' THEN at END)
FROM audit WHERE grant_id IS NOT NULL GROUP BY grant_id, id >> 40;

-- What is not over, which is little beside what is.
CREATE INDEX grants_open ON grants (agent, asked_at) WHERE state IN ('pending', 'approved', 'active');

CREATE TRIGGER counters_grow BEFORE UPDATE ON counters FOR EACH ROW
WHEN (NEW.value <= OLD.value OR NEW.name <> OLD.name)
EXECUTE FUNCTION refuse('a counter only grows');

CREATE TRIGGER counters_no_delete BEFORE DELETE OR TRUNCATE ON counters
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a counter is never removed');
