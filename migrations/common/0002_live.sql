-- What is alive as far as revocations go; time is compared by whoever asks.

CREATE VIEW live_grant_services AS
SELECT s.grant_id, s.service
FROM grant_services s
JOIN grants g ON g.id = s.grant_id
WHERE g.state IN ('approved', 'active')
  AND NOT EXISTS (
      SELECT 1 FROM watermarks w
      WHERE w.number > g.watermark
        AND w.subject IN ('service:' || s.service, 'session:' || g.id || '/service:' || s.service)
  );

CREATE VIEW live_grants AS
SELECT g.*
FROM grants g
WHERE g.state IN ('approved', 'active')
  AND EXISTS (SELECT 1 FROM live_grant_services l WHERE l.grant_id = g.id)
  AND NOT EXISTS (
      SELECT 1 FROM watermarks w
      WHERE w.number > g.watermark
        AND w.subject IN ('all', 'session:' || g.id, 'agent:' || g.agent, 'owner:' || g.owner, 'approver:' || g.approver)
  );

CREATE VIEW open_requests AS
SELECT g.*
FROM grants g
WHERE g.state = 'pending'
  AND NOT EXISTS (
      SELECT 1 FROM watermarks w
      WHERE w.number > g.watermark
        AND (
            w.subject IN ('all', 'session:' || g.id, 'agent:' || g.agent, 'owner:' || g.owner)
            OR w.subject IN (SELECT 'service:' || s.service FROM grant_services s WHERE s.grant_id = g.id)
        )
  );
