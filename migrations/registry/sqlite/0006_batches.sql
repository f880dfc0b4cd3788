-- Batches of vouchers, the shops that sell them, the money taken for them, and running counts of both codes.
--
-- Times are Unix milliseconds (`_ms`), dates YYYY-MM-DD, amounts canonical decimal text, as in 0002.

-- One order of purchase codes: a range of serials of its own. Number 0 is the counter: vouchers drawn as they are sold.
CREATE TABLE batch (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id >= 0),
    request       BLOB UNIQUE CHECK (length(request) = 16), -- what ordered it; the same one goes on with it. NULL for the counter
    wish          BLOB CHECK (length(wish) = 32),  -- hash of what was ordered, to know another wish under the same request
    operator      TEXT,                            -- what its vouchers buy; these five never change, and are NULL for the counter
    amount        TEXT,
    currency      TEXT,
    good_until    TEXT,                            -- last day on which they can be redeemed
    first         INTEGER UNIQUE CHECK (first > 0), -- its serials are first to first + count - 1
    count         INTEGER NOT NULL CHECK (count >= 0), -- how many were ordered; 0 for the counter
    made          INTEGER NOT NULL DEFAULT 0 CHECK (made <= count), -- how many are drawn; only grows
    state         TEXT NOT NULL CHECK (state IN ('created', 'printed', 'active', 'frozen', 'closed')),
    was           TEXT CHECK ((was IS NOT NULL) = (state = 'frozen')), -- what a frozen one goes back to
    label         TEXT,                            -- the operator's own name for it
    created_ms    INTEGER NOT NULL,
    created_by    TEXT,                            -- principal; NULL while none is proved
    print_request BLOB CHECK (length(print_request) = 16), -- what printed it; the same one gets the file again until it is active
    print_key     TEXT,                            -- SHA-256 of the printer's public key, in hex
    printed_ms    INTEGER,
    scrubbed      INTEGER NOT NULL DEFAULT 0 CHECK (scrubbed <= count) -- once closed: from so many of its vouchers the code is gone
) STRICT;
INSERT INTO batch (id, count, state, created_ms) VALUES (0, 0, 'active', 0);

-- A voucher gives its recharge code where it is sold and its batch is active: both must allow.
ALTER TABLE voucher ADD COLUMN batch INTEGER NOT NULL DEFAULT 0; -- batch.id; never changes
ALTER TABLE voucher ADD COLUMN shop TEXT;                 -- whose stock it is, then who sold it; NULL: nobody's
ALTER TABLE voucher ADD COLUMN was TEXT                   -- frozen: what it goes back to; void: what it was
    CHECK (was IN ('created', 'sold', 'cancelled', 'refunded') AND (was IS NOT NULL) = (state IN ('frozen', 'void'))
        OR was IS NULL AND state NOT IN ('frozen', 'void'));
UPDATE voucher SET shop = (SELECT sale.shop FROM sale WHERE sale.request = voucher.sale) WHERE sale IS NOT NULL;
DROP INDEX voucher_open;                                  -- voucher_tally counts them now
CREATE INDEX voucher_by_state ON voucher (state, serial);
CREATE INDEX voucher_by_shop ON voucher (shop, serial) WHERE shop IS NOT NULL;
CREATE INDEX voucher_of_shop ON voucher (shop, state, serial) WHERE shop IS NOT NULL;

-- A shop that was given stock: it sells that alone, and no more a day than its limit.
CREATE TABLE shop (
    name        TEXT NOT NULL,                    -- the principal's name, or what was said
    currency    TEXT NOT NULL,
    day_limit   TEXT,                             -- face value that it may sell in one day; NULL: no limit
    changed_ms  INTEGER NOT NULL,
    PRIMARY KEY (name, currency)
) STRICT, WITHOUT ROWID;

-- Money taken for vouchers and given back. Append-only.
CREATE TABLE takings (
    number      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms       INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('sale', 'cancel', 'refund')), -- a sale takes; the others give back
    voucher     BLOB NOT NULL REFERENCES voucher (id),
    shop        TEXT NOT NULL,                    -- empty where nobody said
    operator    TEXT NOT NULL,
    amount      TEXT NOT NULL,                    -- face value
    currency    TEXT NOT NULL,
    principal   TEXT,                             -- who did it; NULL while none is proved
    bridge      TEXT NOT NULL,                    -- of the request
    UNIQUE (voucher, kind)
) STRICT;
CREATE INDEX takings_by_shop ON takings (shop, at_ms);
CREATE INDEX takings_by_time ON takings (at_ms);
INSERT INTO takings (at_ms, kind, voucher, shop, operator, amount, currency, principal, bridge)
    SELECT sale.sold_ms, 'sale', voucher.id, COALESCE(sale.shop, ''), voucher.operator, voucher.amount,
        voucher.currency, sale.sold_by, sale.bridge
    FROM voucher JOIN sale ON sale.request = voucher.sale ORDER BY voucher.serial;
