-- The REPORT database: who asked what of which server, and how it went.
-- Two databases hold the same rows; each server ships to both from its own spool.
-- Nothing here identifies a box or a customer in the clear (architecture.md, REPORT).

-- One row for each request that a server received. Rows are never changed.
create table report (
    id           blob    not null primary key check (length(id) = 16), -- UUIDv7, made by the server that writes
    bridge       text    not null,          -- the request, everywhere
    at           integer not null,          -- when it arrived, microseconds since 1970
    server       text    not null,          -- the instance that writes
    role         text    not null,          -- its role: PPPX LB AAR SR TOPUP GATEWAY CONSOLE
    app          text,                      -- the sending application; null where it could not be read
    version      text,                      -- its version; null where it could not be read
    cmd          text    not null,          -- AUTH, AUTH*, ... or noun/verb of the management
    result       text    not null,          -- protocol.md section 4, or the true cause (UNKNOWN_BOX)
    client       text,                      -- kind and keyed hash of the address, number or box
    box          blob    check (length(box) = 16), -- id of the box, where known
    queue_us     integer not null,          -- from arrival to the start of the work, microseconds
    service_us   integer not null,          -- from the start of the work to the answer, microseconds
    inflight     integer not null,          -- requests in work when it arrived
    "limit"      integer not null,          -- how many this server takes at once
    bytes_in     integer not null,          -- size of the request's body
    bytes_out    integer not null,          -- size of the answer's body
    upstream     text,                      -- the instance that answered, for PPPX
    attempts     integer not null,          -- how often it was sent upstream
    toki         text,                      -- verdict on the token; null where none was asked
    cpu_permille integer                    -- load of the machine; null where unknown
) strict, without rowid;

create index report_bridge on report (bridge);
create index report_server_at on report (server, at);

-- How far each server has shipped each lane of its spool. Moved in the transaction that inserts the rows,
-- so that a row is counted once whatever dies between.
create table cursor (
    server text    not null,                -- the instance that ships
    lane   text    not null,                -- money or chatter: one file of its spool
    epoch  integer not null,                -- drawn when that file was made
    seq    integer not null,                -- the last row of that file which stands here
    primary key (server, lane, epoch)
) strict, without rowid;
