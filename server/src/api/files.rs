//! Files of the session: what there is, fetching, and bringing by uploads that go on after a broken link.

use std::{
    fs::File,
    future::poll_fn,
    io,
    os::unix::{ffi::OsStrExt, fs::FileExt},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::body::Frame;
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, task::spawn_blocking, time::timeout};
use web::{Problem, Visitor, discard, json};

use super::{ranges, request, routes::Asked, site::SessionSite};
use crate::console::Request;
use crate::files::{Chunk, Fault, FileFacts, Files, Found, Name, Place, Upload};

/// How much of a file is read or written at a time.
const PIECE: usize = 256 << 10;

/// How long the next bytes of an upload may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// `GET /api/files/{home|inbox}/…`: what is in a folder, or the content of a file.
pub(super) async fn look(asked: Asked, place: Place, words: &[&str]) -> Result<Response, Problem> {
    let Asked { site, parts, .. } = asked;
    request::controller_asking(&site, &parts)?;
    let names = words.iter().map(|word| decoded(word)).collect::<Option<Vec<_>>>();
    let names = names.ok_or_else(|| problem(&Fault::NotFound))?;
    match on(&site, move |files| find(files, place, &names)).await? {
        Found::Folder(folder) => {
            let listing = off_thread(move || folder.list()).await?;
            Ok(Json(listing).into_response())
        }
        Found::File(file, facts) => {
            let name = words.last().and_then(|word| decoded(word)).unwrap_or_default();
            Ok(content(&site, &parts, file, facts, &name))
        }
    }
}

fn find(files: &Files, place: Place, names: &[String]) -> Result<Found, Fault> {
    let mut found = Found::Folder(files.folder(place)?);
    for name in names {
        let Found::Folder(folder) = found else { return Err(Fault::NotAFolder) };
        found = folder.find(&Name::existing(name)?)?;
    }
    Ok(found)
}

/// The content of a file, or the part that is asked for.
fn content(site: &Arc<SessionSite>, parts: &Parts, file: File, facts: FileFacts, name: &str) -> Response {
    let (number, size, changed) = facts.version;
    let tag = format!("\"{number:x}-{size:x}-{changed:x}\"");
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let range = text(header::RANGE).filter(|_| text(header::IF_RANGE).is_none_or(|known| known == tag));
    let (status, from, to) = match ranges::wanted(range, facts.size) {
        ranges::Wanted::All => (StatusCode::OK, 0, facts.size),
        ranges::Wanted::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        ranges::Wanted::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = match parts.method {
        Method::HEAD => Body::empty(),
        _ => Body::new(Pieces(read(site, &parts.headers, file, from, to))),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let mut add = |name, value: String| {
        headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    };
    add(header::CONTENT_LENGTH, (to - from).to_string());
    match status {
        StatusCode::PARTIAL_CONTENT => {
            add(header::CONTENT_RANGE, format!("bytes {from}-{}/{}", to - 1, facts.size));
        }
        StatusCode::RANGE_NOT_SATISFIABLE => add(header::CONTENT_RANGE, format!("bytes */{}", facts.size)),
        _ => {}
    }
    add(header::ETAG, tag);
    add(header::ACCEPT_RANGES, "bytes".to_owned());
    add(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    add(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", encoded(name)));
    add(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned());
    response
}

/// Reads a part of a file as fast as it is taken, and as long as the page's right stands.
fn read(
    site: &Arc<SessionSite>,
    headers: &HeaderMap,
    file: File,
    from: u64,
    to: u64,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, taken) = mpsc::channel(2);
    let (site, headers) = (Arc::clone(site), headers.clone());
    let file = Arc::new(file);
    tokio::spawn(async move {
        let mut at = from;
        while at < to {
            let length = (to - at).min(PIECE as u64) as usize;
            let file = Arc::clone(&file);
            let read = spawn_blocking(move || {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, at).map(|()| Bytes::from(bytes))
            });
            let piece = match read.await {
                _ if request::visitor(&site, &headers).is_err() => {
                    Err(io::ErrorKind::PermissionDenied.into())
                }
                Ok(piece) => piece,
                Err(_) => Err(io::ErrorKind::Interrupted.into()),
            };
            let failed = piece.is_err();
            // Whoever asked may have gone.
            if pieces.send(piece).await.is_err() || failed {
                return;
            }
            at += length as u64;
        }
    });
    taken
}

/// A body that comes piece by piece.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUpload {
    path: String,
    size: u64,
}

/// Where an upload stands.
#[derive(Serialize)]
struct Standing<'a> {
    id: &'a str,
    offset: u64,
    size: u64,
}

