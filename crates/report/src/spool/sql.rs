//! Every statement that a spool file is asked.

/// Makes a file ours: `NGSP`.
pub(super) const APPLICATION: i64 = 0x4e47_5350;
/// The form of the file that this build writes.
pub(super) const VERSION: i64 = 1;

/// The tables of a spool file; `$1` is the server, `$2` the epoch.
///
/// `sqlite_sequence` gets its row at once, so that the numbers go on also after every row was deleted.
pub(super) const CREATE: &str = "
begin immediate;
pragma application_id = 1313297232;
pragma user_version = 1;
create table owner (server text not null, epoch integer not null) strict;
insert into owner (server, epoch) values ($1, $2);
create table row (seq integer primary key autoincrement, body text not null) strict;
insert into sqlite_sequence (name, seq) values ('row', 0);
create table mark (key blob primary key, value blob not null) strict, without rowid;
create table dead_letter (
    seq integer not null, place text not null, error text not null, body text not null,
    at integer not null default (unixepoch()),
    primary key (seq, place)
) strict, without rowid;
commit";

/// Whose file it is, and of which form; every value 0 in a file without tables.
pub(super) const IDENTITY: &str = "
select (select application_id from pragma_application_id) as application,
       (select user_version from pragma_user_version) as version,
       (select count(*) from sqlite_schema) as tables";

pub(super) const OWNER: &str = "select server, epoch from owner";

pub(super) const CHECK: &str = "pragma quick_check(1)";

/// A power cut, or a disk that lies about its cache, may have taken the end of the file after it was shipped.
/// The new rows must not get the numbers of those, or the databases would take them for known.
pub(super) const LEAP: &str = "
update sqlite_sequence set seq = seq + 1048576 where name = 'row' returning seq";

pub(super) const CHECKPOINT: &str = "pragma wal_checkpoint(passive)";

/// One array of bodies: one bind, one statement in the cache for every size of batch.
pub(super) const APPEND: &str = "insert into row (body) select value from json_each($1)";

/// The same, and an array of `[key, value]` pairs in hex; one hand-over to SQLite's thread. A mark
/// that comes late does not take the place of a greater one.
pub(super) const APPEND_MARKED: &str = "
begin immediate;
insert into row (body) select value from json_each($1);
insert into mark (key, value)
    select unhex(value ->> 0), unhex(value ->> 1) from json_each($2) where true
    on conflict (key) do update set value = excluded.value where value < excluded.value;
commit";

pub(super) const PRUNE: &str =
    "delete from row where seq in (select seq from row where seq <= $1 order by seq limit 1000)";

pub(super) const PARK: &str = "
insert into dead_letter (seq, place, error, body) select seq, $2, $3, body from row where seq = $1
on conflict (seq, place) do update set error = excluded.error";

pub(super) const AFTER: &str =
    "select seq, body from row where seq > $1 and seq <= $2 order by seq limit $3";

pub(super) const COUNT: &str = "select count(*) from row where seq > $1 and seq <= $2";

/// How many rows follow, up to a thousand, and their size.
pub(super) const SAMPLE: &str = "
select count(*) as rows, coalesce(sum(octet_length(body)), 0) as bytes
from (select body from row where seq > $1 order by seq limit 1000)";

pub(super) const MARKS: &str = "select key, value from mark";

pub(super) const DEAD_LETTERS: &str = "select count(*) from dead_letter";
