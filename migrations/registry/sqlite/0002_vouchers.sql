-- Vouchers: what shops sell, what customers redeem for it, and who guessed wrong.
--
-- Times are Unix milliseconds (`_ms`). Dates are YYYY-MM-DD in the zone of the
-- servers; 9999-12-31 stands for "no end", so that dates compare and sort as text. Amounts are
-- canonical decimal text. Ids are 16 random bytes. No code is in the clear anywhere: a code is
-- found by its keyed index and read from a sealed column, whose place is table/column/id in hex.

-- The next serial number: one row. Serials are taken in ranges, in the transaction that uses them.
CREATE TABLE voucher_serial (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- the only row
    next    INTEGER NOT NULL CHECK (next > 0)             -- the serial that comes next; only grows
) STRICT;
INSERT INTO voucher_serial (one, next) VALUES (1, 1);

-- One sale: what a request asked for. The same request gets the same vouchers again.
CREATE TABLE sale (
    request     BLOB NOT NULL PRIMARY KEY CHECK (length(request) = 16), -- UUID, made by the seller
    operator    TEXT NOT NULL,                    -- network operator of the recharge
    amount      TEXT NOT NULL,                    -- face value
    currency    TEXT NOT NULL,                    -- ISO 4217
    quantity    INTEGER NOT NULL CHECK (quantity > 0), -- how many vouchers
    good_until  TEXT NOT NULL,                    -- last day on which they can be redeemed
    shop        TEXT,                             -- where they were sold, if said
    sold_ms     INTEGER NOT NULL,                 -- when
    sold_by     TEXT,                             -- principal; NULL while none is proved
    bridge      TEXT NOT NULL                     -- of the request that sold
) STRICT, WITHOUT ROWID;

