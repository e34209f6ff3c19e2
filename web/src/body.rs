//! A short JSON body, read within bounds.

use std::time::Duration;

use axum::{
    body::Body,
    http::{header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::Problem;

/// The longest body, in bytes.
const MAX_BODY: usize = 64 << 10;

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// How much, and for how long, is still read of a body that was refused: who hears nothing but a reset
/// connection would not learn why.
const LAST_READ: (usize, Duration) = (4 << 20, Duration::from_secs(2));

/// The body as JSON.
pub async fn json<T: DeserializeOwned>(parts: &Parts, body: Body) -> Result<T, Problem> {
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::malformed("the body must be of type application/json"));
    }
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_BODY as u64) {
        discard(body);
        return Err(Problem::too_long(MAX_BODY));
    }
    let bytes = read(body).await?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::malformed(format!("the body: {error}")))
}

async fn read(body: Body) -> Result<Vec<u8>, Problem> {
    let mut body = body;
    let collected = timeout(BODY_TIMEOUT, Limited::new(&mut body, MAX_BODY).collect()).await;
    match collected {
        Ok(Ok(whole)) => Ok(whole.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(body);
            Err(Problem::too_long(MAX_BODY))
        }
        Ok(Err(_)) => Err(Problem::malformed("the body is cut off")),
        Err(_) => Err(Problem::too_slow()),
    }
}

/// Reads on for a moment what nobody wants, so that the answer is heard.
pub fn discard(mut body: Body) {
    let (most, longest) = LAST_READ;
    tokio::spawn(timeout(longest, async move {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await
            && read < most
        {
            read += frame.data_ref().map_or(0, |data| data.len());
        }
    }));
}
