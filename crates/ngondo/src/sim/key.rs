//! A simulated 4G key of N'gondo: answers who it is, keeps one credential.
//!
//! Source: protocol.md §3 (CRECORD)

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use axum::routing::post;
use chassis::{Clock, Tasks};
use crypto::PrivateKey;
use crypto::credential;
use http_body_util::{Full, Limited};
use protocol::{
    Answer, Command, Crecord, Head, KeyIdentity, Malformed, Outcome, Provision, ProvisionAnswer,
    PubKey, Refused, Request, Response, Time, Verb,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::net::TcpListener;

use super::device::SimDevice;
use crate::door;

/// What a simulated key is, and what goes wrong with it.
#[derive(Debug)]
pub struct KeyScript {
    /// Who it is; its public key is put in where `private` is there.
    pub identity: KeyIdentity,
    /// Its private key, where it wants its credential encrypted.
    pub private: Option<PrivateKey>,
    /// So many answers in a hundred are lost, after the key did what it was told.
    pub cut_percent: u8,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// A running simulated key.
#[derive(Debug)]
pub struct SimKey {
    addr: SocketAddr,
    key: Arc<Key>,
    tasks: Tasks,
}

/// The key behind its address.
#[derive(Debug)]
struct Key {
    script: KeyScript,
    clock: Clock,
    memory: Mutex<Memory>,
}

/// What the key remembers.
#[derive(Debug)]
struct Memory {
    rng: StdRng,
    device: Option<SimDevice>,
    provisioned: u32,
    cut: u32,
}

// === impl SimKey ===

impl SimKey {
    /// Starts a key on an address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn start(
        listen: SocketAddr,
        mut script: KeyScript,
        clock: Clock,
    ) -> io::Result<Self> {
        if let Some(private) = &script.private {
            let der = private.public_der().map_err(io::Error::other)?;
            script.identity.pubkey = PubKey::from_der(&der).ok();
        }
        let listener = TcpListener::bind(listen).await?;
        let addr = listener.local_addr()?;
        let rng = StdRng::seed_from_u64(script.seed);
        let memory = Mutex::new(Memory { rng, device: None, provisioned: 0, cut: 0 });
        let key = Arc::new(Key { script, clock, memory });
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&key));
        let tasks = Tasks::default();
        let stop = tasks.stop().clone();
        tasks.spawn(async move {
            let serving = axum::serve(listener, router);
            if let Err(error) = serving.with_graceful_shutdown(stop.cancelled_owned()).await {
                tracing::error!(%error, "the simulated key stopped");
            }
        });
        Ok(Self { addr, key, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Who it is.
    pub fn identity(&self) -> &KeyIdentity {
        &self.key.script.identity
    }

    /// The box that it became, once it has its credential.
    pub fn device(&self) -> Option<SimDevice> {
        self.key.memory().device.clone()
    }

    /// How often it took a credential.
    pub fn provisioned(&self) -> u32 {
        self.key.memory().provisioned
    }

    /// How many answers were lost.
    pub fn cut(&self) -> u32 {
        self.key.memory().cut
    }

    /// Stops listening and waits until the last answer has left.
    pub async fn stop(self) {
        self.tasks.finish().await;
    }
}

// === impl Key ===

impl Key {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Answer {
        match &request.command {
            Command::Crecord(Crecord::Ask) => Answer::Key(Box::new(self.script.identity.clone())),
            Command::Provision(provision) => {
                Answer::Provision(ProvisionAnswer::new(self.provision(provision)))
            }
            command => {
                let refused = Refused::new(Some(command.verb()), Outcome::Malformed);
                refused.because("a key answers CRECORD without macaddr, and PROVISION").into()
            }
        }
    }

    /// Takes a credential, once; after that only from who knows the box key that it has.
    fn provision(&self, provision: &Provision) -> Outcome {
        let text = provision.credential.expose();
        let mut memory = self.memory();
        if let Some(device) = &memory.device {
            let known = provision.proof.is_some_and(|proof| {
                let key = device.key().provision_key();
                credential::verify_provision(&key, text, proof.as_bytes())
            });
            if !known {
                return Outcome::Forbidden;
            }
        }
        let (macaddr, private) = (self.script.identity.macaddr, self.script.private.as_ref());
        match SimDevice::of_credential(text, macaddr, private, self.clock.now_ms()) {
            Some(device) if device.device() == provision.device => {
                memory.device = Some(device);
                memory.provisioned += 1;
                Outcome::Ok
            }
            _ => Outcome::Malformed,
        }
    }

    fn head(&self) -> Head {
        door::head(Time::from_unix_ms(self.clock.now_ms()))
    }

    /// Whether the script lets this answer be lost.
    fn cuts(&self) -> bool {
        let mut memory = self.memory();
        let cuts = memory.rng.random_range(0..100) < self.script.cut_percent;
        memory.cut += u32::from(cuts);
        cuts
    }
}

/// Answers one document; a key's answers are always 200.
async fn answer(State(key): State<Arc<Key>>, body: Bytes) -> HttpResponse {
    let answer = match Request::parse(&body) {
        Ok(request) => key.answer(&request),
        Err(malformed) => refuse(malformed),
    };
    let mut document = String::new();
    Response { head: key.head(), answer }.print(&mut document);
    if key.cuts() {
        return cut(document);
    }
    let mut response = HttpResponse::new(Body::from(document));
    *response.status_mut() = StatusCode::OK;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn refuse(malformed: Malformed) -> Answer {
    match malformed.verb {
        Some(Verb::Provision) => Answer::Provision(ProvisionAnswer::new(Outcome::Malformed)),
        _ => Refused::from(malformed).into(),
    }
}

/// An answer whose connection breaks before its first byte of body.
fn cut(document: String) -> HttpResponse {
    HttpResponse::new(Body::new(Limited::new(Full::new(Bytes::from(document)), 1)))
}

#[cfg(test)]
mod tests;
