//! What a request brings: the page that asks.

use axum::http::{HeaderMap, request::Parts};
use protocol::control::Role;
use transport::UnixSeconds;
use web::{Problem, Visitor, check_origin};

use super::site::SessionSite;

/// The page that asks, if it was let in.
pub(super) fn visitor(site: &SessionSite, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let cookie = cookie(site, headers).ok_or_else(Problem::stranger)?;
    site.entry.visitors().find(cookie, UnixSeconds::now()).ok_or_else(Problem::stranger)
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

/// Our cookie of a request.
pub(super) fn cookie<'a>(site: &SessionSite, headers: &'a HeaderMap) -> Option<&'a str> {
    web::cookie(headers, &site.entry.cookie_name())
}
