//! The start menu: which apps there are, their icons, and starting them.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use web::{Problem, json};

use super::{request, routes::Asked, site::SessionSite};
use crate::{
    apps::{Ending, Outcome},
    catalogue::{self, App},
    console::{Answer, Request},
};

#[derive(Serialize)]
struct Entry {
    id: String,
    name: String,
    comment: String,
    icon: Option<String>,
    categories: Vec<String>,
    keywords: Vec<String>,
}

#[derive(Serialize)]
struct Started {
    pid: u32,
}

/// What became of an app.
#[derive(Serialize)]
struct Fate {
    running: bool,
    well: bool,
    status: String,
    output: Vec<String>,
}

/// How long the end of an app is waited for at a time.
const OUTCOME_WAIT: Duration = Duration::from_secs(6);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    command: String,
}

/// `GET /api/apps`: the catalogue, in the language that the browser prefers.
pub(super) async fn list(asked: Asked) -> Result<Response, Problem> {
    request::visitor(&asked.site, &asked.parts.headers)?;
    let language = language(&asked.parts);
    let icons = asked.site.icons.clone();
    let entries = off_thread(move || {
        let apps = catalogue::installed(language.as_deref()).into_iter();
        apps.map(|app| Entry {
            icon: icons.find(&app.icon).map(|_| format!("/api/apps/{}/icon", percent_encoded(&app.id))),
            id: app.id,
            name: app.name,
            comment: app.comment,
            categories: app.categories,
            keywords: app.keywords,
        })
        .collect::<Vec<_>>()
    })
    .await?;
    Ok(Json(entries).into_response())
}

/// `GET /api/apps/{id}/icon`.
pub(super) async fn icon(asked: Asked, id: &str) -> Result<Response, Problem> {
    request::visitor(&asked.site, &asked.parts.headers)?;
    let icons = asked.site.icons.clone();
    let id = percent_decoded(id);
    let icon = off_thread(move || icons.read(&catalogue::find(&id)?.icon)).await?;
    let icon = icon.ok_or_else(Problem::not_found)?;
    let mut response = Body::from(icon.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(icon.kind.mime()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    // A picture can be a document with scripts: opened by itself it must be able to do nothing.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    );
    Ok(response)
}

/// `POST /api/apps/{id}`: starts an app of the catalogue.
pub(super) async fn start(asked: Asked, id: &str) -> Result<Response, Problem> {
    request::controller(&asked.site, &asked.parts)?;
    let id = percent_decoded(id);
    let app = off_thread(move || catalogue::find(&id)).await?;
    let App { command, .. } = app.ok_or_else(Problem::not_found)?;
    run_command(&asked.site, command).await
}

/// `POST /api/run`: starts a command, as `dormer run` does.
pub(super) async fn run(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    request::controller(&site, &parts)?;
    let Run { command } = json(&parts, body).await?;
    let words = shlex::split(&command).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| Problem::malformed("the command is empty, or a quote is not closed"))?;
    if words.iter().any(|word| word.contains('\0')) {
        return Err(Problem::malformed("a command has no zero bytes"));
    }
    let [id] = words.as_slice() else { return run_command(&site, words).await };
    let id = id.clone();
    let app = off_thread(move || catalogue::find(&id)).await?;
    run_command(&site, app.map_or(words, |app| app.command)).await
}

/// `GET /api/started/{pid}`: how an app ended, once it has; or that it runs on, after a while.
pub(super) async fn outcome(asked: Asked, pid: &str) -> Result<Response, Problem> {
    request::controller_asking(&asked.site, &asked.parts)?;
    let pid = pid.parse().map_err(|_| Problem::not_found())?;
    let Ok(answer) = timeout(OUTCOME_WAIT, asked.site.order(Request::Outcome { pid })).await else {
        let runs_on = Fate { running: true, well: true, status: String::new(), output: vec![] };
        return Ok(Json(runs_on).into_response());
    };
    let Answer::Outcome(Some(Outcome { ended: Some(Ending { well, status }), output, .. })) = answer? else {
        return Err(Problem::not_found());
    };
    Ok(Json(Fate { running: false, well, status, output }).into_response())
}

async fn run_command(site: &SessionSite, command: Vec<String>) -> Result<Response, Problem> {
    let answer = site.order(Request::Run { command, directory: None }).await?;
    let Answer::Started { pid } = answer else {
        return Err(Problem::internal(format_args!("an unexpected answer: {answer:?}")));
    };
    Ok(Json(Started { pid }).into_response())
}

/// Reading a hundred files takes milliseconds: not on the thread that carries pictures.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::ending())
}

/// The language that the browser names first.
fn language(parts: &Parts) -> Option<String> {
    let accepted = parts.headers.get(HeaderName::from_static("accept-language"))?.to_str().ok()?;
    let first = accepted.split([',', ';']).next()?.trim();
    let is_plain = !first.is_empty()
        && first.len() <= 16
        && first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_plain.then(|| first.to_owned())
}

/// An id as a word of an address. Ids are names of files, which may have any character.
fn percent_encoded(id: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    id.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn percent_decoded(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_survives_its_address() {
        for id in ["org.gnome.Nautilus", "a b+c%41/ü", "", "%", "100%"] {
            let word = percent_encoded(id);
            assert!(!word.contains(['/', ' ']), "{word}");
            assert_eq!(percent_decoded(&word), id);
        }
        assert_eq!(percent_decoded("%zz%f"), "%zz%f");
    }
}
