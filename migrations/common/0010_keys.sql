-- How a passphrase becomes the root key of this id (Argon2id). The passphrase itself is nowhere.
CREATE TABLE passphrases (
    root_id    TEXT   PRIMARY KEY,
    salt       TEXT   NOT NULL, -- base64
    memory     BIGINT NOT NULL, -- KiB
    passes     BIGINT NOT NULL,
    lanes      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- How many data keys a key of the keyring has wrapped.
ALTER TABLE keyring ADD COLUMN wraps BIGINT NOT NULL DEFAULT 0;
UPDATE keyring SET wraps = (SELECT COUNT(*) FROM connections) + (SELECT COUNT(*) FROM signing_keys);

-- Which key of the keyring wraps a record. Before this there was only the first.
ALTER TABLE connections ADD COLUMN key_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE signing_keys ADD COLUMN key_id BIGINT NOT NULL DEFAULT 1;
CREATE INDEX connections_key ON connections (key_id, id);

-- Until when tokens of a signing key that was replaced are accepted; none for the one that signs.
ALTER TABLE signing_keys ADD COLUMN retires_at BIGINT;
