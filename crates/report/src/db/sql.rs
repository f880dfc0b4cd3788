//! Every statement that a REPORT database is asked, in the words that SQLite and PostgreSQL share.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use sqlx::AssertSqlSafe;

use crate::row::Row;

/// Takes the one place of a writer at once; a transaction that began as a reader could not wait for it.
pub(super) const BEGIN: &str = "begin immediate";

pub(super) const HAS_SCHEMA: &str =
    "select 1 from sqlite_schema where type = 'table' and name = '_sqlx_migrations'";

pub(super) const APPLIED: &str =
    "select version, checksum, success from _sqlx_migrations order by version";

pub(super) const CURSOR: &str =
    "select seq from cursor where server = $1 and lane = $2 and epoch = $3";

/// A cursor never goes back, whoever ships.
pub(super) const MOVE: &str = "
insert into cursor (server, lane, epoch, seq) values ($1, $2, $3, $4)
on conflict (server, lane, epoch) do update set seq = excluded.seq where cursor.seq < excluded.seq";

pub(super) const SELECT: &str = "
select id, bridge, at, server, role, app, version, cmd, result, client, box, queue_us, service_us,
       inflight, \"limit\", bytes_in, bytes_out, upstream, attempts, toki, cpu_permille
from report";

pub(super) const TRACE: &str = " where bridge = $1 order by at, id";

/// One page of what is compared: requests alone.
pub(super) const PAGE: &str = "
select id, server, at from report
where $1 < id and $2 <= at and at < $3 and cmd <> 'WATERMARK' order by id limit $4";

/// The newest watermark of each server that is not from the future.
pub(super) const WATERMARKS: &str = "
select server, max(at) as at from report where cmd = 'WATERMARK' and at < $1 group by server";

/// The ids of a server's requests in a stretch of time.
pub(super) const IDS: &str = "
select id from report where server = $1 and $2 <= at and at < $3 and cmd <> 'WATERMARK' order by id";

/// Every server that has rows, by leaps along the index.
pub(super) const SERVERS: &str = "
with recursive known (server) as (
    select min(server) from report
    union all
    select (select min(server) from report where server > known.server)
    from known where known.server is not null
)
select server from known where server is not null";

/// A few rows of a server that are too old, but what says that it is dead.
pub(super) const EXPIRE: &str = "
delete from report where id in
    (select id from report where server = $1 and at < $2 and cmd <> 'WATERMARK' order by at limit $3)";

/// A few of its watermarks that are too old.
pub(super) const EXPIRE_WATERMARKS: &str = "
delete from report where id in
    (select id from report where cmd = 'WATERMARK' and server = $1 and at < $2 order by at limit $3)";

/// Each server of the table, found by leaping along the index, and its newest row: a few steps down the
/// index a server, however many rows there are.
pub(super) const NEWEST: &str = "
with recursive known (server) as (
    select min(server) from report
    union all
    select (select min(server) from report where server > known.server)
    from known where known.server is not null
    limit 257
)
select server,
       (select max(at) from report where server = known.server and at < $1) as at,
       exists (select 1 from report where server = known.server and at >= $1) as ahead
from known where server is not null";

/// A server's rows summed by second. Values are kept within what a sum can hold, whoever wrote them.
pub(super) const SECONDS: &str = "
select at / 1000000 as second, count(*) as rows,
       sum(result in ('FAILED', 'TIMEOUT', 'BUSY')) as errors,
       sum(min(max(queue_us, 0), 1000000000)) as queue_us,
       sum(min(max(service_us, 0), 1000000000)) as service_us,
       sum(min(max(inflight, 0), 1000000)) as inflight,
       sum(min(max(\"limit\", 0), 1000000)) as \"limit\",
       sum(min(max(coalesce(cpu_permille, 0), 0), 1000000)) as cpu_permille
from (select at, result, queue_us, service_us, inflight, \"limit\", cpu_permille
      from report where server = $1 and $2 <= at and at < $3 order by at desc limit 100000)
group by at / 1000000 order by second";

/// What a PPPX passed on, by who answered. One that nobody answered and that was not sent away for want of
/// room here has no upstream.
pub(super) const PASSED: &str = "
select cmd, upstream, attempts > 1 as again, count(*) as rows
from (select cmd, upstream, attempts, result, inflight, \"limit\"
      from report where server = $1 and $2 <= at and at < $3 order by at desc limit 100000)
where cmd <> 'INIT'
  and (upstream is not null or result in ('BUSY', 'TIMEOUT') and inflight < \"limit\")
group by cmd, upstream, attempts > 1";

const INSERT: &str = "
insert into report (id, bridge, at, server, role, app, version, cmd, result, client, box, queue_us,
    service_us, inflight, \"limit\", bytes_in, bytes_out, upstream, attempts, toki, cpu_permille)
values ";

/// Places are not numbered: SQLite finds a numbered one by a search, which for thousands takes longer than the insert.
const VALUES: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The inserts of 1, 2, 4 ... 256 rows: few enough to stay prepared, and under the limit of 32,766 values.
static INSERTS: LazyLock<[Arc<str>; 9]> = LazyLock::new(|| std::array::from_fn(insert));

fn insert(power: usize) -> Arc<str> {
    let mut text = format!("{INSERT}{VALUES}");
    for _ in 1..1_usize << power {
        // Writing to a text cannot fail.
        write!(text, ", {VALUES}").unwrap_or_default();
    }
    text.push_str(" on conflict (id) do nothing");
    text.into()
}

/// Cuts the rows into pieces for which there is a prepared insert.
pub(super) fn inserts(mut rows: &[Row]) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, &[Row])> {
    std::iter::from_fn(move || {
        let power = INSERTS.iter().enumerate().rev().find(|(power, _)| 1 << power <= rows.len());
        let (power, statement) = power?;
        let (piece, rest) = rows.split_at_checked(1 << power)?;
        rows = rest;
        Some((AssertSqlSafe(Arc::clone(statement)), piece))
    })
}
