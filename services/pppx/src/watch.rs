//! `/activity?of=all`: the events of every server of the map and of the other PPPX, merged.
//!
//! Source: toki.md §10 (Activity)

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chassis::{Context, Known};
use client::{Endpoint, Opened};
use protocol::Role;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// For the head of a server's answer.
const OPENING: Duration = Duration::from_secs(3);
/// Between two tries of a server that was lost.
const AGAIN: Duration = Duration::from_secs(1);
/// A listener that takes nothing for so long has gone.
const STUCK: Duration = Duration::from_secs(30);
/// One event is a few hundred bytes.
const EVENT_LIMIT: usize = 64 * 1024;

/// One server that is followed, until this is dropped.
struct Followed(JoinHandle<()>);

/// Why a server's events end.
enum End {
    /// The server was lost.
    Lost(String),
    /// The listener has gone.
    Gone,
}

/// Follows every server of the map, and of the maps that come, until the listener has gone.
pub(crate) fn follow(ctx: &Arc<Context>, query: &str, into: &mpsc::Sender<Bytes>) {
    let target = format!("/activity?{query}");
    let (ctx, into) = (Arc::clone(ctx), into.clone());
    let tasks = ctx.tasks.clone();
    tasks.spawn(async move {
        let stop = ctx.tasks.stop().clone();
        stop.run_until_cancelled(all(&ctx, &target, &into)).await;
    });
}

async fn all(ctx: &Arc<Context>, target: &str, into: &mpsc::Sender<Bytes>) {
    let mut changed = ctx.map.watch();
    let mut followed: BTreeMap<String, Followed> = BTreeMap::new();
    loop {
        let servers = servers(ctx, &changed.borrow_and_update());
        followed.retain(|server, _| servers.contains_key(server));
        for server in servers.into_keys() {
            followed.entry(server).or_insert_with_key(|server| {
                let (ctx, into) = (Arc::clone(ctx), into.clone());
                let (server, target) = (server.clone(), target.to_owned());
                let tasks = ctx.tasks.clone();
                Followed(tasks.spawn(async move {
                    one(&ctx, &server, &target, &into).await;
                }))
            });
        }
        tokio::select! {
            () = into.closed() => return,
            changed = changed.changed() => if changed.is_err() { return },
        }
    }
}

/// Every server but this one, by its name, else by its address.
fn servers(ctx: &Context, known: &Known) -> BTreeMap<String, Endpoint> {
    let of_role = |role| known.endpoints(role).present();
    let others = Role::ALL.into_iter().flat_map(of_role);
    let others = others.filter(|it| it.name != Some(ctx.config.instance));
    let named = |it: &Endpoint| it.name.map_or_else(|| it.addr.to_string(), |it| it.to_string());
    others.map(|it| (named(it), it.clone())).collect()
}

/// Passes on one server's events; where it is lost, says so and tries again, where it is then.
async fn one(ctx: &Context, server: &str, target: &str, into: &mpsc::Sender<Bytes>) {
    let mut lost = false;
    loop {
        // One that is in no map any more is given up by whoever follows all.
        let Some(endpoint) = servers(ctx, &ctx.map.load()).remove(server) else {
            return into.closed().await;
        };
        let end = match ctx.client.open(&endpoint, target, Instant::now() + OPENING).await {
            Ok(opened) if opened.status == 200 => {
                if std::mem::take(&mut lost) {
                    let back = line("back", &json!({ "server": server }));
                    if into.send_timeout(back, STUCK).await.is_err() {
                        return;
                    }
                }
                pump(opened, into).await
            }
            Ok(opened) => End::Lost(format!("it answers {}", opened.status)),
            Err(error) => End::Lost(error.to_string()),
        };
        let End::Lost(reason) = end else { return };
        if !std::mem::replace(&mut lost, true) {
            let gone = line("gone", &json!({ "server": server, "reason": reason }));
            if into.send_timeout(gone, STUCK).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = into.closed() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// Passes on whole events, for those of other servers come between.
async fn pump(mut opened: Opened, into: &mpsc::Sender<Bytes>) -> End {
    let mut unsent = BytesMut::new();
    loop {
        let chunk = tokio::select! {
            () = into.closed() => return End::Gone,
            chunk = opened.chunk() => chunk,
        };
        match chunk {
            Ok(Some(chunk)) => unsent.extend_from_slice(&chunk),
            Ok(None) => return End::Lost("its stream has ended".to_owned()),
            Err(error) => return End::Lost(error.to_string()),
        }
        while let Some(event) = whole(&mut unsent) {
            if !event.starts_with(b":") && into.send_timeout(event, STUCK).await.is_err() {
                return End::Gone;
            }
        }
        if unsent.len() > EVENT_LIMIT {
            return End::Lost("it sends no events".to_owned());
        }
    }
}

/// Takes the first event that has come whole.
fn whole(unsent: &mut BytesMut) -> Option<Bytes> {
    let end = unsent.windows(2).position(|it| it == b"\n\n")? + 2;
    Some(unsent.split_to(end).freeze())
}

fn line(event: &str, data: &serde_json::Value) -> Bytes {
    format!("event: {event}\ndata: {data}\n\n").into()
}

// === impl Followed ===

impl Drop for Followed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_passed_on_whole_however_it_comes() {
        let stream = b"event: request\ndata: {}\n\n:\n\nevent: lost\ndata: {}\n\nevent: re";
        for cut in 0..stream.len() {
            let mut unsent = BytesMut::new();
            let mut events = Vec::new();
            for part in [&stream[..cut], &stream[cut..]] {
                unsent.extend_from_slice(part);
                events.extend(std::iter::from_fn(|| whole(&mut unsent)));
            }
            let events: Vec<_> = events.iter().map(|it| &it[..]).collect();
            let all: [&[u8]; 3] =
                [b"event: request\ndata: {}\n\n", b":\n\n", b"event: lost\ndata: {}\n\n"];
            assert_eq!(events, all, "cut at {cut}");
            assert_eq!(&unsent[..], b"event: re");
        }
    }
}
