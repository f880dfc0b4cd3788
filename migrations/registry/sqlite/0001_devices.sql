-- The CRYPTO database, part 1: boxes, who changed them, and their AUTH counters.
-- "sealed" and "keyed index" are those of protocol.md section 6; a key id is the 4 bytes of the master key it came from.
-- Times are Unix milliseconds (`_ms`). Nothing here identifies a box, a customer or a SIM in the clear.

-- How often each kind of row changed. A transaction that writes a row takes the next number and puts it in the row's
-- `changed`, so a cache reads what is newer than the last number it saw.
CREATE TABLE change (
    name TEXT NOT NULL PRIMARY KEY, -- `device` or `guard`; never changes
    n INTEGER NOT NULL              -- last number given; only grows
) STRICT;
INSERT INTO change (name, n) VALUES ('device', 0), ('guard', 0);

-- One row a box (a 4G key registered by SR). Rows are never deleted.
CREATE TABLE device (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),                  -- 16 random bytes, the wire's `box` in hex; never changes
    state TEXT NOT NULL
        CHECK (state IN ('registered', 'active', 'suspended', 'retired', 'stolen')), -- protocol.md section 3 (ACTIVATE)
    mac_index BLOB NOT NULL CHECK (length(mac_index) = 32),                -- keyed index of `mac/` + macaddr; several boxes may share one
    mac_key BLOB NOT NULL CHECK (length(mac_key) = 4),                     -- id of the key of mac_index
    imei_index BLOB UNIQUE CHECK (length(imei_index) = 32),                -- keyed index of `imei/` + imei; null where the box told none
    imei_key BLOB CHECK (length(imei_key) = 4),                            -- id of the key of imei_index
    serial_index BLOB CHECK (length(serial_index) = 32),                   -- keyed index of `serial/` + serial; null where absent or a bad one
    serial_key BLOB CHECK (length(serial_key) = 4),                        -- id of the key of serial_index
    key BLOB NOT NULL,                                                     -- box key K, sealed under `wrap` at box/key/<id>
    pending BLOB,                                                          -- the rekey's new K until its first AUTH, sealed under `wrap` at box/pending/<id>
    infos BLOB NOT NULL,                                                   -- INFOS (JSON), sealed under HKDF(K, infos) at box/infos/<id>
    pubkey BLOB,                                                           -- the key's RSA public key (SPKI DER), where it sent one
    subscriber BLOB,                                                       -- the customer's name, sealed under `wrap` at box/subscriber/<id>
    msisdn BLOB,                                                           -- his number, sealed under `wrap` at box/msisdn/<id>
    activation_index BLOB NOT NULL CHECK (length(activation_index) = 32),  -- activation code: HMAC under `pepper`; never changes
    activation_key BLOB NOT NULL CHECK (length(activation_key) = 4),       -- id of the pepper of activation_index
    activation BLOB,                                                       -- the code, sealed under `wrap` at box/activation/<id>, until ACTIVATE
    until TEXT CHECK (until IS NULL OR length(until) = 10),                -- last good day, YYYY-MM-DD in the module's zone; null: no end
    fresh INTEGER NOT NULL CHECK (fresh IN (0, 1)),                        -- 1 from a recording or rekey to the first AUTH answered OK
    created_ms INTEGER NOT NULL,                                           -- when it was recorded; never changes
    changed INTEGER NOT NULL                                               -- number of its last change (change.n where name = 'device')
) STRICT;
CREATE INDEX device_by_mac ON device (mac_index);
CREATE INDEX device_by_serial ON device (serial_index) WHERE serial_index IS NOT NULL;
CREATE UNIQUE INDEX device_by_mac_alone ON device (mac_index) WHERE imei_index IS NULL; -- without an imei, the macaddr is the identity
CREATE INDEX device_by_change ON device (changed);

-- The full answer to a recording, so that the same request gets the same credential again: 24 h, or to the first AUTH answered OK.
CREATE TABLE record_answer (
    lookup BLOB NOT NULL PRIMARY KEY CHECK (length(lookup) = 32),          -- keyed index of `answer/` + request (or bridge), identity, principal
    device BLOB NOT NULL REFERENCES device (id),                           -- the box that it is about
    full_answer BLOB NOT NULL,                                             -- credential and activation code, sealed under `wrap` at record_answer/full_answer/<lookup>
    until_ms INTEGER NOT NULL                                              -- not given again from then on; deleted later
) STRICT;
CREATE INDEX record_answer_by_device ON record_answer (device);
CREATE INDEX record_answer_by_end ON record_answer (until_ms);

-- Who changed a box's state, when and why. Rows never change.
CREATE TABLE history (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),                  -- UUIDv7
    device BLOB NOT NULL REFERENCES device (id),                           -- the box
    at_ms INTEGER NOT NULL,                                                -- when
    act TEXT NOT NULL,                                                     -- record, rekey, rekeyed, activate, suspend, resume, retire or stolen
    state TEXT NOT NULL,                                                   -- the state from then on
    who TEXT NOT NULL,                                                     -- principal, `local` (loopback), `code` (by activation code) or `box`
    why BLOB,                                                              -- the reason given, sealed under `wrap` at history/why/<id>
    request BLOB CHECK (length(request) = 16)                              -- the request that asked for it; the same one changes nothing again
) STRICT;
CREATE INDEX history_by_device ON history (device, at_ms);
CREATE UNIQUE INDEX history_by_request ON history (device, request) WHERE request IS NOT NULL;

-- The last AUTH of each box that passed the counter check, as the AARs heard of it; the greater counter wins.
CREATE TABLE guard (
    device BLOB NOT NULL PRIMARY KEY CHECK (length(device) = 16),          -- box id
    counter INTEGER NOT NULL,                                              -- its counter; only grows
    nonce BLOB NOT NULL CHECK (length(nonce) = 12),                        -- nonce of that crypto
    seen_ms INTEGER NOT NULL,                                              -- when an AAR judged it
    outcome TEXT NOT NULL,                                                 -- the result it got
    lease INTEGER NOT NULL,                                                -- the lease it got, seconds; 0 where the result is not OK
    spread INTEGER NOT NULL,                                               -- the spread it got, seconds; 0 where the result is not OK
    changed INTEGER NOT NULL                                               -- number of its last change (change.n where name = 'guard')
) STRICT;
CREATE INDEX guard_by_change ON guard (changed);
