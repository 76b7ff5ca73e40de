-- The number of changes to what admins declare. A broker that remembers declarations judges nothing by them until the
-- transaction that records a call has seen the same number. Triggers count, so that no statement can forget to.
CREATE TABLE revision (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL
);
INSERT INTO revision (one, number) VALUES (1, 1);

CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision
BEGIN SELECT RAISE(ABORT, 'the revision only grows'); END;
CREATE TRIGGER revision_grows BEFORE UPDATE ON revision WHEN NEW.number <= OLD.number
BEGIN SELECT RAISE(ABORT, 'the revision only grows'); END;

CREATE TRIGGER people_insert_counts AFTER INSERT ON people
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER people_update_counts AFTER UPDATE ON people
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER people_delete_counts AFTER DELETE ON people
BEGIN UPDATE revision SET number = number + 1; END;

CREATE TRIGGER agents_insert_counts AFTER INSERT ON agents
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER agents_update_counts AFTER UPDATE ON agents
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER agents_delete_counts AFTER DELETE ON agents
BEGIN UPDATE revision SET number = number + 1; END;

CREATE TRIGGER services_insert_counts AFTER INSERT ON services
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER services_update_counts AFTER UPDATE ON services
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER services_delete_counts AFTER DELETE ON services
BEGIN UPDATE revision SET number = number + 1; END;

CREATE TRIGGER connections_insert_counts AFTER INSERT ON connections
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER connections_update_counts AFTER UPDATE ON connections
BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER connections_delete_counts AFTER DELETE ON connections
BEGIN UPDATE revision SET number = number + 1; END;
