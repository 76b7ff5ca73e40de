-- Who approved a grant beside the one who completed it: a revocation of any of them ends it.
CREATE TABLE grant_approvers (
    grant_id TEXT NOT NULL REFERENCES grants (id),
    person   TEXT NOT NULL REFERENCES people (id),
    PRIMARY KEY (grant_id, person)
);
CREATE INDEX grant_approvers_person ON grant_approvers (person);

DROP VIEW live_grants;
CREATE VIEW live_grants AS
SELECT g.*
FROM grants g
WHERE g.state IN ('approved', 'active')
  AND EXISTS (SELECT 1 FROM live_grant_services l WHERE l.grant_id = g.id)
  AND NOT EXISTS (
      SELECT 1 FROM watermarks w
      WHERE w.number > g.watermark
        AND w.subject IN ('all', 'session:' || g.id, 'agent:' || g.agent, 'owner:' || g.owner, 'approver:' || g.approver)
  )
  AND NOT EXISTS (
      SELECT 1 FROM grant_approvers a
      JOIN watermarks w ON w.subject = 'approver:' || a.person
      WHERE a.grant_id = g.id AND w.number > g.watermark
  );

-- For which services and agents a person may decide: JSON {"services": […], "agents": […]}; an empty list means all.
ALTER TABLE people ADD COLUMN scope TEXT NOT NULL DEFAULT '{}';

-- Who decided, and how long the page had been before them: for the note about routine.
ALTER TABLE grants ADD COLUMN decided_by TEXT;
ALTER TABLE grants ADD COLUMN took_ms BIGINT;
CREATE INDEX grants_decider ON grants (decided_by, decided_at) WHERE decided_by IS NOT NULL;
