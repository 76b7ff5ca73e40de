-- What must never happen, whatever the code does.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TRIGGER audit_no_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is append-only');

CREATE TRIGGER watermarks_no_update BEFORE UPDATE ON watermarks
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a revocation is never changed');

CREATE TRIGGER grants_version BEFORE UPDATE ON grants FOR EACH ROW
WHEN (NEW.body <> OLD.body AND NEW.version <> OLD.version + 1)
EXECUTE FUNCTION refuse('a grant changes one version at a time');

CREATE TRIGGER grants_end BEFORE UPDATE ON grants FOR EACH ROW
WHEN (OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at))
EXECUTE FUNCTION refuse('the end of a grant never grows');

CREATE TRIGGER grants_watermark BEFORE UPDATE ON grants FOR EACH ROW
WHEN (OLD.state <> 'pending' AND NEW.watermark <> OLD.watermark)
EXECUTE FUNCTION refuse('a grant remembers the revocations at its approval');

CREATE TRIGGER grants_state BEFORE UPDATE ON grants FOR EACH ROW
WHEN (NEW.state <> OLD.state AND NOT (
    (OLD.state = 'pending' AND NEW.state IN ('approved', 'denied', 'withdrawn', 'lapsed'))
    OR (OLD.state = 'approved' AND NEW.state IN ('active', 'ended'))
    OR (OLD.state = 'active' AND NEW.state = 'ended')
))
EXECUTE FUNCTION refuse('a grant does not go back');

CREATE TRIGGER grants_final BEFORE UPDATE ON grants FOR EACH ROW
WHEN (OLD.state IN ('denied', 'withdrawn', 'lapsed', 'ended') AND NEW.body <> OLD.body)
EXECUTE FUNCTION refuse('what is over does not change');

CREATE TRIGGER grants_no_delete BEFORE DELETE OR TRUNCATE ON grants
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a grant is never deleted');

CREATE TRIGGER grant_lines_limit BEFORE UPDATE ON grant_lines FOR EACH ROW
WHEN (NEW.max_calls > OLD.max_calls OR NEW.used < OLD.used)
EXECUTE FUNCTION refuse('a limit never rises and a use is never given back');

CREATE TRIGGER grant_lines_no_delete BEFORE DELETE OR TRUNCATE ON grant_lines
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a limit is never removed');
