//! What a request brings: the page that asks.

use axum::http::{HeaderMap, request::Parts};
use protocol::control::Role;
use transport::UnixSeconds;
use web::{Problem, Visitor, check_origin};

use super::site::SessionSite;

/// The page that asks, if it was let in.
pub(super) fn visitor(site: &SessionSite, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let cookie = cookie(site, headers).ok_or_else(|| Problem::stranger(None))?;
    let visitors = site.entry.visitors();
    visitors.find(cookie, UnixSeconds::now()).ok_or_else(|| Problem::stranger(visitors.why(cookie)))
}

/// The same for requests that change something: the page must also be our own.
pub(super) fn own_visitor(site: &SessionSite, request: &Parts) -> Result<Visitor, Problem> {
    check_origin(request)?;
    visitor(site, &request.headers)
}

/// The same for what only viewers in control may do.
pub(super) fn controller(site: &SessionSite, request: &Parts) -> Result<Visitor, Problem> {
    let visitor = own_visitor(site, request)?;
    match visitor.role {
        Role::Control => Ok(visitor),
        Role::View => Err(Problem::view_only()),
    }
}

/// The same for what only tells.
pub(super) fn controller_asking(site: &SessionSite, request: &Parts) -> Result<Visitor, Problem> {
    let visitor = visitor(site, &request.headers)?;
    match visitor.role {
        Role::Control => Ok(visitor),
        Role::View => Err(Problem::view_only()),
    }
}

/// The page that asks, if it is one of the session's owner.
pub(super) fn owner(site: &SessionSite, request: &Parts) -> Result<Visitor, Problem> {
    let visitor = visitor(site, &request.headers)?;
    match visitor.role {
        Role::Control if visitor.slides => Ok(visitor),
        Role::Control => Err(Problem::owner_only()),
        Role::View => Err(Problem::view_only()),
    }
}

/// The same for what changes something: the page must also be our own.
pub(super) fn acting_owner(site: &SessionSite, request: &Parts) -> Result<Visitor, Problem> {
    check_origin(request)?;
    owner(site, request)
}

/// Our cookie of a request.
pub(super) fn cookie<'a>(site: &SessionSite, headers: &'a HeaderMap) -> Option<&'a str> {
    web::cookie(headers, &site.entry.cookie_name())
}
