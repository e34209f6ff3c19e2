//! Who is here and by which links, for the session's owner: to be seen and to be ended.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use web::{Problem, Visitor};

use super::{request, routes::Asked, site::SessionSite};
use crate::console::{Answer, OpenLink, Present, Removed, Request, Who};

/// Something that a page may end, and whether that would end the page's own right.
#[derive(Serialize)]
struct Listed<T> {
    #[serde(flatten)]
    what: T,
    /// Whether it is the page's that asks.
    own: bool,
}

/// Somebody who had to go.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gone {
    id: String,
    may_return: bool,
}

/// `GET /api/viewers`: who is here.
pub(super) async fn viewers(asked: Asked) -> Result<Response, Problem> {
    let visitor = request::owner(&asked.site, &asked.parts)?;
    let here = present(&asked.site).await?.into_iter();
    let here = here.map(|what| Listed { own: is_own(what.link.as_deref(), &visitor), what });
    Ok(Json(here.collect::<Vec<_>>()).into_response())
}

/// `DELETE /api/viewers/{id}`: throws somebody out.
pub(super) async fn remove(asked: Asked, id: &str) -> Result<Response, Problem> {
    let visitor = request::acting_owner(&asked.site, &asked.parts)?;
    let site = &asked.site;
    let here = present(site).await?.into_iter().find(|present| present.id == id);
    let here = here.ok_or_else(|| Problem::gone("there is no such viewer any more"))?;
    if is_own(here.link.as_deref(), &visitor) {
        return Err(yourself());
    }
    let Ok(who @ Who::Viewer(_)) = here.id.parse() else { return Err(Problem::not_found()) };
    removed(site.order(Request::Kick { who }).await?)
}

/// `GET /api/links`: the links by which somebody can join, or has.
pub(super) async fn links(asked: Asked) -> Result<Response, Problem> {
    let visitor = request::owner(&asked.site, &asked.parts)?;
    let open = open_links(&asked.site).await?.into_iter();
    let open = open.map(|what| Listed { own: is_own(Some(&what.id), &visitor), what });
    Ok(Json(open.collect::<Vec<_>>()).into_response())
}

/// `DELETE /api/links/{id}`: takes a link back, and removes those that came by it.
pub(super) async fn revoke(asked: Asked, id: &str) -> Result<Response, Problem> {
    let visitor = request::acting_owner(&asked.site, &asked.parts)?;
    if is_own(Some(id), &visitor) {
        return Err(yourself());
    }
    let known = open_links(&asked.site).await?.into_iter().any(|link| link.id == id);
    let ticket = u64::from_str_radix(id, 16).ok().filter(|_| known);
    let ticket = ticket.ok_or_else(|| Problem::gone("there is no such link any more"))?;
    removed(asked.site.order(Request::Revoke { ticket }).await?)
}

async fn present(site: &SessionSite) -> Result<Vec<Present>, Problem> {
    let answer = site.order(Request::Viewers).await?;
    if let Answer::Viewers(here) = answer { Ok(here) } else { Err(unexpected(&answer)) }
}

async fn open_links(site: &SessionSite) -> Result<Vec<OpenLink>, Problem> {
    let answer = site.order(Request::Links).await?;
    if let Answer::Links(open) = answer { Ok(open) } else { Err(unexpected(&answer)) }
}

fn removed(answer: Answer) -> Result<Response, Problem> {
    let Answer::Removed(removed) = answer else { return Err(unexpected(&answer)) };
    let gone = |Removed { viewer, may_return }: Removed| Gone { id: viewer.id, may_return };
    Ok(Json(removed.into_iter().map(gone).collect::<Vec<_>>()).into_response())
}

/// Whether something came by the link by which a page entered.
fn is_own(link: Option<&str>, visitor: &Visitor) -> bool {
    visitor.link.is_some_and(|own| link == Some(format!("{own:016x}").as_str()))
}

fn yourself() -> Problem {
    Problem::impossible("that is this browser's own; leave the session instead").because("yourself")
}

fn unexpected(answer: &Answer) -> Problem {
    Problem::internal(format_args!("an unexpected answer: {answer:?}"))
}
