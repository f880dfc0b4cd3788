//! One connection that is kept open.

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use protocol::PeerAddr;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The largest answer: documents have 16 KiB at most.
const ANSWER_BYTES: usize = 64 * 1024;

/// A connection to one server, opened again after a fault.
#[derive(Debug)]
pub(super) struct Wire {
    to: PeerAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// Drives the connection, and ends with it.
    driver: JoinSet<()>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("the answer broke off")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

// === impl Wire ===

impl Wire {
    pub(super) fn new(to: PeerAddr) -> Self {
        Self { to, sender: None, driver: JoinSet::new() }
    }

    /// Sends a document and waits for the whole answer.
    pub(super) async fn post(&mut self, document: Bytes) -> Result<(StatusCode, Bytes), WireError> {
        let answered = self.exchange(document).await;
        if answered.is_err() {
            self.sender = None;
        }
        answered
    }

    async fn exchange(&mut self, document: Bytes) -> Result<(StatusCode, Bytes), WireError> {
        let mut request = Request::new(Full::new(document));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        let host = header::HeaderValue::from_str(self.to.as_str());
        headers.extend(host.ok().map(|host| (header::HOST, host)));
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/xml"));
        let sender = self.open().await?;
        sender.ready().await.map_err(WireError::Broken)?;
        let answer = sender.send_request(request).await.map_err(WireError::Broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
        Ok((status, body.map_err(WireError::Answer)?.to_bytes()))
    }

    async fn open(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, WireError> {
        let sender = match self.sender.take() {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn connect(&mut self) -> Result<SendRequest<Full<Bytes>>, WireError> {
        let stream = TcpStream::connect((self.to.host(), self.to.port()))
            .await
            .map_err(WireError::Connect)?;
        stream.set_nodelay(true).map_err(WireError::Connect)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(WireError::Broken)?;
        self.driver.detach_all();
        // How the connection ends is told to whoever waits for an answer on it.
        self.driver.spawn(async move { connection.await.unwrap_or_default() });
        Ok(sender)
    }
}
