-- What people changed: an audit log that only grows, each row chained to the one before.
--
-- Times are Unix milliseconds (`_ms`). Nothing here identifies a customer in the clear, and no code stands here.

-- One change that somebody asked for. Written in the transaction of the change itself.
CREATE TABLE audit (
    number  INTEGER NOT NULL PRIMARY KEY CHECK (number > 0), -- from 1, without a gap
    at_ms   INTEGER NOT NULL,                     -- when
    who     TEXT NOT NULL,                        -- principal, `local` (none is proved) or `code` (by activation code)
    verb    TEXT NOT NULL,                        -- noun/verb of the management interface, or a command: CRECORD, ACTIVATE
    subject TEXT NOT NULL,                        -- what it was done to: box/<id>, voucher/<serial>, batch/<number>, ...
    request BLOB CHECK (length(request) = 16),    -- UUID of the wish; NULL where a command had none
    bridge  TEXT NOT NULL,                        -- of the request: finds its rows in REPORT
    why     BLOB,                                 -- the reason given, sealed under `wrap` at audit/why/<request>
    detail  TEXT,                                 -- JSON: what changed, from what to what; no code, no customer
    hash    BLOB NOT NULL CHECK (length(hash) = 32) -- SHA-256 of the hash before and of the columns above
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, number);
CREATE INDEX audit_by_who ON audit (who, number);
CREATE INDEX audit_by_verb ON audit (verb, number);
CREATE INDEX audit_by_time ON audit (at_ms);
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- The end of the chain: one row, moved in the transaction that adds a row. Its seal needs a key that is not in this
-- database, so whoever can write here and no more can neither cut nor rewrite the log.
CREATE TABLE audit_head (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- the only row
    number  INTEGER NOT NULL CHECK (number >= 0), -- how many rows there are
    hash    BLOB NOT NULL CHECK (length(hash) = 32), -- hash of the last row; zeros before the first
    seal    BLOB CHECK (length(seal) = 32),       -- HMAC under `index` of `audit/<number>/<hash in hex>`; NULL before the first row
    key     BLOB CHECK (length(key) = 4)          -- id of the key of seal
) STRICT;
INSERT INTO audit_head (one, number, hash) VALUES (1, 0, zeroblob(32));
