//! Parse, build, run: how a service comes up and goes down.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum_server::Handle;
use client::{Client, Keys, Timeouts};
use config::Module;
use crypto::random;
use protocol::{DbUrl, Pair, Role};
use report::{Limits, Retention, Shippers, Spool};
use toki::Callee;
use tokio::net::TcpSocket;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::activity::Feed;
use crate::admin::{self, Ready};
use crate::admit::{self, Admission};
use crate::body::LARGE_AT_ONCE;
use crate::clock::Clock;
use crate::context::{Context, MapHandle};
use crate::error::StartError;
use crate::legacy::Legacy;
use crate::meter::Meter;
use crate::principals::{self, Principals};
use crate::probe;
use crate::proof::{self, Gate};
use crate::refresh::{self, report_chain};
use crate::serve;
use crate::server::Server;
use crate::service::Service;
use crate::sockets::{self, Sockets};
use crate::tasks::Tasks;
use crate::toki_file;
use crate::watermark;

/// Connections that wait to be accepted: a town's boxes come in one second.
const BACKLOG: u32 = 4096;

/// How long after it was told to leave answers in flight are still waited for.
const FINISH: Duration = Duration::from_secs(25);

/// How long the spool may ship before the rest waits on the disk for the next start.
const FLUSH: Duration = Duration::from_secs(5);

/// A service that runs.
#[derive(Debug)]
pub struct Running<S> {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where its health and numbers are read.
    pub admin: SocketAddr,
    /// What its parts share.
    pub ctx: Arc<Context>,
    /// The service itself.
    pub service: Arc<S>,
    server: Arc<Server<S>>,
    handle: Handle<SocketAddr>,
    serving: JoinHandle<std::io::Result<()>>,
    shippers: Shippers,
    ready: watch::Sender<Ready>,
}

/// Starts a service in this process; it is ready when this returns.
///
/// # Errors
///
/// [`StartError`]: nothing runs any more.
pub async fn start<S: Service>(module: Module, clock: Clock) -> Result<Running<S>, StartError> {
    admin::recorder();
    sockets::make_room(module.limits.connections);
    let keys = keys::<S>(&module)?;
    let proof = proof(&module, &clock)?;
    let (listener, addr) = bind(module.listen.socket(), "module")?;
    let (admin_listener, admin) = bind(module.admin_listen.socket(), "admin")?;
    let ctx = context(module, clock, (keys, proof.keys.clone())).await?;
    let (ready, is_ready) = watch::channel(Ready::NotYet);
    admin::start(admin_listener, is_ready, &ctx.tasks);
    let built = build::<S>(&ctx, listener, proof).await;
    match built {
        Ok((service, server, handle, serving)) => {
            ready.send_replace(Ready::Yes);
            let shippers = ship(&ctx);
            let running =
                Running { addr, admin, ctx, service, server, handle, serving, shippers, ready };
            Ok(running)
        }
        Err(error) => {
            ctx.tasks.finish().await;
            Err(error)
        }
    }
}

/// With what a service judges tokis, and makes its own.
struct Proof {
    gate: Arc<Gate>,
    keys: Keys,
    seen: Option<toki_file::Stamp>,
}

type Built<S> = (Arc<S>, Arc<Server<S>>, Handle<SocketAddr>, JoinHandle<std::io::Result<()>>);

/// Builds the service, then lets it be asked.
async fn build<S: Service>(
    ctx: &Arc<Context>,
    listener: TcpListener,
    proof: Proof,
) -> Result<Built<S>, StartError> {
    let meter = Arc::new(Meter::new(ctx.config.instance));
    let app = ctx.config.name;
    if S::ROLE != Role::Lb {
        ctx.tasks.spawn(refresh::run(Arc::clone(ctx), app, Arc::clone(&meter)));
    }
    // An AAR reads them of CRYPTO itself.
    if S::ROLE != Role::Aar {
        ctx.tasks.spawn(principals::run(Arc::clone(ctx)));
    }
    let Proof { gate, keys: own, seen } = proof;
    ctx.tasks.spawn(probe::run(Arc::clone(ctx)));
    ctx.tasks.spawn(proof::end_revoked(Arc::clone(ctx), Arc::clone(&gate)));
    ctx.tasks.spawn(toki_file::follow(Arc::clone(ctx), Arc::clone(&gate), (own, seen)));
    let service = Arc::new(S::build(Arc::clone(ctx)).await?);
    let sockets = Sockets::new(ctx.config.limits.connections);
    let server = Arc::new(Server {
        service: Arc::clone(&service),
        ctx: Arc::clone(ctx),
        app,
        version: crate::version(),
        instance: ctx.config.instance,
        admission: Admission::new(admit::limit_of(S::ROLE, ctx.config.limits.inflight)),
        sockets: sockets.clone(),
        draining: AtomicBool::new(false),
        closing: AtomicBool::new(false),
        unrecorded: AtomicBool::new(false),
        meter,
        gate,
        feed: Feed::default(),
        large: Semaphore::new(LARGE_AT_ONCE),
        leaving: CancellationToken::new(),
    });
    background(ctx, &server);
    let handle = Handle::new();
    let serving = ctx.tasks.spawn(serve::listen(
        listener,
        serve::router(Arc::clone(&server)),
        (handle.clone(), sockets),
    ));
    Ok((service, server, handle, serving))
}

fn background<S: Service>(ctx: &Arc<Context>, server: &Arc<Server<S>>) {
    ctx.tasks.spawn(Arc::clone(&server.service).run(Arc::clone(ctx)));
    ctx.tasks.spawn(tell_of_maps(Arc::clone(&server.service), Arc::clone(ctx)));
    ctx.tasks.spawn(admin::upkeep(ctx.tasks.clone()));
    ctx.tasks.spawn(watermark::run(Arc::clone(server)));
    let server = Arc::clone(server);
    let ctx_of_meter = Arc::clone(ctx);
    ctx.tasks.spawn(async move {
        server
            .meter
            .watch(&ctx_of_meter, || (server.admission.load(), server.sockets.count()))
            .await;
    });
}

