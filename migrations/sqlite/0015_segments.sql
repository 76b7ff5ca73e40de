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
) WITHOUT ROWID;

CREATE TRIGGER segments_head BEFORE INSERT ON segments
WHEN NEW.last < NEW.first OR NOT EXISTS
    (SELECT 1 FROM audit a WHERE a.id = NEW.chain * 1099511627776 + NEW.last AND lower(hex(a.hash)) = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'a segment ends with a record'); END;

CREATE TRIGGER segments_no_update BEFORE UPDATE ON segments
BEGIN SELECT RAISE(ABORT, 'a sealed head is never changed'); END;

-- How far a chain is dropped, and the hash of the last record that is.
ALTER TABLE chains ADD COLUMN dropped_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chains ADD COLUMN dropped_hash TEXT NOT NULL DEFAULT '';

CREATE TRIGGER segments_no_delete BEFORE DELETE ON segments
WHEN NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = OLD.chain AND c.dropped_seq >= OLD.last)
BEGIN SELECT RAISE(ABORT, 'a segment is removed only after it was dropped'); END;

CREATE TRIGGER chains_dropped BEFORE UPDATE OF dropped_seq, dropped_hash ON chains
WHEN NEW.dropped_seq <= OLD.dropped_seq OR NOT EXISTS
    (SELECT 1 FROM segments s WHERE s.chain = NEW.number AND s.last = NEW.dropped_seq AND s.hash = NEW.dropped_hash)
BEGIN SELECT RAISE(ABORT, 'a chain is dropped up to a sealed head, and never less'); END;

-- Only what was dropped on the record may go.
DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM chains c
    WHERE c.number = OLD.id / 1099511627776 AND c.dropped_seq >= OLD.id % 1099511627776)
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- The number of the last drop.
INSERT INTO counters (name, value) VALUES ('drop', 0);
