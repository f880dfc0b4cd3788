//! Reading a request's body: so much, so long, and no more.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

use crate::refusal::Refusal;

/// A body that is longer, in bytes, is read while few others are: nobody has proved yet who he is.
const LARGE: usize = 64 * 1024;

/// How many large bodies are read at once.
pub(crate) const LARGE_AT_ONCE: usize = 16;

/// How much is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// In bytes.
    pub(crate) length: usize,
    pub(crate) timeout: Duration,
}

/// Reads a body within its limits.
///
/// What comes is kept as it comes: memory is spent on bytes that arrived, not on those announced.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    Limits { length: limit, timeout }: Limits,
    large: &Semaphore,
) -> Result<Bytes, Refusal> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).is_ok_and(|it| it > limit)) {
        return Err(too_large());
    }
    match tokio::time::timeout(timeout, collect(body, limit, large)).await {
        Ok(read) => read,
        Err(_elapsed) => {
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"))
        }
    }
}

/// Whether a body is XML that we read: `application/xml` or `text/xml`, UTF-8, not compressed.
pub(crate) fn check_xml(headers: &HeaderMap) -> Result<(), Refusal> {
    let refused = |reason| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return refused("Content-Encoding must be identity");
    }
    let Some(media_type) = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()) else {
        return refused("Content-Type must be application/xml");
    };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    if !["application/xml", "text/xml"].iter().any(|it| essence.eq_ignore_ascii_case(it)) {
        return refused("Content-Type must be application/xml");
    }
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let utf8 = value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8");
        if name.trim().eq_ignore_ascii_case("charset") && !utf8 {
            return refused("the charset must be UTF-8");
        }
    }
    Ok(())
}

async fn collect(mut body: Body, limit: usize, large: &Semaphore) -> Result<Bytes, Refusal> {
    let mut place = None;
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "the body ended early"));
        };
        let Ok(data) = frame.into_data() else { continue };
        let so_far = first.as_ref().map_or(0, Bytes::len) + whole.len();
        if so_far + data.len() > limit {
            return Err(too_large());
        }
        if place.is_none() && so_far + data.len() > LARGE {
            place = large.acquire().await.ok();
        }
        match (&first, whole.is_empty()) {
            (None, true) => first = Some(data),
            (Some(head), true) => {
                whole.extend_from_slice(head);
                whole.extend_from_slice(&data);
                first = None;
            }
            _ => whole.extend_from_slice(&data),
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the document is too large")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn status_of(media_type: Option<&'static str>, encoding: Option<&'static str>) -> u16 {
        let mut headers = HeaderMap::new();
        if let Some(media_type) = media_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        check_xml(&headers).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn takes_xml_in_utf8_and_nothing_else() {
        assert_eq!(status_of(Some("application/xml"), None), 200);
        assert_eq!(status_of(Some("text/xml; charset=UTF-8"), None), 200);
        assert_eq!(status_of(Some("Text/XML ;charset=\"utf-8\""), Some("identity")), 200);
        assert_eq!(status_of(None, None), 415);
        assert_eq!(status_of(Some("application/json"), None), 415);
        assert_eq!(status_of(Some("application/xml; charset=ISO-8859-1"), None), 415);
        assert_eq!(status_of(Some("application/xml"), Some("gzip")), 415);
        assert_eq!(status_of(Some("application/xmlx"), None), 415);
    }

    #[tokio::test]
    async fn reads_up_to_the_limit_and_refuses_a_byte_more() {
        let timeout = Duration::from_mins(1);
        let read_of = async |length: usize| {
            let limits = Limits { length: 100, timeout };
            let large = Semaphore::new(1);
            read(&HeaderMap::new(), Body::from(vec![b'x'; length]), limits, &large).await
        };
        assert_eq!(read_of(100).await.unwrap().len(), 100);
        assert_eq!(read_of(101).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn refuses_an_announced_length_before_a_byte_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("18446744073709551615"));
        let limits = Limits { length: 100, timeout: Duration::from_mins(1) };
        let refusal = read(&headers, Body::empty(), limits, &Semaphore::new(1)).await;
        assert_eq!(refusal.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_on_a_body_that_never_comes() {
        let never = Body::from_stream(Never);
        let limits = Limits { length: 100, timeout: Duration::from_secs(5) };
        let refusal = read(&HeaderMap::new(), never, limits, &Semaphore::new(1)).await;
        assert_eq!(refusal.unwrap_err().status, StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_waits_for_a_place_and_a_small_one_does_not() {
        let limits = Limits { length: LARGE + 1, timeout: Duration::from_secs(5) };
        let large = Semaphore::new(1);
        let read_of = async |length: usize| {
            read(&HeaderMap::new(), Body::from(vec![b'x'; length]), limits, &large).await
        };
        let place = large.acquire().await.unwrap();
        assert_eq!(read_of(LARGE).await.unwrap().len(), LARGE);
        assert_eq!(read_of(LARGE + 1).await.unwrap_err().status, StatusCode::REQUEST_TIMEOUT);
        drop(place);
        assert_eq!(read_of(LARGE + 1).await.unwrap().len(), LARGE + 1);
        assert_eq!(large.available_permits(), 1, "the place is given back");
    }

    struct Never;

    impl futures_core::Stream for Never {
        type Item = Result<Bytes, std::io::Error>;

        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Pending
        }
    }
}