CREATE TRIGGER takings_keep BEFORE UPDATE ON takings
BEGIN SELECT RAISE(ABORT, 'the takings are append-only'); END;
CREATE TRIGGER takings_stay BEFORE DELETE ON takings
BEGIN SELECT RAISE(ABORT, 'the takings are append-only'); END;

-- What a request changed, so that the same one gets the same answer and changes nothing again.
CREATE TABLE voucher_change (
    request     BLOB NOT NULL PRIMARY KEY CHECK (length(request) = 16),
    wish        BLOB NOT NULL CHECK (length(wish) = 32), -- hash of what was asked, and by whom
    answer      TEXT NOT NULL,                    -- JSON, as it was given; no code
    at_ms       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many vouchers there are of each kind: whoever reads adds up `n`. The triggers keep it in the transaction of the change.
CREATE TABLE voucher_tally (
    batch       INTEGER NOT NULL,
    state       TEXT NOT NULL,                    -- voucher.state; of a frozen or void one with what it was: frozen/sold
    shop        TEXT NOT NULL,                    -- empty where it is nobody's
    operator    TEXT NOT NULL,
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    good_until  TEXT NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (batch, state, shop, operator, amount, currency, good_until)
) STRICT, WITHOUT ROWID;
INSERT INTO voucher_tally SELECT batch, state, COALESCE(shop, ''), operator, amount, currency, good_until, COUNT(*)
    FROM voucher GROUP BY 1, 2, 3, 4, 5, 6, 7;
CREATE TRIGGER voucher_counted AFTER INSERT ON voucher
BEGIN
    INSERT INTO voucher_tally VALUES (NEW.batch, NEW.state || COALESCE('/' || NEW.was, ''), COALESCE(NEW.shop, ''),
        NEW.operator, NEW.amount, NEW.currency, NEW.good_until, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER voucher_recounted AFTER UPDATE OF state, was, shop ON voucher
BEGIN
    UPDATE voucher_tally SET n = n - 1 WHERE batch = OLD.batch AND state = OLD.state || COALESCE('/' || OLD.was, '')
        AND shop = COALESCE(OLD.shop, '') AND operator = OLD.operator AND amount = OLD.amount
        AND currency = OLD.currency AND good_until = OLD.good_until;
    INSERT INTO voucher_tally VALUES (NEW.batch, NEW.state || COALESCE('/' || NEW.was, ''), COALESCE(NEW.shop, ''),
        NEW.operator, NEW.amount, NEW.currency, NEW.good_until, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- The same of recharge codes.
CREATE TABLE recharge_tally (
    operator    TEXT NOT NULL,
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    state       TEXT NOT NULL,                    -- recharge.state
    good_until  TEXT NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (operator, amount, currency, state, good_until)
) STRICT, WITHOUT ROWID;
INSERT INTO recharge_tally SELECT operator, amount, currency, state, good_until, COUNT(*)
    FROM recharge GROUP BY 1, 2, 3, 4, 5;
CREATE TRIGGER recharge_counted AFTER INSERT ON recharge
BEGIN
    INSERT INTO recharge_tally VALUES (NEW.operator, NEW.amount, NEW.currency, NEW.state, NEW.good_until, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER recharge_recounted AFTER UPDATE OF state ON recharge
BEGIN
    UPDATE recharge_tally SET n = n - 1 WHERE operator = OLD.operator AND amount = OLD.amount
        AND currency = OLD.currency AND state = OLD.state AND good_until = OLD.good_until;
    INSERT INTO recharge_tally VALUES (NEW.operator, NEW.amount, NEW.currency, NEW.state, NEW.good_until, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- Redemptions whose CREDIT is in doubt: support verifies them with the operator.
CREATE INDEX redemption_in_doubt ON redemption (at_ms, voucher) WHERE credit IN ('REFUSED', 'UNKNOWN', 'NOT_TRIED');
