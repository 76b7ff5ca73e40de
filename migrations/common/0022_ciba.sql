-- By what agents fetch the outcome of requests that they made at the CIBA door. The request itself says where it stands,
-- and that it is redeemed once; how often a handle is asked about, each broker remembers for itself.
CREATE TABLE ciba_requests (
    mac        TEXT   PRIMARY KEY,      -- of the auth_req_id
    grant_id   TEXT   NOT NULL REFERENCES grants (id),
    agent      TEXT   NOT NULL REFERENCES agents (id),
    resources  TEXT   NOT NULL,         -- JSON: what the token is restricted to; none: all that is granted
    expires_at BIGINT NOT NULL
);
CREATE INDEX ciba_requests_expiry ON ciba_requests (expires_at);
