-- Old parts of the record can be dropped: whole segments with sealed heads, always from the beginning of their chain.

-- A stretch of a chain that is closed: its last record is its head.
CREATE TABLE segments (
    chain    BIGINT NOT NULL, -- the number of the chain
    first    BIGINT NOT NULL, -- the number of its first record there
    last     BIGINT NOT NULL,
    hash     TEXT   NOT NULL, -- of the last, as lower-case hexadecimal digits
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (chain, first)
);

CREATE FUNCTION segments_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last < NEW.first OR NOT EXISTS
        (SELECT 1 FROM audit a WHERE a.id = NEW.chain * 1099511627776 + NEW.last AND encode(a.hash, 'hex') = NEW.hash)
    THEN RAISE EXCEPTION 'a segment ends with a record'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER segments_head BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION segments_head();

CREATE TRIGGER segments_no_update BEFORE UPDATE OR TRUNCATE ON segments
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a sealed head is never changed');

-- How far a chain is dropped, and the hash of the last record that is.
ALTER TABLE chains ADD COLUMN dropped_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chains ADD COLUMN dropped_hash TEXT NOT NULL DEFAULT '';

CREATE FUNCTION segments_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = OLD.chain AND c.dropped_seq >= OLD.last)
    THEN RAISE EXCEPTION 'a segment is removed only after it was dropped'; END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER segments_no_delete BEFORE DELETE ON segments FOR EACH ROW EXECUTE FUNCTION segments_dropped();

CREATE FUNCTION chains_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.dropped_seq <= OLD.dropped_seq OR NOT EXISTS
        (SELECT 1 FROM segments s WHERE s.chain = NEW.number AND s.last = NEW.dropped_seq AND s.hash = NEW.dropped_hash)
    THEN RAISE EXCEPTION 'a chain is dropped up to a sealed head, and never less'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chains_dropped BEFORE UPDATE OF dropped_seq, dropped_hash ON chains
FOR EACH ROW EXECUTE FUNCTION chains_dropped();

-- Only what was dropped on the record may go.
CREATE FUNCTION audit_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM chains c
        WHERE c.number = OLD.id / 1099511627776 AND c.dropped_seq >= OLD.id % 1099511627776)
    THEN RAISE EXCEPTION 'the record is append-only'; END IF;
    RETURN OLD;
END $$;
DROP TRIGGER audit_no_update ON audit;
CREATE TRIGGER audit_no_update BEFORE UPDATE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is append-only');
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_dropped();

-- The number of the last drop.
INSERT INTO counters (name, value) VALUES ('drop', 0);
