//! One connection that speaks HTTP, cut off when it takes too long or does nothing.

use std::{
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    http::Request,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until},
};
use tracing::debug;

use crate::{Site, site};

/// How long the head of a request may take, from the first byte or the handshake on.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection may rest between requests, and between the pieces of an answer that it reads.
const IDLE: Duration = Duration::from_secs(60);

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// The most fields in a head.
const MAX_FIELDS: usize = 64;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 32;

/// Streams that a peer opened and reset, or broke, before the connection is closed (CVE-2023-44487 and its
/// kin).
const MAX_RESETS: usize = 16;

/// What waits to be sent or read of one stream, and of a connection.
const STREAM_BUFFER: u32 = 64 << 10;

/// Which HTTP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.1.
    Http1,
    /// 2.
    Http2,
}

/// Serves one connection until it ends. Links that it becomes live on without it.
pub(crate) async fn serve<S: Site>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
    peer: SocketAddr,
    permit: S::Permit,
    site: Arc<S>,
) {
    let activity = Activity::new();
    let seen = activity.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let request_under_way = seen.begin();
        let answer = site::answer(Arc::clone(&site), peer, request.map(Body::new));
        async move {
            let response = answer.await;
            let seen = request_under_way.0.clone();
            drop(request_under_way);
            Ok::<_, std::convert::Infallible>(response.map(|body| Body::new(Watched { body, seen })))
        }
    });
    let io = TokioIo::new(stream);
    let ended = if version == Version::Http2 {
        let connection = http2().serve_connection(io, service);
        tokio::select! {
            ended = connection => ended,
            () = activity.over() => Ok(()),
        }
    } else {
        let connection = pin!(http1().serve_connection(io, service).with_upgrades());
        tokio::select! {
            ended = connection => ended,
            () = activity.over() => Ok(()),
        }
    };
    if let Err(error) = ended {
        debug!(%peer, %error, "a page's connection failed");
    }
    drop(permit);
}

fn http1() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MAX_HEAD).max_headers(MAX_FIELDS);
    http
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MAX_HEAD as u32)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .max_send_buf_size(STREAM_BUFFER as usize)
        .initial_stream_window_size(STREAM_BUFFER)
        .initial_connection_window_size(2 * STREAM_BUFFER);
    http
}

/// When something was last asked on a connection. HTTP libraries limit the time of a head, but neither the
/// time until it begins nor a rest.
#[derive(Clone)]
struct Activity(Arc<Mutex<Known>>);

struct Known {
    under_way: usize,
    /// When the connection counts as given up, unless something is under way.
    deadline: Instant,
}

impl Activity {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Known { under_way: 0, deadline: Instant::now() + HEAD })))
    }

    fn begin(&self) -> UnderWay {
        self.with(|known| known.under_way += 1);
        UnderWay(self.clone())
    }

    /// Waits until the connection has rested for too long. Requests themselves have bounds of their own.
    async fn over(&self) {
        loop {
            let deadline = self.with(|known| match known.under_way {
                0 => known.deadline,
                _ => Instant::now() + IDLE,
            });
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An answer on its way: a connection that takes some of it does not rest.
struct Watched {
    body: Body,
    seen: Activity,
}

impl HttpBody for Watched {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.seen.with(|known| known.deadline = Instant::now() + IDLE);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request under way; over when dropped.
struct UnderWay(Activity);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.with(|known| {
            known.under_way -= 1;
            known.deadline = Instant::now() + IDLE;
        });
    }
}
