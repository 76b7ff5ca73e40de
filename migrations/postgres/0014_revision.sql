-- The number of changes to what admins declare. A broker that remembers declarations judges nothing by them until the
-- transaction that records a call has seen the same number. Triggers count, so that no statement can forget to.
CREATE TABLE revision (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL
);
INSERT INTO revision (one, number) VALUES (1, 1);

CREATE TRIGGER revision_no_delete BEFORE DELETE OR TRUNCATE ON revision
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the revision only grows');
CREATE TRIGGER revision_grows BEFORE UPDATE ON revision FOR EACH ROW
WHEN (NEW.number <= OLD.number)
EXECUTE FUNCTION refuse('the revision only grows');

CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE revision SET number = number + 1; RETURN NULL; END $$;

CREATE TRIGGER people_counts AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON people
FOR EACH STATEMENT EXECUTE FUNCTION count_revision();
CREATE TRIGGER agents_counts AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON agents
FOR EACH STATEMENT EXECUTE FUNCTION count_revision();
CREATE TRIGGER services_counts AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON services
FOR EACH STATEMENT EXECUTE FUNCTION count_revision();
CREATE TRIGGER connections_counts AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON connections
FOR EACH STATEMENT EXECUTE FUNCTION count_revision();