async fn tell_of_maps<S: Service>(service: Arc<S>, ctx: Arc<Context>) {
    let mut changed = ctx.map.watch();
    while let Some(Ok(())) = ctx.tasks.stop().run_until_cancelled(changed.changed()).await {
        let known = Arc::clone(&changed.borrow_and_update());
        service.map_changed(&known.map).await;
    }
}

/// One shipper a REPORT database, each following the map.
fn ship(ctx: &Arc<Context>) -> Shippers {
    let mut changed = ctx.map.watch();
    let (databases, follow) = watch::channel(ctx.map.load().report().clone());
    let stop = ctx.tasks.stop().clone();
    ctx.tasks.spawn(async move {
        while let Some(Ok(())) = stop.run_until_cancelled(changed.changed()).await {
            let now: Pair<Option<DbUrl>> = changed.borrow_and_update().report().clone();
            databases.send_if_modified(|known| {
                let moved = *known != now;
                *known = now;
                moved
            });
        }
    });
    let clock = ctx.clock.clone();
    let retention =
        Retention { keep: ctx.config.report_keep, now_us: Arc::new(move || clock.now_us()) };
    Shippers::start_keeping(&ctx.spool, follow, Some(&retention))
}

async fn context(
    module: Module,
    clock: Clock,
    (keys, own): (crypto::KeyRing, Keys),
) -> Result<Arc<Context>, StartError> {
    let folder = module.state.join("spool");
    let spool = match module.spool_bytes {
        Some(bytes) => Spool::open_within(&folder, &module.instance, Limits::of_bytes(bytes)).await,
        None => Spool::open(&folder, &module.instance).await,
    };
    let spool = spool.map_err(|source| StartError::Spool { folder, source })?;
    Ok(Arc::new(Context {
        map: MapHandle::new(module.map.clone()),
        config: module,
        clock,
        principals: Principals::default(),
        client: Client::with_keys(Timeouts::default(), own),
        keys,
        spool,
        tasks: Tasks::default(),
    }))
}

/// Reads the file of tokis, and the key of old clients where they are let in.
fn proof(module: &Module, clock: &Clock) -> Result<Proof, StartError> {
    let held = toki_file::read(module)?;
    let legacy = module.legacy.as_ref().map(Legacy::read).transpose()?;
    let callee = Callee::new(held.callee, clock.now_ms(), &mut random::system());
    let clock = clock.clone();
    Ok(Proof {
        gate: Arc::new(Gate::new(callee, legacy)),
        keys: Keys::new(held.caller, move || clock.now_ms()),
        seen: held.seen,
    })
}

/// Reads the role's derived keys, and checks that each needed one is there.
fn keys<S: Service>(module: &Module) -> Result<crypto::KeyRing, StartError> {
    let path = module.keys.display();
    let purposes = config::purposes(S::ROLE);
    let text = config::secret_file(&module.keys, S::ROLE)
        .map_err(|error| StartError::Keys(report_chain(&error)))?;
    let ring = crypto::KeyRing::read(&text, purposes)
        .map_err(|error| StartError::Keys(format!("{path}: {error}")))?;
    for purpose in purposes {
        if ring.get(*purpose).is_err() {
            return Err(StartError::Keys(format!(
                "{path} has no `{purpose}` key: make it anew with `ngondo keys export --role {} --file {path}`",
                S::ROLE,
            )));
        }
    }
    Ok(ring)
}

/// Listens, with room for a crowd at the door.
fn bind(addr: SocketAddr, section: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { addr, section, source };
    let bound = || -> std::io::Result<(TcpListener, SocketAddr)> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let listener = socket.listen(BACKLOG)?.into_std()?;
        let addr = listener.local_addr()?;
        Ok((listener, addr))
    };
    bound().map_err(failed)
}

// === impl Running ===

impl<S: Service> Running<S> {
    /// How many requests are being served now.
    pub fn inflight(&self) -> usize {
        self.server.admission.crowd().inflight
    }

    /// Leaves: says so, ends connections with their next answer, lets nobody new in, finishes,
    /// flushes the spool.
    ///
    /// A connection that was ended by an answer loses no request; one that is ended while it is
    /// idle may just be sending one. So for half of the drain it only tells, for the other half it
    /// ends those that are used.
    pub async fn stop(self) {
        let began = Instant::now();
        self.server.draining.store(true, Ordering::Release);
        self.server.leaving.cancel();
        self.ready.send_replace(Ready::Draining);
        let half = self.ctx.config.limits.drain / 2;
        tokio::time::sleep(half).await;
        self.server.closing.store(true, Ordering::Release);
        tokio::time::sleep(half).await;
        self.handle.graceful_shutdown(Some(FINISH.saturating_sub(began.elapsed())));
        if let Ok(Err(error)) = self.serving.await {
            tracing::error!(%error, "the listener ended");
        }
        self.service.drained().await;
        // The last answer has left: nothing of this life comes behind it.
        Box::pin(watermark::write(&self.server)).await;
        self.shippers.stop(Instant::now() + FLUSH).await;
        self.ctx.tasks.finish().await;
        self.ctx.spool.close().await;
    }

    /// Ends at once, as a killed process would: nothing is flushed, nothing is said.
    pub async fn abort(self) {
        self.handle.shutdown();
        self.ctx.tasks.stop().cancel();
        self.shippers.stop(Instant::now()).await;
        self.ctx.spool.close().await;
    }
}
