//! Entering and leaving: a browser link's ticket becomes a cookie, the cookie gives tickets for single links.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use protocol::control::Role;
use serde::{Deserialize, Serialize};
use tracing::info;
use transport::{OWN_RIGHT, UnixSeconds, webtransport::CertificateHash};
use web::{NamedHost, Problem, Site, Visitor, check_origin, json};

use super::{LINK_PATH, alive::Instance, request, routes::Asked, site::SessionSite, turn::IceServer};

/// How long a ticket for one hello is valid.
const JOIN_WITHIN: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enter {
    ticket: String,
}

/// `POST /api/enter`: takes the ticket of a browser link, once, and answers with a cookie.
pub(super) async fn enter(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, peer, parts, body } = asked;
    check_origin(&parts)?;
    let Enter { ticket } = json(&parts, body).await?;
    let now = UnixSeconds::now();
    let former = request::cookie(&site, &parts.headers);
    // Before the ticket is used up: it stays good for later.
    site.entry.visitors().make_room(former, now).map_err(|_| {
        Problem::busy("too many browsers have entered; it works again when the first links have expired")
    })?;
    let redeemed = site.entry.admission.redeem(&ticket, now).map_err(|bad| {
        info!(%peer, reason = bad.name(), "refused a browser");
        match site.entry.admission.fail(peer.ip(), Instant::now()) {
            Ok(()) => Problem::refused(bad.into(), bad.name()),
            Err(wait) => Problem::busy(wait.to_string()),
        }
    })?;
    let transport::Redeemed { role, expires, slides, ticket: link, .. } = redeemed;
    let visitor = Visitor { role, expires, slides, link: Some(link.0) };
    let cookie = site.entry.visitors().enter(visitor, former);
    let cookie = cookie.ok_or_else(|| Problem::internal("no random numbers"))?;
    info!(%peer, role = ?redeemed.role, ticket = ?redeemed.ticket, "a browser entered");
    let announcement = Arc::clone(&site.entry.announcement);
    // It writes a file.
    tokio::task::spawn_blocking(move || announcement.used(redeemed.ticket));
    let lifetime = redeemed.expires.0.saturating_sub(now.0);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&site, &cookie, lifetime))]).into_response())
}

/// `POST /api/leave`: the cookie is worth nothing any more, and the links that it made end.
pub(super) fn leave(asked: &Asked) -> Result<Response, Problem> {
    request::own_visitor(&asked.site, &asked.parts)?;
    if let Some(cookie) = request::cookie(&asked.site, &asked.parts.headers) {
        asked.site.entry.visitors().leave(cookie);
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&asked.site, "", 0))]).into_response())
}

fn set_cookie(site: &SessionSite, value: &str, lifetime: u64) -> HeaderValue {
    web::set_cookie(&site.entry.cookie_name(), value, lifetime, site.tls().headers.framed())
}

#[derive(Serialize)]
struct Join<'a> {
    ticket: &'a str,
    session: &'a str,
    role: Role,
    instance: &'a Instance,
    webtransport: WebTransport,
    webrtc: WebRtc<'a>,
    websocket: WebSocket,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebTransport {
    url: String,
    /// SHA-256 of the present and the next certificate, in base64.
    certificate_hashes: [String; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebRtc<'a> {
    /// Relays; none unless the host was told of some.
    ice_servers: Vec<IceServer<'a>>,
}

#[derive(Serialize)]
struct WebSocket {
    url: String,
}

/// `POST /api/join`: a ticket for one hello, and the ways there are.
pub(super) fn join(asked: &Asked) -> Result<Response, Problem> {
    let Asked { site, parts, .. } = asked;
    let mut visitor = request::own_visitor(site, parts)?;
    let renewed = renew(site, parts, &mut visitor);
    let NamedHost(host) = parts.extensions.get().ok_or_else(Problem::foreign)?;
    let now = UnixSeconds::now();
    let expires = now.after(JOIN_WITHIN).min(visitor.expires);
    let (ticket, number) = site.entry.links.join_once(visitor.role, expires).map_err(Problem::internal)?;
    if let Some(cookie) = request::cookie(site, &parts.headers) {
        site.entry.visitors().give(cookie, number.0);
    }
    let session = &site.entry.links.session;
    let relays = site.ways.turn.iter().map(|turn| turn.ice_server(session, now, visitor.expires));
    let join = Join {
        ticket: ticket.expose(),
        session,
        role: visitor.role,
        instance: &site.instance,
        webtransport: WebTransport {
            url: format!("https://{host}{LINK_PATH}"),
            certificate_hashes: site.ways.webtransport.hashes().map(CertificateHash::to_base64),
        },
        webrtc: WebRtc { ice_servers: relays.collect() },
        websocket: WebSocket { url: format!("wss://{host}{LINK_PATH}") },
    };
    let mut answer = Json(join).into_response();
    answer.headers_mut().extend(renewed.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(answer)
}

/// Puts off the end of a right that slides: the cookie's new header, if it has one.
fn renew(site: &SessionSite, parts: &Parts, visitor: &mut Visitor) -> Option<HeaderValue> {
    let cookie = request::cookie(site, &parts.headers)?;
    let now = UnixSeconds::now();
    visitor.expires = site.entry.visitors().slide(cookie, now, OWN_RIGHT)?;
    Some(set_cookie(site, cookie, visitor.expires.0.saturating_sub(now.0)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    role: Role,
}

#[derive(Serialize)]
struct LinkAnswer {
    browser: Option<String>,
}

/// `POST /api/links`: a link for another device.
pub(super) async fn links(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    let visitor = request::controller(&site, &parts)?;
    let NewLink { role } = json(&parts, body).await?;
    let passed_on =
        pass_on(&visitor, role, UnixSeconds::now().after(site.entry.ttl)).ok_or_else(Problem::view_only)?;
    let browser = site.entry.links.share_page(role, passed_on).map_err(Problem::internal)?;
    Ok(Json(LinkAnswer { browser }).into_response())
}

/// Until when a link holds that a page makes for others in this role, if it may: it allows no more than the
/// page's own right, and no longer.
fn pass_on(visitor: &Visitor, role: Role, until: UnixSeconds) -> Option<UnixSeconds> {
    let allowed = match (visitor.role, role) {
        (Role::Control, Role::Control | Role::View) | (Role::View, Role::View) => true,
        (Role::View, Role::Control) => false,
    };
    allowed.then(|| until.min(visitor.expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_on_allows_no_more_and_lasts_no_longer() {
        for (own, role, allowed) in [
            (Role::Control, Role::Control, true),
            (Role::Control, Role::View, true),
            (Role::View, Role::View, true),
            (Role::View, Role::Control, false),
        ] {
            for (expires, until, wanted) in [(6, 86_400, 6), (86_400, 6, 6), (9, 9, 9)] {
                for slides in [false, true] {
                    let visitor = Visitor { role: own, expires: UnixSeconds(expires), slides, link: None };
                    let passed_on = pass_on(&visitor, role, UnixSeconds(until));
                    assert_eq!(passed_on, allowed.then_some(UnixSeconds(wanted)), "{visitor:?} {role:?}");
                }
            }
        }
    }
}
