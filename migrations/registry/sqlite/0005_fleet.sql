-- What operators do with many boxes: groups and tags, replaced keys, boxes that were deleted, usage by day.

-- Words of the operators: nothing in them identifies a box or a customer.
ALTER TABLE device ADD COLUMN group_name TEXT;              -- the one group that the box is in; null: none
ALTER TABLE device ADD COLUMN tags TEXT NOT NULL DEFAULT ''; -- its tags, sorted, a space between them
ALTER TABLE device ADD COLUMN replaces BLOB;                -- the box whose customer and history it took over; null: none
CREATE INDEX device_by_replaced ON device (replaces) WHERE replaces IS NOT NULL;

-- One row a box that was deleted, so that caches forget it and the same request is known again. Rows never change.
CREATE TABLE gone (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),   -- the box's id, which is never given again
    request BLOB NOT NULL CHECK (length(request) = 16),     -- the request that deleted it
    at_ms INTEGER NOT NULL,                                 -- when
    changed INTEGER NOT NULL                                -- number of the change (change.n where name = 'device')
) STRICT;
CREATE INDEX gone_by_change ON gone (changed);
CREATE INDEX gone_by_request ON gone (request);

-- One row a box and day: its AUTHs that passed the counter check, as each AAR adds them; kept for 400 days.
CREATE TABLE usage (
    device BLOB NOT NULL CHECK (length(device) = 16),       -- box id
    day TEXT NOT NULL CHECK (length(day) = 10),             -- YYYY-MM-DD in the module's zone
    auths INTEGER NOT NULL,                                 -- AUTHs that passed
    good INTEGER NOT NULL,                                  -- those answered OK
    online_s INTEGER NOT NULL,                              -- seconds under a lease, counted when the next AUTH ends or renews it
    first_ms INTEGER NOT NULL,                              -- the first of them
    last_ms INTEGER NOT NULL,                               -- the last of them
    PRIMARY KEY (device, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_day ON usage (day, device);