/// `POST /api/uploads`: begins one.
pub(super) async fn begin(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    let visitor = request::controller(&site, &parts)?;
    let NewUpload { path, size } = json(&parts, body).await?;
    let upload = on(&site, move |files| files.begin(&Name::path(&path)?, size, visitor.link)).await?;
    let standing = Standing { id: upload.id(), offset: 0, size };
    Ok((StatusCode::CREATED, Json(standing)).into_response())
}

/// `GET /api/uploads/{id}`: where it stands. What still comes by an earlier request does not count any more.
pub(super) async fn stands(asked: Asked, id: &str) -> Result<Response, Problem> {
    let visitor = request::controller_asking(&asked.site, &asked.parts)?;
    let upload = upload(&asked.site, &visitor, id)?;
    let asked = upload.clone();
    let offset = off_thread(move || asked.offset()).await?;
    Ok(Json(Standing { id: upload.id(), offset, size: upload.size() }).into_response())
}

/// `PATCH /api/uploads/{id}`: brings more. With `Content-Digest` it counts when all of it has come.
pub(super) async fn bring(asked: Asked, id: &str) -> Result<Response, Problem> {
    let Asked { site, parts, mut body, .. } = asked;
    let visitor = request::controller(&site, &parts)?;
    let brought = bring_body(&site, &parts, &visitor, id, &mut body).await;
    if brought.is_err() {
        discard(body);
    }
    let (id, size, offset) = brought?;
    Ok(Json(Standing { id: &id, offset, size }).into_response())
}

async fn bring_body(
    site: &SessionSite,
    parts: &Parts,
    visitor: &Visitor,
    id: &str,
    body: &mut Body,
) -> Result<(String, u64, u64), Problem> {
    let upload = upload(site, visitor, id)?;
    let offset = parts.headers.get("upload-offset").and_then(|text| text.to_str().ok()?.parse().ok());
    let offset = offset.ok_or_else(|| Problem::malformed("Upload-Offset says from where on"))?;
    let sha256 = digest(&parts.headers)?;
    let (begun, whole) = (upload.clone(), sha256.is_some());
    let mut chunk = off_thread(move || begun.turn(offset, whole)).await?;
    let mut waiting = Vec::with_capacity(PIECE);
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::select! {
            () = chunk.superseded() => return Err(problem(&Fault::Offset)),
            frame = timeout(PATIENCE, frame) => frame.map_err(|_| Problem::too_slow())?,
        };
        let frame = match frame {
            None => break,
            Some(Ok(frame)) => frame,
            Some(Err(_)) => {
                // What came before is good, where nobody said that it counts only as a whole.
                write(chunk, waiting).await?;
                return Err(Problem::malformed("the body is cut off"));
            }
        };
        let Ok(bytes) = frame.into_data() else { continue };
        waiting.extend_from_slice(&bytes);
        if waiting.len() >= PIECE {
            request::visitor(site, &parts.headers)?;
            chunk = write(chunk, std::mem::take(&mut waiting)).await?;
        }
    }
    let chunk = write(chunk, waiting).await?;
    request::visitor(site, &parts.headers)?;
    let offset = off_thread(move || chunk.end(sha256.as_deref())).await?;
    Ok((upload.id().to_owned(), upload.size(), offset))
}

async fn write(chunk: Chunk, bytes: Vec<u8>) -> Result<Chunk, Problem> {
    off_thread(move || chunk.write(&bytes).map(|()| chunk)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    sha256: Option<String>,
}

/// A file that has arrived.
#[derive(Serialize)]
struct Placed {
    /// The names of its path in the inbox.
    path: Vec<String>,
    sha256: String,
}

/// `POST /api/uploads/{id}`: it has come wholly, and gets its name.
pub(super) async fn finish(asked: Asked, id: &str) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    let visitor = request::controller(&site, &parts)?;
    let Finish { sha256 } = json(&parts, body).await?;
    let upload = upload(&site, &visitor, id)?;
    let arrived = on(&site, move |files| files.finish(&upload, sha256.as_deref())).await?;
    Ok(Json(Placed { path: arrived.path, sha256: arrived.sha256 }).into_response())
}

