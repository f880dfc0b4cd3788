//! The HTTP under it: one pool of kept-alive connections.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::ask::{Ask, Endpoint, Failure, Got};
use crate::signed::TOKI;

/// Below the 5 s after which a server closes a connection on which no head comes, so that it is
/// the caller who closes: a request sent into a connection that the server is closing would be
/// lost.
const IDLE: Duration = Duration::from_secs(4);

const SHED: HeaderName = HeaderName::from_static("ngondo-shed");
const STATE: HeaderName = HeaderName::from_static("ngondo-state");
const BRIDGE: HeaderName = HeaderName::from_static("ngondo-bridge");

#[derive(Debug)]
pub(crate) struct Wire {
    http: Legacy<HttpConnector, Full<Bytes>>,
}

// === impl Wire ===

impl Wire {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(connect_timeout));
        let http = Legacy::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self { http }
    }

    /// Sends a request to one server and reads the head of its answer.
    pub(crate) async fn send(
        &self,
        endpoint: &Endpoint,
        ask: &Ask,
        toki: Option<&str>,
    ) -> Result<Response<Incoming>, Failure> {
        let request = request(endpoint, ask, toki).ok_or(Failure::NotSent)?;
        let sent = self.http.request(request).await;
        sent.map_err(|error| if error.is_connect() { Failure::NotSent } else { Failure::Lost })
    }
}

// === impl Got ===

impl Got {
    /// An answer that came whole.
    pub(crate) fn new(endpoint: &Endpoint, parts: &Parts, body: Bytes) -> Self {
        let header = |name| text(&parts.headers, name);
        Self {
            status: parts.status.as_u16(),
            content_type: header(&CONTENT_TYPE).unwrap_or_default().to_owned(),
            body,
            retry_after_s: header(&RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
            shed: header(&SHED) == Some("1"),
            drain: drains(&parts.headers),
            bridge: header(&BRIDGE).and_then(|bridge| bridge.parse().ok()),
            from: endpoint.name,
            addr: endpoint.addr.clone(),
            attempts: 1,
        }
    }
}

/// Reads a body to its end, up to a limit in bytes.
pub(crate) async fn whole(body: Incoming, limit: usize) -> Result<Bytes, Failure> {
    let read = Limited::new(body, limit).collect().await;
    read.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() { Failure::TooLong(limit) } else { Failure::Lost }
    })
}

fn request(endpoint: &Endpoint, ask: &Ask, toki: Option<&str>) -> Option<Request<Full<Bytes>>> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(endpoint.addr.as_str())
        .path_and_query(ask.path.as_str())
        .build()
        .ok()?;
    let body = Full::new(ask.body.clone());
    let mut request = Request::builder().method(ask.method.clone()).uri(uri).body(body).ok()?;
    let headers = request.headers_mut();
    // The seal covers it: left to itself the library leaves the usual port out.
    headers.insert(HOST, HeaderValue::from_str(endpoint.addr.as_str()).ok()?);
    if !ask.content_type.is_empty() {
        headers.insert(CONTENT_TYPE, ask.content_type.clone());
    }
    for (name, value) in &ask.headers {
        headers.insert(name.clone(), value.clone());
    }
    if let Some(toki) = toki {
        headers.insert(TOKI, HeaderValue::from_str(toki).ok()?);
    }
    Some(request)
}

/// Whether a server says that it is leaving.
pub(crate) fn drains(headers: &HeaderMap) -> bool {
    text(headers, &STATE) == Some("drain")
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
