//! Links that begin as requests: the upgrade to WebSocket, and the offers of WebRTC.

use std::net::SocketAddr;

use axum::{
    Json,
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header, request::Parts,
    },
    response::{IntoResponse, Response},
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{debug, info};
use transport::{
    Rejected,
    webrtc::AnswerError,
    websocket::{self, AcceptError, WebSocketSettings},
};
use web::{Problem, json};

use super::{request, routes::Asked, site::SessionSite};

/// `GET /api/link`: becomes a WebSocket, and that a link.
pub(super) fn link(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, peer, parts, .. } = asked;
    let accept = upgrade_answer(&parts)?;
    request::own_visitor(&site, &parts)?;
    let upgrade = hyper::upgrade::on(Request::from_parts(parts, Body::empty()));
    tokio::spawn(async move {
        let stream = match upgrade.await {
            Ok(stream) => TokioIo::new(stream),
            Err(error) => return debug!(%peer, %error, "no WebSocket"),
        };
        take(&site, stream, peer).await;
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// Lets the viewer at the other end of a stream in, which has come through HTTP or needs none.
pub(super) async fn take<S>(site: &SessionSite, stream: S, peer: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let settings = WebSocketSettings::default();
    match websocket::accept(stream, peer, &site.entry.admission, settings).await {
        // The session may be over: then nobody takes it, and it ends.
        Ok(joined) => drop(site.ways.websocket.send(joined).await),
        Err(error @ AcceptError::Rejected(Rejected::Lost(_))) => {
            debug!(%peer, %error, "a link over TCP ended early");
        }
        Err(error) => info!(%peer, %error, "refused a link over TCP"),
    }
}

/// Checks an upgrade request (RFC 6455, 4.2.1) and makes the proof that it was understood.
fn upgrade_answer(parts: &Parts) -> Result<HeaderValue, Problem> {
    let is_upgrade = parts.version == Version::HTTP_11
        && parts.method == Method::GET
        && names(&parts.headers, &header::CONNECTION, "upgrade")
        && names(&parts.headers, &header::UPGRADE, "websocket");
    if !is_upgrade {
        return Err(Problem::malformed("this address is for WebSocket over HTTP/1.1"));
    }
    if !names(&parts.headers, &header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Problem::malformed("only version 13 of WebSocket is spoken here"));
    }
    let mut keys = parts.headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let key = keys.next().filter(|_| keys.next().is_none()).and_then(|key| key.to_str().ok());
    let accept = key.and_then(websocket::accept_key).and_then(|accept| HeaderValue::try_from(accept).ok());
    accept.ok_or_else(|| Problem::malformed("the request has no valid Sec-WebSocket-Key"))
}

fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    sdp: String,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    sdp: String,
}

/// `POST /api/rtc`: the offer of a new link.
pub(super) async fn offer(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, peer, parts, body } = asked;
    request::own_visitor(&site, &parts)?;
    let Offer { sdp } = json(&parts, body).await?;
    let answer = site.ways.webrtc.answer(peer, &sdp).await.map_err(problem)?;
    Ok(Json(Answer { id: Some(answer.id), sdp: answer.sdp }).into_response())
}

/// `POST /api/rtc/{id}`: an ICE restart of a link.
pub(super) async fn offer_again(asked: Asked, id: &str) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    request::own_visitor(&site, &parts)?;
    let Offer { sdp } = json(&parts, body).await?;
    let sdp = site.ways.webrtc.restart(id, &sdp).await.map_err(problem)?;
    Ok(Json(Answer { id: None, sdp }).into_response())
}

fn problem(error: AnswerError) -> Problem {
    match error {
        AnswerError::Busy(reason) => Problem::busy(reason),
        AnswerError::Unknown => Problem::gone("there is no such link any more; connect anew"),
        error @ AnswerError::Offer(_) => Problem::malformed(error.to_string()),
        error @ AnswerError::Local(_) => {
            info!(%error, "an offer was not answered");
            Problem::not_offered(error.to_string())
        }
    }
}
