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

-- What somebody should look at. One row from the first time until it is over; while it lasts, the same thing is counted.
CREATE TABLE alert (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL CHECK (kind IN ('stock_low', 'wrong_codes', 'crowd', 'identity', 'counter', 'places')),
    subject  TEXT NOT NULL,                       -- what it is about: box/<id>, stock/<operator>/<amount>/<currency>, codes
    detail   TEXT NOT NULL,                       -- JSON: the figures of the last time; no code, no customer
    since_ms INTEGER NOT NULL,                    -- when it was first seen
    last_ms  INTEGER NOT NULL,                    -- when it was last seen
    times    INTEGER NOT NULL DEFAULT 1 CHECK (times > 0), -- how often
    seen_ms  INTEGER,                             -- when somebody acknowledged it; NULL before
    seen_by  TEXT,                                -- who: principal, or `local`
    request  BLOB CHECK (length(request) = 16),   -- of the acknowledgement: the same one gets the same answer
    over_ms  INTEGER,                             -- when it was over: the cause went away, or what happened once was acknowledged
    CHECK ((seen_ms IS NULL) = (seen_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX alert_lasting ON alert (kind, subject) WHERE over_ms IS NULL;
CREATE INDEX alert_open ON alert (number) WHERE seen_ms IS NULL AND over_ms IS NULL;

-- Wrong codes of everybody by hour, for their share among all; two days of it.
CREATE TABLE wrong_hour (
    hour  INTEGER NOT NULL PRIMARY KEY,           -- Unix hours
    wrong INTEGER NOT NULL CHECK (wrong > 0)      -- well-formed and not known
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at_ms);    -- the right ones are counted there

-- A replacement or a refund of a voucher: once each, by a person with a reason; above an amount a second person decides.
CREATE TABLE refund (
    number          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL CHECK (kind IN ('replace', 'refund')),
    voucher         BLOB NOT NULL REFERENCES voucher (id), -- for which
    serial          INTEGER NOT NULL,             -- of that voucher
    voucher_state   TEXT NOT NULL CHECK (voucher_state IN ('sold', 'redeemed')), -- what it was when somebody asked
    request         BLOB NOT NULL UNIQUE CHECK (length(request) = 16), -- of who asked: the same one gets the same answer
    why             BLOB NOT NULL,                -- the reason, sealed under `wrap` at audit/why/<request>
    state           TEXT NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
    asked_ms        INTEGER NOT NULL,
    asked_by        TEXT NOT NULL,                -- principal, or `local`
    decided_ms      INTEGER,
    decided_by      TEXT,                         -- who asked, where the amount allows it; else a second person
    decided_request BLOB CHECK (length(decided_request) = 16), -- of who decided
    replacement     BLOB UNIQUE REFERENCES voucher (id), -- the voucher that was given
    CHECK ((state = 'asked') = (decided_ms IS NULL)),
    CHECK (replacement IS NULL OR state = 'done' AND kind = 'replace')
) STRICT;
CREATE UNIQUE INDEX refund_once ON refund (voucher) WHERE state <> 'declined';
CREATE INDEX refund_by_state ON refund (state, number);
