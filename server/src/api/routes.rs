//! Which request is answered by what.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Method, request::Parts},
    response::{IntoResponse, Response},
};
use web::{Problem, page};

use super::{alive, apps, enter, files, people, site::SessionSite, sockets};
use crate::files::Place;

/// A request of a page, and the session that it is for.
pub(super) struct Asked {
    pub(super) site: Arc<SessionSite>,
    /// Who asks.
    pub(super) peer: SocketAddr,
    pub(super) parts: Parts,
    pub(super) body: Body,
}

/// Answers a request that was found to be for this host.
pub(super) async fn answer(site: Arc<SessionSite>, asked: web::Asked) -> Response {
    let web::Asked { peer, parts, body } = asked;
    let asked = Asked { site, peer, parts, body };
    let path = asked.parts.uri.path().to_owned();
    match path.strip_prefix("/api/") {
        Some(place) => match api(place, asked).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
        None if matches!(asked.parts.method, Method::GET | Method::HEAD) => {
            page::answer(&path, &asked.parts.headers)
        }
        None => Problem::method().into_response(),
    }
}

async fn api(place: &str, asked: Asked) -> Result<Response, Problem> {
    const GET: Method = Method::GET;
    const HEAD: Method = Method::HEAD;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    let words: Vec<&str> = place.split('/').collect();
    match (asked.parts.method.clone(), words.as_slice()) {
        (POST, ["enter"]) => enter::enter(asked).await,
        (POST, ["join"]) => enter::join(&asked),
        (POST, ["leave"]) => enter::leave(&asked),
        (POST, ["links"]) => enter::links(asked).await,
        (GET, ["links"]) => people::links(asked).await,
        (DELETE, ["links", id]) => people::revoke(asked, id).await,
        (GET | HEAD, ["files", "home", path @ ..]) => files::look(asked, Place::Home, path).await,
        (GET | HEAD, ["files", "inbox", path @ ..]) => files::look(asked, Place::Inbox, path).await,
        (POST, ["drops"]) => files::drop_onto(asked).await,
        (POST, ["uploads"]) => files::begin(asked).await,
        (GET, ["uploads", id]) => files::stands(asked, id).await,
        (PATCH, ["uploads", id]) => files::bring(asked, id).await,
        (POST, ["uploads", id]) => files::finish(asked, id).await,
        (DELETE, ["uploads", id]) => files::cancel(asked, id).await,
        (GET, ["viewers"]) => people::viewers(asked).await,
        (DELETE, ["viewers", id]) => people::remove(asked, id).await,
        (GET, ["alive"]) => Ok(alive::answer(&asked.site)),
        (GET, ["link"]) => sockets::link(asked),
        (POST, ["rtc"]) => sockets::offer(asked).await,
        (POST, ["rtc", id]) => sockets::offer_again(asked, id).await,
        (GET, ["apps"]) => apps::list(asked).await,
        (GET, ["apps", id, "icon"]) => apps::icon(asked, id).await,
        (POST, ["apps", id]) => apps::start(asked, id).await,
        (POST, ["run"]) => apps::run(asked).await,
        (GET, ["started", pid]) => apps::outcome(asked, pid).await,
        (
            _,
            ["alive" | "enter" | "join" | "leave" | "links" | "link" | "rtc" | "apps" | "run" | "viewers"],
        )
        | (_, ["uploads" | "drops"])
        | (_, ["uploads", _])
        | (_, ["files", "home" | "inbox", ..])
        | (_, ["rtc" | "apps" | "started" | "links" | "viewers", _])
        | (_, ["apps", _, "icon"]) => Err(Problem::method()),
        _ => Err(Problem::not_found()),
    }
}