-- One purchase code. Rows are marked, never deleted, so that a code is not made twice.
CREATE TABLE voucher (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    serial      INTEGER NOT NULL UNIQUE CHECK (serial > 0), -- printed beside the code; support asks for it
    code_index  BLOB NOT NULL UNIQUE CHECK (length(code_index) = 32), -- HMAC of the code under `pepper`
    code_key    BLOB NOT NULL CHECK (length(code_key) = 4), -- id of that pepper
    code        BLOB,                             -- sealed under `recharge`; NULL once redeemed
    operator    TEXT NOT NULL,                    -- what it buys; these three never change
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    good_until  TEXT NOT NULL,                    -- last day on which it can be redeemed
    state       TEXT NOT NULL                     -- moves forward only
                CHECK (state IN ('created', 'sold', 'redeemed', 'frozen', 'void')),
    sale        BLOB REFERENCES sale (request),   -- NULL until it is sold
    redeemed_ms INTEGER,                          -- when; NULL until redeemed
    CHECK ((state = 'redeemed') = (redeemed_ms IS NOT NULL)),
    CHECK (state <> 'redeemed' OR code IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX voucher_by_sale ON voucher (sale, serial);
-- Open sales, counted before another one is sold.
CREATE INDEX voucher_open ON voucher (operator, amount, currency, good_until)
    WHERE state = 'sold';

-- One recharge code of a network operator: the stock.
CREATE TABLE recharge (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    operator    TEXT NOT NULL,
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    code        BLOB NOT NULL,                    -- sealed under `recharge`, place recharge/code/<id>
    code_index  BLOB NOT NULL UNIQUE CHECK (length(code_index) = 32), -- HMAC under `index`: finds duplicates
    code_key    BLOB NOT NULL CHECK (length(code_key) = 4), -- id of that index key
    good_until  TEXT NOT NULL,                    -- last day on which the operator takes it
    state       TEXT NOT NULL CHECK (state IN ('free', 'given')), -- free, then given for ever
    voucher     BLOB UNIQUE REFERENCES voucher (id), -- whom it was given to; one each
    given_ms    INTEGER,                          -- when
    import      BLOB NOT NULL CHECK (length(import) = 16), -- request of the import that brought it
    line        INTEGER NOT NULL,                 -- its line there: a repeated import finds itself
    imported_ms INTEGER NOT NULL,                 -- when
    imported_by TEXT,                             -- principal; NULL while none is proved
    CHECK ((state = 'given') = (voucher IS NOT NULL)),
    CHECK ((state = 'given') = (given_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- The soonest to end is given first.
CREATE INDEX recharge_free ON recharge (operator, amount, currency, good_until, id)
    WHERE state = 'free';

-- One redemption: everything that the answer to a repeated TOPUP is made of.
CREATE TABLE redemption (
    voucher     BLOB NOT NULL PRIMARY KEY REFERENCES voucher (id),
    recharge    BLOB NOT NULL UNIQUE REFERENCES recharge (id),
    at_ms       INTEGER NOT NULL,                 -- when
    principal   TEXT,                             -- who asked first, if proved
    client      TEXT,                             -- who asked first: kind and keyed hash
    ussd        TEXT,                             -- template of what to dial, as it was that day
    credit      TEXT CHECK (credit IN ('CREDITED', 'REFUSED', 'UNKNOWN', 'NOT_TRIED')), -- what CREDIT said
    credit_text TEXT,                             -- what the network said, digits masked
    credit_ms   INTEGER                           -- when
) STRICT, WITHOUT ROWID;

-- What a redemption is known by. Whoever comes with one of these gets the same answer.
CREATE TABLE redemption_key (
    voucher     BLOB NOT NULL REFERENCES redemption (voucher),
    kind        TEXT NOT NULL CHECK (kind IN ('request', 'device', 'bridge')),
    value       BLOB NOT NULL,                    -- UUID, device id, or the bridge's text
    at_ms       INTEGER NOT NULL,                 -- when it was learnt
    PRIMARY KEY (voucher, kind, value)
) STRICT, WITHOUT ROWID;
-- A request belongs to one code.
CREATE UNIQUE INDEX redemption_key_request ON redemption_key (value) WHERE kind = 'request';

-- What CREDIT said, in the order in which it came; the first definite one stands.
CREATE TABLE credit (
    voucher     BLOB NOT NULL REFERENCES redemption (voucher),
    number      INTEGER NOT NULL,                 -- from 1
    at_ms       INTEGER NOT NULL,                 -- when
    outcome     TEXT NOT NULL CHECK (outcome IN ('CREDITED', 'REFUSED', 'UNKNOWN', 'NOT_TRIED')),
    note        TEXT,                             -- what the network said, digits masked
    bridge      TEXT NOT NULL,                    -- of the CREDIT
    PRIMARY KEY (voucher, number)
) STRICT, WITHOUT ROWID;

-- What was given out, in order. Append-only.
CREATE TABLE ledger (
    number      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms       INTEGER NOT NULL,                 -- when
    voucher     BLOB NOT NULL UNIQUE REFERENCES voucher (id),
    recharge    BLOB NOT NULL UNIQUE REFERENCES recharge (id),
    operator    TEXT NOT NULL,
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    bridge      TEXT NOT NULL,                    -- of the TOPUP that was served
    principal   TEXT,                             -- who asked, if proved
    device      BLOB                              -- the box that asked, if one proved itself
) STRICT;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Wrong codes by who sent them; the twins share it. The subject `all` counts everybody.
CREATE TABLE attempt (
    subject     TEXT NOT NULL PRIMARY KEY,        -- box:<id>, principal:<name>, a client, or all
    since_ms    INTEGER NOT NULL,                 -- when the window began
    wrong       INTEGER NOT NULL,                 -- wrong codes within it
    level       INTEGER NOT NULL,                 -- how many waits it has had: 0 to 3
    until_ms    INTEGER NOT NULL                  -- end of the present or last wait; 0 for none
) STRICT, WITHOUT ROWID;
-- Old rows are swept.
CREATE INDEX attempt_by_start ON attempt (since_ms);