/// `DELETE /api/uploads/{id}`: what has come of it goes.
pub(super) async fn cancel(asked: Asked, id: &str) -> Result<Response, Problem> {
    let visitor = request::controller(&asked.site, &asked.parts)?;
    let upload = upload(&asked.site, &visitor, id)?;
    on(&asked.site, move |files| files.cancel(&upload)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dropped {
    track: u32,
    x: f64,
    y: f64,
    paths: Vec<Vec<String>>,
}

/// `POST /api/drops`: offers what is in the inbox to the app at a place of its window.
pub(super) async fn drop_onto(asked: Asked) -> Result<Response, Problem> {
    let Asked { site, parts, body, .. } = asked;
    request::controller(&site, &parts)?;
    let Dropped { track, x, y, paths } = json(&parts, body).await?;
    if paths.is_empty() || paths.iter().any(Vec::is_empty) {
        return Err(Problem::malformed("a path has names"));
    }
    let list = on(&site, move |files| {
        let mut list = String::new();
        for path in &paths {
            find(files, Place::Inbox, path)?;
            let path = files.path_in_inbox(path);
            let names = path.as_os_str().as_bytes().split(|byte| *byte == b'/');
            let names = names.map(encoded_bytes).collect::<Vec<_>>().join("/");
            list += &format!("file://{names}\r\n");
        }
        Ok(list)
    });
    site.order(Request::Drop { track, x, y, list: list.await? }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn upload(site: &SessionSite, visitor: &Visitor, id: &str) -> Result<Upload, Problem> {
    let upload = site.entry.files.uploads.find(id, visitor.link);
    upload.ok_or_else(|| Problem::gone("there is no such upload any more"))
}

/// The SHA-256 of a body that its head tells (RFC 9530), if it does.
fn digest(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Problem> {
    let Some(text) = headers.get("content-digest") else { return Ok(None) };
    let digests = text.to_str().unwrap_or_default().split(',');
    let sha256 = digests.filter_map(|one| one.trim().strip_prefix("sha-256=:")?.strip_suffix(':')).next();
    let sha256 = sha256.and_then(|sha256| STANDARD.decode(sha256).ok()).filter(|sha256| sha256.len() == 32);
    sha256.map(Some).ok_or_else(|| Problem::malformed("Content-Digest has no SHA-256"))
}

/// Does something with the session's files, not on the network's thread.
async fn on<T: Send + 'static>(
    site: &SessionSite,
    act: impl FnOnce(&Files) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Problem> {
    let files = Arc::clone(&site.entry.files);
    off_thread(move || act(&files)).await
}

async fn off_thread<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Problem> {
    spawn_blocking(act).await.map_err(|_| Problem::ending())?.map_err(|fault| problem(&fault))
}

fn problem(fault: &Fault) -> Problem {
    let message = fault.to_string();
    match fault {
        Fault::Name(_) => Problem::impossible(message).because("name"),
        Fault::NotFound => Problem::gone(message),
        Fault::NotAFolder => Problem::impossible(message).because("not-a-folder"),
        Fault::NotAFile => Problem::impossible(message).because("not-a-file"),
        Fault::Denied => Problem::impossible(message).because("denied"),
        Fault::Full => Problem::no_room(message),
        Fault::Busy => Problem::busy(message),
        Fault::TooLong => Problem::impossible(message).because("too-long"),
        Fault::Offset => Problem::conflict(message).because("offset"),
        Fault::Checksum => Problem::impossible(message).because("checksum"),
        Fault::Incomplete => Problem::conflict(message).because("incomplete"),
        Fault::Other(_) => Problem::impossible(message),
    }
}

/// A name as a word of an address; `None` for what is no text.
fn decoded(word: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let byte = match first {
            b'%' => {
                let digits = std::str::from_utf8(after.get(..2)?).ok()?;
                rest = &after[2..];
                // Signs are no digits.
                u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

fn encoded(name: &str) -> String {
    encoded_bytes(name.as_bytes())
}

fn encoded_bytes(name: &[u8]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: &u8| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") };
    name.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_survives_its_address() {
        for name in ["a b+c%41/ü\n", "", "%", "…"] {
            assert_eq!(decoded(&encoded(name)).as_deref(), Some(name));
        }
        for wrong in ["%", "%4", "%zz", "%+1", "%ff", "a%c3"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_digest_is_read_or_refused_and_never_passed_over() {
        let read = |text: &'static str| {
            digest(&HeaderMap::from_iter([(
                HeaderName::from_static("content-digest"),
                HeaderValue::from_static(text),
            )]))
        };
        let sha256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
        assert_eq!(read(sha256).expect("read").expect("given").len(), 32);
        assert!(digest(&HeaderMap::new()).expect("none").is_none());
        for wrong in ["", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
