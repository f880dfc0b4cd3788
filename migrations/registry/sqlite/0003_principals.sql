-- Principals: who may do what. No key is here: a principal's file holds its own, and a module derives those of its callers.
-- Times are Unix milliseconds (`_ms`). "Who" is a principal, `init` where the rows were made before there was one, or `local`.

INSERT INTO change (name, n) VALUES ('principal', 0);

-- One row a principal. Rows are never deleted: a name that was revoked stays known as revoked.
CREATE TABLE principal (
    name TEXT NOT NULL PRIMARY KEY,                                        -- never changes
    kind TEXT NOT NULL
        CHECK (kind IN ('module', 'operator', 'shop', 'app', 'developer')), -- never changes
    rights TEXT NOT NULL,                                                  -- words with a space between, in the order of toki.md section 9
    number INTEGER NOT NULL CHECK (number > 0),                            -- lowest root key number its toki may be made under; only grows
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),                    -- 1: may do nothing
    created_ms INTEGER NOT NULL,                                           -- when it was added; never changes
    created_by TEXT NOT NULL,                                              -- who added it; never changes
    changed_ms INTEGER NOT NULL,                                           -- when it last changed
    changed_by TEXT NOT NULL                                               -- who changed it
) STRICT, WITHOUT ROWID;

-- What was done to principals: the same request gets the same answer again. Append-only.
CREATE TABLE principal_event (
    request BLOB NOT NULL PRIMARY KEY CHECK (length(request) = 16),        -- UUID, made by who asked
    at_ms INTEGER NOT NULL,                                                -- when
    who TEXT NOT NULL,                                                     -- who asked
    act TEXT NOT NULL CHECK (act IN ('add', 'revoke', 'rotate')),          -- what was asked
    asked TEXT NOT NULL,                                                   -- the rest of what was asked, canonical: another wish under this request is refused
    name TEXT NOT NULL REFERENCES principal (name),                        -- of whom
    kind TEXT NOT NULL,                                                    -- how the principal was after it
    rights TEXT NOT NULL,
    number INTEGER NOT NULL,
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    already INTEGER NOT NULL CHECK (already IN (0, 1))                     -- 1: it was so before, and nothing changed
) STRICT, WITHOUT ROWID;
CREATE INDEX principal_event_by_name ON principal_event (name, at_ms);
CREATE TRIGGER principal_event_keeps BEFORE UPDATE ON principal_event
BEGIN SELECT RAISE(ABORT, 'what was done to principals is append-only'); END;
CREATE TRIGGER principal_event_stays BEFORE DELETE ON principal_event
BEGIN SELECT RAISE(ABORT, 'what was done to principals is append-only'); END;
