-- What a client asked for at the authorization endpoint: a handle that points at a request, decides nothing, and says
-- where the browser goes back to.
CREATE TABLE authorizations (
    id           TEXT   PRIMARY KEY,
    grant_id     TEXT   NOT NULL REFERENCES grants (id),
    client       TEXT   NOT NULL,
    person       TEXT   NOT NULL REFERENCES people (id),
    browser      TEXT   NOT NULL, -- HMAC of the cookie of the browser that asked: no other goes back
    redirect_uri TEXT   NOT NULL,
    state        TEXT,
    challenge    TEXT   NOT NULL, -- PKCE, S256
    nonce        TEXT,
    openid       BIGINT NOT NULL, -- whether an ID token is asked for
    resources    TEXT   NOT NULL, -- JSON list: what the access token is restricted to
    auth_time    BIGINT NOT NULL, -- when the person signed in
    asked_at     BIGINT NOT NULL,
    used_at      BIGINT           -- when one of its codes was used: of all of them one, once
);
CREATE INDEX authorizations_grant ON authorizations (grant_id);
CREATE INDEX authorizations_asked ON authorizations (asked_at);

-- Its codes: each time that the browser goes back it takes a new one along, since nobody knows whether the last arrived.
CREATE TABLE authorization_codes (
    mac              TEXT   PRIMARY KEY,
    authorization_id TEXT   NOT NULL REFERENCES authorizations (id),
    good_until       BIGINT NOT NULL,
    used_at          BIGINT
);
CREATE INDEX authorization_codes_of ON authorization_codes (authorization_id);

-- What clients pushed ahead (RFC 9126), until it is used or too old.
CREATE TABLE pushed_requests (
    mac        TEXT   PRIMARY KEY,
    client     TEXT   NOT NULL,
    params     TEXT   NOT NULL, -- JSON list of pairs
    via        TEXT,            -- the thumbprint of the key that the agent authenticated with
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX pushed_requests_expiry ON pushed_requests (expires_at);
CREATE INDEX pushed_requests_client ON pushed_requests (client, expires_at);
