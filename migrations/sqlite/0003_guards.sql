-- What must never happen, whatever the code does.

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

CREATE TRIGGER watermarks_no_update BEFORE UPDATE ON watermarks
BEGIN SELECT RAISE(ABORT, 'a revocation is never changed'); END;

CREATE TRIGGER grants_version BEFORE UPDATE ON grants
WHEN NEW.body <> OLD.body AND NEW.version <> OLD.version + 1
BEGIN SELECT RAISE(ABORT, 'a grant changes one version at a time'); END;

CREATE TRIGGER grants_end BEFORE UPDATE ON grants
WHEN OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at)
BEGIN SELECT RAISE(ABORT, 'the end of a grant never grows'); END;

CREATE TRIGGER grants_watermark BEFORE UPDATE ON grants
WHEN OLD.state <> 'pending' AND NEW.watermark <> OLD.watermark
BEGIN SELECT RAISE(ABORT, 'a grant remembers the revocations at its approval'); END;

CREATE TRIGGER grants_state BEFORE UPDATE ON grants
WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'pending' AND NEW.state IN ('approved', 'denied', 'withdrawn', 'lapsed'))
    OR (OLD.state = 'approved' AND NEW.state IN ('active', 'ended'))
    OR (OLD.state = 'active' AND NEW.state = 'ended')
)
BEGIN SELECT RAISE(ABORT, 'a grant does not go back'); END;

CREATE TRIGGER grants_final BEFORE UPDATE ON grants
WHEN OLD.state IN ('denied', 'withdrawn', 'lapsed', 'ended') AND NEW.body <> OLD.body
BEGIN SELECT RAISE(ABORT, 'what is over does not change'); END;

CREATE TRIGGER grants_no_delete BEFORE DELETE ON grants
BEGIN SELECT RAISE(ABORT, 'a grant is never deleted'); END;

CREATE TRIGGER grant_lines_limit BEFORE UPDATE ON grant_lines
WHEN NEW.max_calls > OLD.max_calls OR NEW.used < OLD.used
BEGIN SELECT RAISE(ABORT, 'a limit never rises and a use is never given back'); END;

CREATE TRIGGER grant_lines_no_delete BEFORE DELETE ON grant_lines
BEGIN SELECT RAISE(ABORT, 'a limit is never removed'); END;
