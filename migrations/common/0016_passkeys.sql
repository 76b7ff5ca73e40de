-- What people sign in with and prove decisions with: public keys only.
CREATE TABLE passkeys (
    credential   TEXT   PRIMARY KEY, -- its id, base64url
    person       TEXT   NOT NULL REFERENCES people (id),
    name         TEXT   NOT NULL,
    public       TEXT   NOT NULL,    -- the public key, JSON
    record       TEXT   NOT NULL,    -- sealed by the vault for this person, credential and public key; empty once removed
    key_id       BIGINT NOT NULL,    -- the key of the keyring that wraps it
    counter      BIGINT NOT NULL,
    backed_up    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    removed_at   BIGINT
);
CREATE INDEX passkeys_person ON passkeys (person) WHERE removed_at IS NULL;

-- What lets somebody back in who lost every passkey. Each works once; only hashes are kept.
CREATE TABLE recovery_codes (
    person  TEXT   NOT NULL REFERENCES people (id),
    slot    TEXT   NOT NULL, -- the first group of the code, which says which of the person's codes it is
    hash    TEXT   NOT NULL, -- Argon2id, with its numbers and salt
    made_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person, slot)
);

-- On which device somebody signed in, in a few words, and when a passkey last answered in that session.
ALTER TABLE web_sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE web_sessions ADD COLUMN proved_at BIGINT;
CREATE INDEX web_sessions_person ON web_sessions (person) WHERE ended_at IS NULL;
