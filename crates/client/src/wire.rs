//! The HTTP under it: one pool of kept-alive connections.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::ask::{Ask, Endpoint, Failure, Got};

/// Below the 5 s after which a server closes a connection on which no head comes, so that it is
/// the caller who closes: a request sent into a connection that the server is closing would be
/// lost.
const IDLE: Duration = Duration::from_secs(4);

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

    /// Sends a request to one server and reads its answer whole.
    pub(crate) async fn send(&self, endpoint: &Endpoint, ask: &Ask) -> Result<Got, Failure> {
        let request = request(endpoint, ask).ok_or(Failure::NotSent)?;
        let response =
            self.http.request(request).await.map_err(|error| {
                if error.is_connect() { Failure::NotSent } else { Failure::Lost }
            })?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ask.answer_limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Failure::TooLong(ask.answer_limit)
            } else {
                Failure::Lost
            }
        })?;
        Ok(Got {
            status: parts.status.as_u16(),
            content_type: text(&parts.headers, CONTENT_TYPE.as_str())
                .unwrap_or_default()
                .to_owned(),
            body: body.to_bytes(),
            retry_after_s: text(&parts.headers, RETRY_AFTER.as_str())
                .and_then(|seconds| seconds.parse().ok()),
            shed: text(&parts.headers, "ngondo-shed") == Some("1"),
            drain: text(&parts.headers, "ngondo-state") == Some("drain"),
            bridge: text(&parts.headers, "ngondo-bridge").and_then(|bridge| bridge.parse().ok()),
            from: endpoint.name,
            addr: endpoint.addr.clone(),
            attempts: 1,
        })
    }
}

fn request(endpoint: &Endpoint, ask: &Ask) -> Option<Request<Full<Bytes>>> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(endpoint.addr.as_str())
        .path_and_query(ask.path.as_str())
        .build()
        .ok()?;
    let mut request =
        Request::builder().method(Method::POST).uri(uri).body(Full::new(ask.body.clone())).ok()?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, ask.content_type.clone());
    for (name, value) in &ask.headers {
        headers.insert(name.clone(), value.clone());
    }
    Some(request)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
