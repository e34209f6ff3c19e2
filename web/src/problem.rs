//! Answers that say what was wrong with a request.

use std::fmt;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};
use protocol::control::{Refusal, RefusalCode};
use serde::Serialize;

use crate::Gone;

/// Why a request was not done: a status and a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    /// Which of several cases of the code it is.
    reason: Option<&'static str>,
    message: String,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    message: &'a str,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, reason: None, message: message.into() }
    }

    /// The same, with a word for programs that tells which of several cases it is.
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The request is not one of those that are served.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// Nothing is there.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this address")
    }

    /// It was there.
    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "gone", message)
    }

    /// There, but not by this method.
    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this address takes other requests than this")
    }

    /// A name that is not this host's.
    pub fn misdirected() -> Self {
        let message = "this host has another name; tell it this one by `dormer serve --http-host NAME`";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "host", message)
    }

    /// From another page than ours.
    pub fn foreign() -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin", "only this host's own page may ask for this")
    }

    /// From our own page, as it seems, but what passes its requests on names us otherwise than the browser
    /// did.
    pub fn proxy(page: &Authority, named: &Authority) -> Self {
        let message = format!(
            "the page is at {page}, but the proxy before this host passes its requests on as for {named}; it must keep \
             the browser's Host with its port (nginx: proxy_set_header Host $http_host)"
        );
        Self::new(StatusCode::MISDIRECTED_REQUEST, "proxy", message)
    }

    /// Without a valid cookie. `gone`: why one that it has is worth nothing any more, if that is known.
    pub fn stranger(gone: Option<Gone>) -> Self {
        let (reason, message) = match gone {
            None => ("unknown", "this browser has not entered, or its time is over; open a new link"),
            Some(Gone::Left) => ("left", "this browser has left; open a new link"),
            Some(Gone::Over) => ("over", "the time of this browser's link is over; ask for a new link"),
            Some(Gone::Removed) => ("removed", "removed by the owner; ask for a new link to come back"),
        };
        Self::new(StatusCode::UNAUTHORIZED, "enter", message).because(reason)
    }

    /// Only to look on.
    pub fn view_only() -> Self {
        Self::new(StatusCode::FORBIDDEN, "view-only", "this link is to look on only")
    }

    /// Only for the session's owner.
    pub fn owner_only() -> Self {
        Self::new(StatusCode::FORBIDDEN, "owner-only", "only the session's owner may do this")
    }

    /// The body is too long.
    pub fn too_long(limit: usize) -> Self {
        let message = format!("a request has at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", message)
    }

    /// The body took too long.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request did not come in time")
    }

    /// Not now.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message)
    }

    /// Understood, but it cannot be done.
    pub fn impossible(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "impossible", message)
    }

    /// This host does not offer it.
    pub fn not_offered(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "not-offered", message)
    }

    /// The session is over.
    pub fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ending", "the session is ending")
    }

    /// Not as things stand now.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// The disk is full.
    pub fn no_room(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", message)
    }

    /// Something is wrong with this host. The log says what.
    pub fn internal(error: impl fmt::Display) -> Self {
        tracing::warn!("a request of a page failed: {error:#}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the host failed; its log says why")
    }

    /// A ticket was not accepted, for this reason.
    pub fn refused(refusal: Refusal, reason: &'static str) -> Self {
        let code = match refusal.code {
            RefusalCode::TicketExpired => "ticket-expired",
            RefusalCode::Full => "full",
            RefusalCode::Version
            | RefusalCode::TicketInvalid
            | RefusalCode::Protocol
            | RefusalCode::Overflow
            | RefusalCode::Replaced
            | RefusalCode::Removed => "ticket-invalid",
        };
        Self::new(StatusCode::FORBIDDEN, code, refusal.message).because(reason)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response =
            (self.status, Json(Body { code: self.code, reason: self.reason, message: &self.message }))
                .into_response();
        if self.status == StatusCode::PAYLOAD_TOO_LARGE || self.status == StatusCode::REQUEST_TIMEOUT {
            // What is left of the body is not worth reading. HTTP/2 has streams for that, and its own word
            // for it.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
