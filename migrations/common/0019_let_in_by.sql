-- By whose sign-in links somebody came in: JSON, the people who made them, the nearest first; none for a link of the
-- host. Whoever makes a link can use it, so people who came in by each other's links count as one where it takes several.
ALTER TABLE links ADD COLUMN let_in_by TEXT NOT NULL DEFAULT '[]';
ALTER TABLE web_sessions ADD COLUMN let_in_by TEXT NOT NULL DEFAULT '[]';
-- In such a session a passkey was added: what it opens is no more certain, until somebody else vouches for its person.
ALTER TABLE passkeys ADD COLUMN let_in_by TEXT NOT NULL DEFAULT '[]';

-- A connection that was removed stays as a row without its secret, so that its name never stands for another account.
ALTER TABLE connections ADD COLUMN removed_at BIGINT;
