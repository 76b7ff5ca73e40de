-- OAuth clients that people bring along: registered by themselves (RFC 7591), or known by a document at the address that
-- is their id. An agent of such a client is the pair of client and person.
CREATE TABLE oauth_clients (
    id               TEXT   PRIMARY KEY,
    kind             TEXT   NOT NULL,           -- registered, document
    body             TEXT   NOT NULL,           -- JSON metadata
    secret_mac       TEXT,                      -- none: it has no secret
    registration_mac TEXT,                      -- of the token that may read, change and remove the registration
    first_seen_at    BIGINT NOT NULL,
    fetched_at       BIGINT,                    -- of a document
    fresh_until      BIGINT,                    -- of a document: until then it is not fetched again
    removed_at       BIGINT                     -- it does nothing any more
);
CREATE INDEX oauth_clients_seen ON oauth_clients (kind, first_seen_at);

-- The client that a person brought along; none for an agent that was declared or registered here. Such an agent has no
-- secret of its own.
ALTER TABLE agents ADD COLUMN client TEXT;
-- Where the browser may be sent back to with a code: JSON, exact addresses, for an agent that is an OAuth client itself.
ALTER TABLE agents ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '[]';
CREATE UNIQUE INDEX agents_client ON agents (client, owner) WHERE client IS NOT NULL;
